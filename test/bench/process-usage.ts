import { readFileSync } from 'node:fs';

/** The unit of /proc/…/stat on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface Metered<T> {
  readonly result: T;
  readonly seconds: number;
  /** Seconds of CPU that each process used meanwhile; not a number where the system does not tell. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
}

/** Does something and tells what it cost the named processes. */
export async function metered<T>(pids: Readonly<Record<string, number>>, work: () => Promise<T>): Promise<Metered<T>> {
  const before = Object.entries(pids).map(([name, pid]) => ({ name, pid, used: cpuSecondsOf(pid) }));
  const startedAt = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuSeconds = Object.fromEntries(before.map(({ name, pid, used }) => [name, cpuSecondsOf(pid) - used]));
  return { result, seconds, cpuSeconds };
}

/** Says how busy each process was, in per cent of a core. */
export function formatBusy({ seconds, cpuSeconds }: Metered<unknown>): string {
  return Object.entries(cpuSeconds)
    .map(([name, used]) => `${name} ${Math.round((used / seconds) * 100)} %`)
    .join(', ');
}

/** The memory of a process that is in RAM now, in bytes, or the most that ever was. */
export function residentBytesOf(pid: number, which: 'now' | 'most' = 'now'): number {
  const field = which === 'now' ? 'VmRSS' : 'VmHWM';
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readProc(pid, 'status'))?.[1] ?? Number.NaN) * 1_024;
}

function cpuSecondsOf(pid: number): number {
  // The second field is the program's name, which may hold blanks and brackets itself.
  const fields = readProc(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) / ticksPerSecond;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
