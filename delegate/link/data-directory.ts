import { promises as fs } from 'node:fs';
import { DataDirectoryError, systemCodeOf } from './data-files.ts';
import { type DataLock, lockDataDirectory } from './data-lock.ts';
import { readInstanceId } from './instance-id.ts';

/** A data directory that this process holds. */
export interface DataDirectory {
  /** Who this delegate is across restarts. */
  readonly instanceId: string;
  /** Lets another process have it. */
  release(): Promise<void>;
}

/** Opens a data directory, made if need be, and locks it for this process. Throws DataDirectoryError. */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  let lock: DataLock | undefined;
  try {
    await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    lock = await lockDataDirectory(directory);
    const instanceId = await readInstanceId(directory);
    const { release } = lock;
    return { instanceId, release };
  } catch (error) {
    await lock?.release();
    if (error instanceof DataDirectoryError) throw error;
    throw describe(directory, error);
  }
}

function describe(directory: string, error: unknown): DataDirectoryError {
  const code = systemCodeOf(error);
  const why = code ?? String(error);
  const remedy =
    code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? 'give the user of the delegate the right to write there, or choose another with --data'
      : code === 'ENOTDIR' || code === 'EEXIST'
        ? 'a file stands where the directory should be: move it, or choose another with --data'
        : 'see whether the disk is full or broken, or choose another with --data';
  return new DataDirectoryError(`the data directory ${directory} cannot be used (${why}): ${remedy}`, { cause: error });
}
