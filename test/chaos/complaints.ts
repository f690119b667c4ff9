import type { Supervised } from './supervised.ts';

/** What no fault from outside explains: the programs say so of themselves, or of each other. */
const patterns: readonly RegExp[] = [
  /"level":60/,
  /task handler threw/,
  /a fault of ticketgate itself/,
  /protocol-error/,
  /"(code|closeCode)":4400/,
  /UnhandledPromiseRejection|uncaughtException/,
];

const read = new WeakMap<Supervised, number>();

/** The lines of the programs' logs, since this was asked last, that tell of a bug. */
export function findComplaints(programs: readonly Supervised[]): string[] {
  return programs.flatMap((program) => {
    const { log } = program;
    const fresh = log.slice(read.get(program) ?? 0);
    read.set(program, log.length);
    return fresh
      .split('\n')
      .filter((line) => patterns.some((pattern) => pattern.test(line)))
      .map((line) => `${program.name}: ${line}`);
  });
}
