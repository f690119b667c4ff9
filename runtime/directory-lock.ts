import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Thrown when a data directory belongs to another live process, or cannot be used. */
export class DirectoryLockError extends Error {
  override readonly name = 'DirectoryLockError';
}

/**
 * Takes a data directory for this process, by a file with its process id; creates the directory if need be. The lock of
 * a process that has died is taken over. The returned function gives it back.
 */
export async function lockDirectory(dir: string, program: string): Promise<() => Promise<void>> {
  const path = join(dir, `${program}.pid`);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await takeLock(path, dir, program);
  } catch (error) {
    if (error instanceof DirectoryLockError) throw error;
    throw new DirectoryLockError(
      `the data directory ${dir} cannot be used (${(error as Error).message}): give another with --data, or make it writable`,
    );
  }
  return () => rm(path, { force: true });
}

async function takeLock(path: string, dir: string, program: string): Promise<void> {
  if (await createWithPid(path)) return;
  const holder = Number.parseInt(await readFile(path, 'utf8'), 10);
  if (holder !== process.pid && isAlive(holder))
    throw new DirectoryLockError(
      `the data directory ${dir} is in use by another ${program}, process ${holder}: stop that one, or give another directory with --data`,
    );
  await rm(path, { force: true });
  if (!(await createWithPid(path)))
    throw new DirectoryLockError(`another ${program} took the data directory ${dir} just now: start only one`);
}

async function createWithPid(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(`${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
