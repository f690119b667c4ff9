import { setTimeout } from 'node:timers/promises';

const lookEveryMs = 40;

/** Looks until a condition holds, of which nobody tells; throws when it does not within the time. */
export async function waitUntil(what: string, holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() >= untilMs) throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
    await setTimeout(lookEveryMs);
  }
}
