import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { RedisApprovalStore } from '../../../manager/redis/approval-store.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { RedisLoadStore } from '../../../manager/redis/load-store.ts';
import { RedisManagerDirectory } from '../../../manager/redis/manager-directory.ts';
import { serve, startDispatchWorld, ticketParams } from '../../support/dispatch-world.ts';
import { endedApproval } from '../../support/ended-approval.ts';
import { startTestManager, startTestRedis, type TestManager } from '../../support/manager.ts';

const baseUrl = 'https://example.service-now.com/';

async function look(manager: TestManager) {
  const { status, body } = await manager.call('GET', '/system');
  expect([status, body.code]).toEqual([200, undefined]);
  return body;
}

describe('how the whole stands', () => {
  it('is for operators', async () => {
    await using manager = await startTestManager();
    const tokenOf = async (role: string) =>
      (await manager.call('POST', '/api-tokens', { name: role, role })).body.token;
    expect((await manager.call('GET', '/system', undefined, { token: await tokenOf('pipeline') })).status).toBe(403);
    expect((await manager.call('GET', '/system', undefined, { token: await tokenOf('operator') })).status).toBe(200);
  });

  it('tells of the managers that are alive, what their delegates do, and of Redis', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const delegate = await world.join();
    await world.submit('ticket.create', ticketParams);
    await delegate.next('task.assign');
    {
      await using other = await startTestManager({ redis });
      const managers = async () => (await look(other)).managers;
      const busy = { hostname: hostname(), version: 'test', sessions: 1, inFlight: 1 };
      await expect.poll(managers).toMatchObject([busy, { sessions: 0, inFlight: 0 }]);
      const shown = await look(other);
      expect(shown.answeredBy).toBe(shown.managers[1].id);
      expect(shown.redis).toMatchObject({ mode: 'embedded', isAppendOnly: true, isSaving: true, warnings: [] });
      expect(shown.redis.version).toMatch(/^\d+\.\d+/);
      expect(shown.redis.usedMemoryBytes).toBeGreaterThan(100_000);
      // Two of each manager, and one that watches the server.
      expect(shown.redis.connectedClients).toBeGreaterThanOrEqual(5);
    }
    // It signed off.
    expect((await look(world.manager)).managers).toHaveLength(1);
  });

  it('forgets a manager that died', async () => {
    await using redis = await startTestRedis();
    await using manager = await startTestManager({ redis });
    const client = await connectRedis(redis.url, 'dead', () => {});
    const directory = new RedisManagerDirectory(client, new Keys('ticketgate'));
    const dead = {
      id: 'mgr_dead',
      hostname: 'h',
      version: 'v',
      startedAt: 1,
      lastSeenAt: Date.now(),
      sessions: 0,
      inFlight: 0,
    };
    await directory.write(dead, 200);
    const ids = async () => (await look(manager)).managers.map(({ id }: { id: string }) => id);
    await expect.poll(ids).not.toContain('mgr_dead');
    const listed = () => client.zrange(new Keys('ticketgate').managerIndex(), '0', '-1');
    await expect.poll(listed, { timeout: 5_000 }).toHaveLength(1);
    client.disconnect();
  });

  it('tells what waits, the longest first, and nothing of canaries', async () => {
    await using world = await startDispatchWorld();
    serve(await world.joinModern('a', { kind: 'live' }));
    const queue = async () => (await look(world.manager)).queue;
    expect(await queue()).toEqual({ waiting: 0, later: 0, routes: [], routesLeftOut: 0 });
    const first = (await world.submit('ticket.create', ticketParams, { selectors: ['nobody'] })).body;
    await world.submit('ticket.create', ticketParams, { selectors: ['nobody'] });
    await world.submit('ticket.read', { table: 't', numbers: ['A'], fields: ['state'] }, { selectors: ['other'] });
    expect(await queue()).toMatchObject({
      waiting: 3,
      routes: [
        { type: 'ticket.create', selectors: ['nobody'], baseUrl, ofGates: false, waiting: 2, later: 0 },
        { type: 'ticket.read', selectors: ['other'], waiting: 1 },
      ],
    });
    const { oldestAt } = (await queue()).routes[0];
    expect(Math.abs(Date.parse(oldestAt) - Date.parse(first.createdAt))).toBeLessThan(2_000);
  });

  it('tells of the poll groups and of what the instances bear', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis, instanceConcurrency: 16 });
    const client = await connectRedis(redis.url, 'gates', () => {});
    const keys = new Keys('ticketgate');
    const approvals = new RedisApprovalStore(client, keys, 3_600_000);
    const target = { baseUrl, authentication: { kind: 'basic', username: 'u', password: { secret: 'pw' } } } as const;
    const origin = { connectorId: 'con_1', target, selectors: ['nobody'] };
    const start = async (id: string, intervalMs: number) => {
      const { spec, progress } = endedApproval({ id, origin, spec: { intervalMs, deadlineAt: Date.now() + 60_000 } });
      await approvals.create(spec, { ...progress, lastPolledAt: 1_000 }, undefined);
    };
    const before = await look(world.manager);
    expect(before.pollGroups).toEqual({ total: 0, items: [] });
    expect(before.instances).toEqual({ total: 1, items: [{ baseUrl, underWay: 0, atOnce: 16 }] });
    await start('apr_1', 60_000);
    await start('apr_2', 30_000);
    const groups = async () => (await look(world.manager)).pollGroups;
    await expect.poll(groups).toMatchObject({
      total: 1,
      items: [
        {
          gates: 2,
          intervalMs: 30_000,
          baseUrl,
          table: 'change_request',
          connectorId: 'con_1',
          selectors: ['nobody'],
          lastLookAt: new Date(1_000).toISOString(),
        },
      ],
    });
    const loads = new RedisLoadStore(client, keys);
    const now = Date.now();
    const window = { limit: 1_000, endsAt: now + 600_000 };
    await loads.change(baseUrl, { used: 7, window, pausedUntil: now + 60_000, strikes: 1 }, now);
    const [instance] = (await look(world.manager)).instances.items;
    expect(instance).toMatchObject({
      baseUrl,
      atOnce: 16,
      pausedUntil: new Date(now + 60_000).toISOString(),
      pausedBecause: expect.stringContaining('429'),
      pausedForAll: true,
      rateLimit: { limit: 1_000, used: 7, endsAt: new Date(now + 600_000).toISOString() },
    });
    client.disconnect();
  });
});
