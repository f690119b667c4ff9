import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '#runtime/options.ts';
import { adminTokenName, type Tokens } from './core/tokens.ts';
import { MasterKeyError, newMasterKey, readMasterKey } from './crypto/vault.ts';

interface MasterKeySource {
  readonly masterKey: string | undefined;
  readonly masterKeyFile: string | undefined;
  readonly data: string;
  readonly isEmbedded: boolean;
}

/** Finds the master key: given, in a file, or, with the embedded Redis, one that is made in the data directory. */
export async function findMasterKey({ masterKey, masterKeyFile, data, isEmbedded }: MasterKeySource): Promise<Buffer> {
  const text = masterKey ?? (await readKeyFile(masterKeyFile)) ?? (isEmbedded ? await ownKey(data) : undefined);
  if (text === undefined)
    throw new UsageError(
      'no master key: with a Redis of your own set TICKETGATE_MASTER_KEY or --master-key-file, the same for all managers; make one with: openssl rand -hex 32',
    );
  try {
    return readMasterKey(text);
  } catch (error) {
    if (error instanceof MasterKeyError) throw new UsageError(error.message);
    throw error;
  }
}

/** Makes the first admin token where there is none, and tells where it is. */
export async function ensureAdminToken(
  apiTokens: Tokens,
  { adminToken, data }: { adminToken: string | undefined; data: string },
): Promise<{ token: string; path: string } | undefined> {
  if (adminToken !== undefined) {
    await apiTokens.adopt(adminToken, adminTokenName, 'admin');
    return undefined;
  }
  if (!(await apiTokens.isEmpty())) return undefined;
  const { token } = await apiTokens.create({ name: adminTokenName, role: 'admin' });
  const path = join(data, 'admin-token');
  await writeFile(path, `${token}\n`, { mode: 0o600 });
  return { token, path };
}

async function readKeyFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--master-key-file ${path} cannot be read: ${(error as Error).message}`);
  }
}

async function ownKey(data: string): Promise<string> {
  const path = join(data, 'master-key');
  const fresh = newMasterKey();
  try {
    await writeFile(path, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readFile(path, 'utf8');
    throw error;
  }
}
