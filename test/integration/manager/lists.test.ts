import { describe, expect, it } from 'vitest';
import type { ApprovalRecord } from '../../../manager/core/approval-record.ts';
import type { TaskSpec } from '../../../manager/core/task-record.ts';
import { RedisApprovalStore } from '../../../manager/redis/approval-store.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { RedisTaskStore } from '../../../manager/redis/task-store.ts';
import { readParams, serve, startDispatchWorld, ticketParams } from '../../support/dispatch-world.ts';
import { endedApproval } from '../../support/ended-approval.ts';
import { startTestManager, startTestRedis, type TestManager, type TestRedis } from '../../support/manager.ts';
import { taskRecord } from '../../unit/manager/task-records.ts';

async function openStores(redis: TestRedis) {
  const client = await connectRedis(redis.url, 'store', () => {});
  const keys = new Keys('ticketgate');
  return {
    client,
    keys,
    tasks: new RedisTaskStore(client, keys, { keptMs: 3_600_000, most: 100_000 }, 1_000, { all: 0, background: 0 }),
    approvals: new RedisApprovalStore(client, keys, 3_600_000),
    [Symbol.asyncDispose]: async () => client.disconnect(),
  };
}

/** The ids of all pages, in order, and how many pages there were. */
async function readAll(manager: TestManager, path: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const at = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await manager.call('GET', `${path}${at}`);
    expect(status, JSON.stringify(body)).toBe(200);
    ids.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.cursor;
    pages += 1;
  } while (cursor !== undefined);
  return { ids, pages };
}

describe('the list of tasks', () => {
  it('is narrowed to states, a type, a connector, a delegate and a part of the id, and all of them at once', async () => {
    await using world = await startDispatchWorld();
    const { manager } = world;
    const delegate = await world.join('a');
    serve(delegate);
    const read = (await world.submit('ticket.read', readParams)).body.id;
    await world.ended(read);
    const waiting = (await world.submit('ticket.create', ticketParams, { selectors: ['nobody'] })).body.id;
    const cancelled = (await world.submit('ticket.read', readParams, { selectors: ['nobody'] })).body.id;
    await manager.call('DELETE', `/tasks/${cancelled}`);
    const { connectorId } = (await manager.call('GET', `/tasks/${read}`)).body;
    const delegateId = (await manager.call('GET', '/delegates')).body.items[0].id;
    const found = async (query: string) => (await readAll(manager, `/tasks?${query}`)).ids;
    expect(await found('state=queued')).toEqual([waiting]);
    expect(await found('state=cancelled&state=queued')).toEqual([cancelled, waiting]);
    expect(await found('type=ticket.read')).toEqual([cancelled, read]);
    expect(await found('type=ticket.read&state=succeeded')).toEqual([read]);
    expect(await found(`connectorId=${connectorId}`)).toEqual([cancelled, waiting, read]);
    expect(await found('connectorId=con_other')).toEqual([]);
    expect(await found(`delegateId=${delegateId}`)).toEqual([read]);
    expect(await found(`id=${waiting.slice(6, 20).toUpperCase()}`)).toEqual([waiting]);
    expect(await found(`id=${waiting}&state=succeeded`)).toEqual([]);
    for (const bad of ['state=asleep', 'type=x', 'id=%20', 'limit=501'])
      expect((await manager.call('GET', `/tasks?${bad}`)).body.code).toBe('invalid-request');
  });

  it('pages through ten thousand fast, and what is seldom found is found', { timeout: 60_000 }, async () => {
    await using redis = await startTestRedis();
    await using stores = await openStores(redis);
    await using manager = await startTestManager({ redis });
    const { spec } = taskRecord();
    const now = Date.now();
    const count = 10_000;
    const write = async (n: number) => {
      const own: TaskSpec = {
        ...spec,
        id: `tsk_${n}`,
        connectorId: n % 1_000 === 7 ? 'con_rare' : 'con_1',
        // Many at one moment: no page may leave one out.
        createdAt: now - Math.floor((count - n) / 300) * 1_000,
        pickUpBy: now + 600_000,
        deadlineAt: now + 600_000,
      };
      await stores.tasks.create(own, undefined, undefined);
    };
    for (let n = 0; n < count; n += 500) await Promise.all(Array.from({ length: 500 }, (_, k) => write(n + k)));
    const begunAt = performance.now();
    const rare = await readAll(manager, '/tasks?connectorId=con_rare&limit=200');
    const rareMs = performance.now() - begunAt;
    expect(rare.ids).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((n) => `tsk_${1_000 * n + 7}`));
    const all = await readAll(manager, '/tasks?state=queued&limit=200');
    expect([new Set(all.ids).size, all.ids.length]).toEqual([count, count]);
    const pageAt = performance.now();
    await manager.call('GET', '/tasks?state=queued&limit=200');
    expect(performance.now() - pageAt).toBeLessThan(1_000);
    expect(rareMs).toBeLessThan(2_000);
  });

  it('still has, unless narrowed to what they do not name, the tasks of an earlier version', async () => {
    await using redis = await startTestRedis();
    await using stores = await openStores(redis);
    await using manager = await startTestManager({ redis });
    const now = Date.now();
    const spec = { ...taskRecord().spec, createdAt: now, pickUpBy: now + 60_000, deadlineAt: now + 60_000 };
    await stores.tasks.create(spec, undefined, undefined);
    await stores.client.hdel(stores.keys.task(spec.id), 'type', 'connectorId');
    const found = async (query: string) => (await readAll(manager, `/tasks?${query}`)).ids;
    expect(await found('')).toEqual([spec.id]);
    expect(await found('state=queued')).toEqual([spec.id]);
    expect(await found('id=sk_1')).toEqual([spec.id]);
    expect(await found('type=ticket.create')).toEqual([]);
  });
});

describe('the list of approvals', () => {
  it.each(['as they are written', 'as an earlier version wrote them'])('is narrowed, %s', async (how) => {
    await using redis = await startTestRedis();
    await using stores = await openStores(redis);
    await using manager = await startTestManager({ redis });
    const { approvals, client, keys } = stores;
    const now = Date.now();
    const put = async (id: string, change: Partial<ApprovalRecord['spec']>, isEnded: boolean) => {
      const { spec, progress, end } = endedApproval({ id, spec: { ...change, deadlineAt: now + 60_000 } });
      if (!end) throw new Error('it has not ended');
      await approvals.create(spec, progress, undefined);
      if (isEnded) await approvals.end(spec, progress, end, 'other');
      if (how !== 'as they are written') await client.hdel(keys.approval(id), 'state', 'connectorId', 'number');
    };
    const origin = { connectorId: 'con_2', target: undefined, selectors: [] };
    await put('apr_1', { createdAt: now - 3_000, ticket: { number: 'CHG0000001' } }, false);
    await put('apr_2', { createdAt: now - 2_000, ticket: { number: 'CHG0000002' }, origin }, true);
    await put('apr_3', { createdAt: now - 1_000, ticket: { sysId: '0'.repeat(32) } }, true);
    const found = async (query: string) => (await readAll(manager, `/approvals?${query}`)).ids;
    expect(await found('')).toEqual(['apr_3', 'apr_2', 'apr_1']);
    expect(await found('state=waiting')).toEqual(['apr_1']);
    expect(await found('state=waiting&state=approved&limit=1')).toEqual(['apr_3', 'apr_2', 'apr_1']);
    expect(await found('state=rejected')).toEqual([]);
    expect(await found('connectorId=con_2')).toEqual(['apr_2']);
    expect(await found('number=chg0000002')).toEqual(['apr_2']);
    // It was named by its sys_id; its number came with the reading.
    expect(await found('number=CHG0030001')).toEqual(['apr_3']);
    expect(await found('number=CHG0000001&state=approved')).toEqual([]);
  });
});
