import { promises as fs } from 'node:fs';
import { systemCodeOf } from './data-files.ts';

/** Field 22 of /proc/PID/stat, counted from the field after the command, which is field 3. */
const startTimeField = 22 - 3;

/**
 * Reads what tells a process from another that has its pid later: boot and start time. Undefined where there is no
 * /proc. In containers it matters: after a restart the same small pids are given out again.
 */
export async function readStartMark(pid: number): Promise<string | undefined> {
  try {
    const boot = (await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
    // The command may hold spaces and parentheses, so the fields are counted from the last one.
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[startTimeField];
    return startTime === undefined ? undefined : `${boot} ${startTime}`;
  } catch {
    return undefined;
  }
}

/** Tells whether the process that had this pid and mark still lives. Without marks, whether any process has the pid. */
export async function isSameProcess(pid: number, startMark: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if (systemCodeOf(error) !== 'EPERM') return false;
  }
  const presentMark = await readStartMark(pid);
  return startMark === undefined || presentMark === undefined || startMark === presentMark;
}
