import { describe, expect, it } from 'vitest';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { startDispatchWorld } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';
import { startSite } from '../../support/site.ts';

interface Entry {
  readonly action: string;
  readonly actor: string;
  readonly subject: string;
  readonly status?: number;
  readonly details: Readonly<Record<string, string>>;
}

const value = 'a-value-that-nobody-may-see';

describe('the audit log', () => {
  it('tells of each change who asked for it, from where, and what came of it, and nothing secret', async () => {
    await using world = await startDispatchWorld();
    const { call } = world.manager;
    await call('PUT', '/secrets/extra', { value });
    const { body: token } = await call('POST', '/api-tokens', { name: 'ci', role: 'pipeline' });
    await call('POST', '/api-tokens', { name: 'ci', role: 'pipeline' });
    const gate = { connector: 'snow', table: 'incident', sysId: 'a'.repeat(32), approve: 'state = 1' };
    const { body: approval } = await call('POST', '/approvals', gate, { token: token.token });
    await call('DELETE', `/approvals/${approval.id}`, undefined, { token: token.token });
    await call('DELETE', '/secrets/extra');
    await call('DELETE', '/api-tokens/ci');
    await call('POST', '/session', { token: world.manager.adminToken }, { headers: { origin: world.manager.url } });
    const entries = async (): Promise<Entry[]> => (await call('GET', '/audit')).body.items;
    const told = (await entries())
      .filter(({ action }) => action !== 'secret.use')
      .map(({ action, actor, subject, status }) => [action, actor, subject, status].join(' '));
    expect(told.slice(0, 8)).toEqual([
      'session.open admin admin ',
      'api-token.revoke admin ci 200',
      'secret.delete admin extra 204',
      `approval.cancel ci ${approval.id} 200`,
      `approval.start ci ${'a'.repeat(32)} 201`,
      'api-token.create admin ci 409',
      'api-token.create admin ci 201',
      'secret.store admin extra 200',
    ]);
    const [first] = (await call('GET', '/audit?limit=1')).body.items;
    expect(first).toMatchObject({ from: '127.0.0.1', at: expect.stringMatching(/^\d{4}-.*Z$/) });
    const all = JSON.stringify(await entries());
    for (const secret of [value, token.token, world.manager.adminToken]) expect(all).not.toContain(secret);
  });

  it('lets nothing be changed that it cannot tell of', async () => {
    await using redis = await startTestRedis();
    await using manager = await startTestManager({ redis });
    const client = await connectRedis(redis.url, 'test', () => {});
    await client.del('ticketgate:audit');
    await client.set('ticketgate:audit', 'no stream');
    client.disconnect();
    expect((await manager.call('PUT', '/secrets/extra', { value })).status).toBe(500);
    expect((await manager.call('GET', '/secrets')).body.items).toEqual([]);
    expect(manager.log()).toContain('WRONGTYPE');
  });

  it('tells which delegate was given which secret, for which task', async () => {
    await using site = await startSite();
    await site.createChange();
    const uses = async (): Promise<Entry[]> => (await site.manager.call('GET', '/audit?action=secret.use')).body.items;
    await expect.poll(uses, { timeout: 10_000 }).toContainEqual(
      expect.objectContaining({
        subject: 'pw',
        details: expect.objectContaining({ purpose: 'task', delegate: 'd1', by: expect.stringContaining('tsk_') }),
      }),
    );
  });

  it('is listed page by page, narrowed, and exported whole', async () => {
    await using manager = await startTestManager();
    for (let made = 0; made < 30; made += 1)
      await Promise.all(
        Array.from({ length: 40 }, (_, index) => manager.call('PUT', `/secrets/s${made}-${index}`, { value: 'v' })),
      );
    const export_ = await fetch(`${manager.url}/api/v1/audit/export?action=secret.store`, {
      headers: { authorization: `Bearer ${manager.adminToken}` },
    });
    const lines = (await export_.text()).trim().split('\n');
    expect(lines).toHaveLength(1_200);
    const listed: string[] = [];
    let cursor = '';
    do {
      const { body } = await manager.call(
        'GET',
        `/audit?action=secret.store&limit=500${cursor && `&cursor=${cursor}`}`,
      );
      listed.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.cursor ?? '';
    } while (cursor !== '');
    expect(listed).toEqual(lines.map((line) => (JSON.parse(line) as { id: string }).id));
    expect((await manager.call('GET', '/audit?subject=s3-7')).body.items).toHaveLength(1);
    expect((await manager.call('GET', '/audit?actor=nobody')).body.items).toEqual([]);
    expect((await manager.call('GET', `/audit?to=${new Date(0).toISOString()}`)).body.items).toEqual([]);
    expect(await manager.call('GET', '/audit?from=yesterday')).toMatchObject({
      status: 400,
      body: { faults: [{ path: '/from' }] },
    });
  });
});
