import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { describeDirectoryFault, openDataDirectory } from '#runtime/data-directory.ts';
import { DataDirectoryError, readIfThere } from '#runtime/data-files.ts';

/** Who this delegate is across restarts, and its hold on the directory that keeps it. */
export interface Identity {
  readonly instanceId: string;
  /** Lets another process have the directory; idempotent. */
  release(): Promise<void>;
}

const fileName = 'instance-id';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Opens a delegate's data directory, made if need be, and locks it for this process. Throws DataDirectoryError. */
export async function openIdentity(directory: string): Promise<Identity> {
  const { release } = await openDataDirectory(directory, 'delegate');
  try {
    return { instanceId: await readInstanceId(directory), release };
  } catch (error) {
    await release();
    throw describeDirectoryFault(directory, 'delegate', error);
  }
}

/** Reads the instance id, made on first use. The caller holds the directory's lock. */
async function readInstanceId(directory: string): Promise<string> {
  const path = join(directory, fileName);
  const text = await readIfThere(path);
  if (text === undefined) return createInstanceId(path);
  const id = text.trim();
  if (uuid.test(id)) return id;
  // Not replaced silently: with another id the manager would see a second delegate under this name.
  throw new DataDirectoryError(
    `${path} is damaged: it should hold one UUID. Restore it, or delete it to get a new one; then wait until the manager shows the old one as offline`,
  );
}

/** Written aside and renamed, so that a crash leaves either no file or a whole one. */
async function createInstanceId(path: string): Promise<string> {
  const id = randomUUID();
  const aside = `${path}.${id}.new`;
  const file = await fs.open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${id}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(aside, path);
  return id;
}
