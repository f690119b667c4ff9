import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { DataDirectoryError, readIfThere, systemCodeOf } from './data-files.ts';
import { isSameProcess, readStartMark } from './process-mark.ts';

export interface DataLock {
  /** Removes the lock; idempotent, always the same promise. */
  readonly release: () => Promise<void>;
}

const mostTries = 5;

/** Takes the lock of a data directory; one that a dead process left is taken over. Throws DataDirectoryError. */
export async function lockDataDirectory(directory: string, program: string): Promise<DataLock> {
  const path = join(directory, `${program}.lock`);
  const content = `${JSON.stringify({ pid: process.pid, startMark: await readStartMark(process.pid) })}\n`;
  for (let tries = 0; tries < mostTries; tries++) {
    if (await create(path, content)) return { release: onceOnly(() => fs.rm(path, { force: true })) };
    const found = await readIfThere(path);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder && (await isSameProcess(holder.pid, holder.startMark)))
      throw new DataDirectoryError(
        `the data directory ${directory} is in use by process ${holder.pid}: every ${program} needs its own, choose another with --data or stop that process`,
      );
    await removeStale(path, found);
  }
  throw new DataDirectoryError(`other processes are taking ${path} at this moment: start one ${program} at a time`);
}

/** By a link, so that the lock appears with its content: a reader never sees it empty. */
async function create(path: string, content: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}.new`;
  await fs.writeFile(aside, content, { flag: 'wx', mode: 0o600 });
  try {
    await fs.link(aside, path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await fs.rm(aside, { force: true });
  }
}

/**
 * Two processes may find the same stale lock; the slower must not remove the lock that the faster has made since. So it
 * is moved aside first, looked at there, and put back when it is not the one that was judged.
 */
async function removeStale(path: string, judged: string): Promise<void> {
  const aside = `${path}.${randomUUID()}.stale`;
  try {
    await fs.rename(path, aside);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    if ((await fs.readFile(aside, 'utf8')) !== judged) await fs.link(aside, path);
  } catch (error) {
    // A third process was faster still. Nobody is told here; the manager sees two sessions of one instance (4410).
    if (systemCodeOf(error) !== 'EEXIST') throw error;
  } finally {
    await fs.rm(aside, { force: true });
  }
}

/** Undefined when it is no lock of ours: then nobody can be named who holds it, and it is taken for stale. */
function parseHolder(text: string): { pid: number; startMark: string | undefined } | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed)) return undefined;
  const { pid } = parsed;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1) return undefined;
  const startMark = 'startMark' in parsed && typeof parsed.startMark === 'string' ? parsed.startMark : undefined;
  return { pid, startMark };
}

function onceOnly(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= action();
    return done;
  };
}
