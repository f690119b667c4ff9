import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { kitKinds } from '../../../manager/core/install-kits/kit.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { startTestManager } from '../../support/manager.ts';
import { callApi, startManager } from '../../support/programs.ts';

const executable = fileURLToPath(new URL('../../../bin/ticketgate.js', import.meta.url));

describe('POST /install-kits/{kind}', () => {
  it('writes a shell kit that brings the delegate online', async () => {
    await using manager = await startManager();
    await using directory = await temporaryDirectory();
    const call = callApi(manager);
    const { token } = await call('POST', '/delegate-tokens', { name: 'kit' });
    const body = { name: 'dc1', tags: ['EU', 'prod'], managerUrl: `${manager.url}/`, token };
    const { files } = await call('POST', '/install-kits/shell', body);
    const bin = join(directory.path, 'bin');
    await mkdir(bin);
    await symlink(executable, join(bin, 'ticketgate'));
    const script = join(directory.path, files[0].path);
    await writeFile(script, files[0].text);
    await chmod(script, 0o700);
    const child = spawn(script, ['--json'], {
      env: { PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: directory.path },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit');
    try {
      await once(child.stdout, 'data');
      await expect
        .poll(async () => (await call('GET', '/delegates')).items, { timeout: 10_000 })
        .toMatchObject([{ name: 'dc1', state: 'online', tags: expect.arrayContaining(['dc1', 'eu', 'prod']) }]);
    } finally {
      child.kill('SIGTERM');
      await exited;
    }
    expect(manager.stderr()).not.toContain(token);
  });

  it('writes every kind, not to be stored by anything in between', async () => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken();
    for (const kind of kitKinds) {
      const answer = await fetch(`${manager.url}/api/v1/install-kits/${kind}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${manager.adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'dc1', managerUrl: 'https://tg.example.com', token }),
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    expect(manager.log()).not.toContain(token);
  });

  it.each([
    { because: 'no such token', change: { token: 'tgd_abc_doesnotexist' }, path: '/token' },
    { because: 'a token that holds a line break', change: { token: 'tgd_a\nb' }, path: '/token' },
    { because: 'a name that no delegate may have', change: { name: 'a b' }, path: '/name' },
    { because: 'a tag that is none', change: { tags: ['a b'] }, path: '/tags' },
    {
      because: 'an address with credentials',
      change: { managerUrl: 'https://u:pw@tg.example.com' },
      path: '/managerUrl',
    },
    { because: 'an address of another kind', change: { managerUrl: 'javascript:alert(1)' }, path: '/managerUrl' },
  ])('refuses $because, and repeats no token', async ({ change, path }) => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken();
    const body = { name: 'dc1', managerUrl: 'https://tg.example.com', token, ...change };
    const answer = await manager.call('POST', '/install-kits/shell', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request', faults: [{ path }] } });
    expect(JSON.stringify(answer.body)).not.toContain(body.token);
  });
});
