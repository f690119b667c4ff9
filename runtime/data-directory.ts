import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';
import { DataDirectoryError, systemCodeOf } from './data-files.ts';
import { type DataLock, lockDataDirectory } from './data-lock.ts';

/** Opens a program's data directory, made if need be, and locks it for this process. Throws DataDirectoryError. */
export async function openDataDirectory(directory: string, program: string): Promise<DataLock> {
  try {
    await makeDirectory(directory);
    return await lockDataDirectory(directory, program);
  } catch (error) {
    throw describeDirectoryFault(directory, program, error);
  }
}

/** Level by level: `recursive` of node:fs never returns below /proc, where a new directory is always ENOENT. */
async function makeDirectory(path: string): Promise<void> {
  const make = () =>
    fs.mkdir(path, { mode: 0o700 }).catch(async (error: unknown) => {
      const isThere = systemCodeOf(error) === 'EEXIST' && (await fs.stat(path)).isDirectory();
      if (!isThere) throw error;
    });
  if (dirname(path) === path) return;
  try {
    await make();
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    await makeDirectory(dirname(path));
    await make();
  }
}

/** Says in words why a data directory cannot be used, and what to do. */
export function describeDirectoryFault(directory: string, program: string, error: unknown): DataDirectoryError {
  if (error instanceof DataDirectoryError) return error;
  const code = systemCodeOf(error);
  const why = code ?? String(error);
  const remedy =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? `give the user of the ${program} the right to write there, or choose another with --data`
      : code === 'ENOTDIR' || code === 'EEXIST'
        ? 'a file stands where the directory should be: move it, or choose another with --data'
        : 'see whether the disk is full or broken, or choose another with --data';
  return new DataDirectoryError(`the data directory ${directory} cannot be used (${why}): ${remedy}`, { cause: error });
}
