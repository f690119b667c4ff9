import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openIdentity } from '../../../delegate/identity.ts';

async function makeTempDirectory() {
  const path = await fs.mkdtemp(join(tmpdir(), 'ticketgate-delegate-'));
  return { path, [Symbol.asyncDispose]: () => fs.rm(path, { recursive: true, force: true }) };
}

describe('a data directory', () => {
  it('is made with an instance id, readable by its owner only, which stays the same', async () => {
    await using temp = await makeTempDirectory();
    const path = join(temp.path, 'a', 'b');
    const first = await openIdentity(path);
    await first.release();
    const second = await openIdentity(path);
    await second.release();
    expect(first.instanceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(second.instanceId).toBe(first.instanceId);
    const { mode } = await fs.stat(join(path, 'instance-id'));
    expect(mode & 0o777).toBe(0o600);
    expect(await fs.readdir(path)).toEqual(['instance-id']);
  });

  it('with a damaged instance id is refused, and the lock is given back', async () => {
    await using temp = await makeTempDirectory();
    await fs.writeFile(join(temp.path, 'instance-id'), 'half-wri');
    await expect(openIdentity(temp.path)).rejects.toThrow(/instance-id is damaged: .*delete it/);
    expect(await fs.readdir(temp.path)).toEqual(['instance-id']);
  });

  it('that is held by a live process is refused, naming that process', async () => {
    await using temp = await makeTempDirectory();
    const held = await openIdentity(temp.path);
    await expect(openIdentity(temp.path)).rejects.toThrow(new RegExp(`in use by process ${process.pid}: .*--data`));
    await held.release();
    await held.release();
    await (await openIdentity(temp.path)).release();
  });

  it('is taken over from a process that died', async () => {
    await using temp = await makeTempDirectory();
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await fs.writeFile(join(temp.path, 'delegate.lock'), JSON.stringify({ pid: child.pid }));
    await (await openIdentity(temp.path)).release();
  });

  it.runIf(process.platform === 'linux')('is taken over from a process whose pid another has now', async () => {
    await using temp = await makeTempDirectory();
    const lock = { pid: process.pid, startMark: 'another-boot 12345' };
    await fs.writeFile(join(temp.path, 'delegate.lock'), JSON.stringify(lock));
    await (await openIdentity(temp.path)).release();
  });

  it('whose lock is damaged is taken over', async () => {
    await using temp = await makeTempDirectory();
    await fs.writeFile(join(temp.path, 'delegate.lock'), '');
    await (await openIdentity(temp.path)).release();
  });

  it('is given to one of many that find the same stale lock at the same moment', async () => {
    await using temp = await makeTempDirectory();
    await fs.writeFile(join(temp.path, 'delegate.lock'), 'stale');
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => openIdentity(temp.path)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('that is a file is refused with what to do', async () => {
    await using temp = await makeTempDirectory();
    const path = join(temp.path, 'file');
    await fs.writeFile(path, '');
    await expect(openIdentity(path)).rejects.toThrow(/cannot be used \(EEXIST\): a file stands/);
    await expect(openIdentity(join(path, 'below'))).rejects.toThrow(/cannot be used \(ENOTDIR\)/);
  });

  it.skipIf(process.getuid?.() === 0)('that is not writable is refused with what to do', async () => {
    await using temp = await makeTempDirectory();
    await fs.chmod(temp.path, 0o500);
    await expect(openIdentity(temp.path)).rejects.toThrow(/\(EACCES\): give the user of the delegate the right/);
    await fs.chmod(temp.path, 0o700);
  });
});
