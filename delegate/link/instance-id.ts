import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { DataDirectoryError, readIfThere } from './data-files.ts';

const fileName = 'instance-id';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the instance id, made on first use. The caller holds the directory's lock. Throws DataDirectoryError. */
export async function readInstanceId(directory: string): Promise<string> {
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
