import { describe, expect, it } from 'vitest';
import type { ReachFinding } from '#protocol/messages.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { RedisTaskStore } from '../../../manager/redis/task-store.ts';
import { readParams, serve, startDispatchWorld, ticketParams } from '../../support/dispatch-world.ts';
import { startTestRedis, type TestRedis } from '../../support/manager.ts';
import { endedAttempt, failed, taskRecord } from '../../unit/manager/task-records.ts';

const live: ReachFinding = { kind: 'live' };
const unlimited = { all: 0, background: 0 };

const firstAttempt = {
  attempt: 1,
  delegateId: 'a.1',
  delegateName: 'a',
  assignedAt: 5,
  leaseUntil: 1_000,
  leaseLimit: 9_000,
  accepted: false,
};

/** The store alone, over keys of its own. */
async function openStore(redis: TestRedis, prefix: string) {
  const client = await connectRedis(redis.url, 'store', () => {});
  const store = new RedisTaskStore(client, new Keys(prefix), { keptMs: 10_000, most: 100 }, 1_000, unlimited);
  return { store, client, [Symbol.asyncDispose]: async () => client.disconnect() };
}

/** Every family of keys, and who ends it. A key that fits none has no owner. */
const families: readonly { readonly name: RegExp; readonly ends: 'ttl' | 'ttl once ended' | 'stays' }[] = [
  { name: /^ticketgate:task:tsk_\w+$/, ends: 'ttl once ended' },
  { name: /^ticketgate:(tasks|tasks-ended|task-limits|task-leases)$/, ends: 'stays' },
  { name: /^ticketgate:idempotency:task:\w+$/, ends: 'ttl' },
  { name: /^ticketgate:(routes|route-use)$/, ends: 'stays' },
  { name: /^ticketgate:reach:https?:.*$/, ends: 'ttl' },
  { name: /^ticketgate:instance-tasks:https?:.*$/, ends: 'stays' },
  { name: /^ticketgate:instance-load:https?:.*$/, ends: 'ttl' },
  { name: /^ticketgate:(delegate|delegates-named):[\w.-]+$/, ends: 'ttl' },
  { name: /^ticketgate:delegates$/, ends: 'stays' },
  { name: /^ticketgate:audit$/, ends: 'stays' },
  { name: /^ticketgate:audit-answers:[\d-]+$/, ends: 'ttl' },
  { name: /^ticketgate:(manager:mgr_\w+|managers)$/, ends: 'ttl' },
  { name: /^ticketgate:(secrets|connectors|api-tokens|delegate-tokens)(-names)?$/, ends: 'stays' },
  { name: /^ticketgate:mark$/, ends: 'stays' },
  // Of routes in use, forgotten with them a minute later, and of the schedule of gates.
  {
    name: /^ticketgate:queue:[^:]+:(id|meta|events|marker|pc|stalled|stalled-check|active|wait|delayed)$/,
    ends: 'stays',
  },
];

describe('what is left in Redis', () => {
  it('has an owner or ends by itself, when tasks have succeeded, failed, expired and been cancelled', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    serve(await world.joinModern('a', live));
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await world.submit('ticket.read', readParams)).body.id);
    ids.push((await world.submit('ticket.create', ticketParams, { idempotencyKey: 'one' })).body.id);
    ids.push((await world.submit('ticket.read', readParams, { selectors: ['x'], limits: { pickUp: '1s' } })).body.id);
    const waits = await world.submit('ticket.read', readParams, { selectors: ['y'] });
    await world.manager.call('DELETE', `/tasks/${waits.body.id}`);
    for (const id of ids) await world.ended(id);
    const client = await connectRedis(redis.url, 'look', () => {});
    const reminders = async () => [
      ...(await client.zrange('ticketgate:task-leases', '0', '-1')),
      ...(await client.zrange('ticketgate:task-limits', '0', '-1')),
    ];
    await expect.poll(async () => (await reminders()).filter((id) => ids.includes(id))).toEqual([]);
    for (const key of await client.keys('*')) {
      const family = families.find(({ name }) => name.test(key));
      // A canary may be under way at any moment.
      if (/:tsk_\w+\.1(:lock)?$/.test(key) && key.includes(':canary')) continue;
      expect({ key, owned: family !== undefined }).toEqual({ key, owned: true });
      const isEnded = family?.ends === 'ttl once ended' && (await client.hexists(key, 'outcome')) === 1;
      if (family?.ends === 'ttl' || isEnded)
        expect({ key, ttl: await client.pttl(key) }).toMatchObject({
          key,
          ttl: expect.toSatisfy((ttl: number) => ttl > 0),
        });
    }
    client.disconnect();
  });

  it('is no more than the retention allows: ended tasks go by age and by number, the oldest first', async () => {
    await using redis = await startTestRedis();
    const client = await connectRedis(redis.url, 'store', () => {});
    const keys = new Keys('kept');
    const store = new RedisTaskStore(client, keys, { keptMs: 10_000, most: 3 }, 1_000, unlimited);
    const end = async (n: number, endedAt: number) => {
      const { spec } = taskRecord({ type: 'ticket.read' });
      const own = { ...spec, id: `tsk_${n}`, createdAt: endedAt };
      const { leaseUntil } = { leaseUntil: endedAt + 1_000 };
      const assignment = {
        attempt: 1,
        delegateId: 'a.1',
        delegateName: 'a',
        assignedAt: endedAt,
        leaseUntil,
        leaseLimit: leaseUntil,
        accepted: true,
      };
      await store.create(own, undefined, assignment);
      const outcome = { kind: 'succeeded', result: {} } as const;
      const attempt = endedAttempt(1, 'a.1', outcome);
      expect(await store.finish(own, outcome, endedAt, { attempt, cancelReason: undefined })).toBe('recorded');
    };
    for (let n = 1; n <= 5; n += 1) await end(n, 100_000 + n);
    await store.trim(100_010);
    expect((await store.list(undefined, 10)).taskIds).toEqual(['tsk_5', 'tsk_4', 'tsk_3']);
    await store.trim(110_004);
    expect((await store.list(undefined, 10)).taskIds).toEqual(['tsk_5']);
    expect((await client.keys('*')).sort()).toEqual(['kept:task:tsk_5', 'kept:tasks', 'kept:tasks-ended']);
    client.disconnect();
  });
});

describe('a step of a task that a broken connection sends twice', () => {
  it('has the same answer both times', async () => {
    await using redis = await startTestRedis();
    await using opened = await openStore(redis, 'twice');
    const { store } = opened;
    const { spec } = taskRecord();
    const idempotency = { key: 'k', fingerprint: 'f' };
    const twice = async <T>(step: () => Promise<T>) => [await step(), await step()];
    expect(await twice(async () => (await store.create(spec, idempotency, undefined)).kind)).toEqual([
      'fresh',
      'fresh',
    ]);
    expect(await twice(() => store.assign(spec, firstAttempt))).toEqual(['assigned', 'assigned']);
    expect(await store.assign(spec, { ...firstAttempt, delegateId: 'b.1' })).toBe('not-due');
    const lost = endedAttempt(1, 'a.1', { kind: 'cancelled' });
    expect(await twice(() => store.requeue(spec, 0, { attempt: lost, cancelReason: undefined }))).toEqual([
      'requeued',
      'requeued',
    ]);
    expect(await store.assign(spec, { ...firstAttempt, attempt: 2, assignedAt: 6 })).toBe('assigned');
    expect(await store.requeue(spec, 0, { attempt: lost, cancelReason: undefined })).toBe('superseded');
    const outcome = { kind: 'succeeded', result: {} } as const;
    const grounds = { attempt: endedAttempt(2, 'a.1', outcome), cancelReason: undefined };
    expect(await twice(() => store.finish(spec, outcome, 7, grounds))).toEqual(['recorded', 'recorded']);
    const other = { attempt: endedAttempt(1, 'a.1', outcome), cancelReason: undefined };
    expect(await store.finish(spec, outcome, 8, other)).toBe('already-ended');
  });

  it('has the same answer both times when it cancels', async () => {
    await using redis = await startTestRedis();
    await using opened = await openStore(redis, 'cancels');
    const { store } = opened;
    const { spec } = taskRecord();
    const twice = async <T>(step: () => Promise<T>) => [await step(), await step()];
    await store.create(spec, undefined, firstAttempt);
    expect(await store.requestCancel(spec.id, 2, 'not needed')).toBe('superseded');
    const waiting = { ...spec, id: 'tsk_2' };
    await store.create(waiting, undefined, undefined);
    const seen = taskRecord();
    expect(await store.requestCancel(waiting.id, 0, 'not needed')).toBe('superseded');
    const cancelled = { kind: 'cancelled', reason: 'not needed' } as const;
    expect(await twice(() => store.finish(waiting, cancelled, 7, { seen }))).toEqual(['recorded', 'recorded']);
    // What was seen waiting has gone to a delegate meanwhile.
    expect(await store.finish(spec, cancelled, 7, { seen })).toBe('superseded');
    expect(await twice(() => store.requestCancel(spec.id, 1, 'not needed'))).toEqual(['requested', 'requested']);
  });

  it('does not overlook that somebody asked to cancel meanwhile', async () => {
    await using redis = await startTestRedis();
    await using opened = await openStore(redis, 'cancel');
    const { store } = opened;
    const { spec } = taskRecord();
    await store.create(spec, undefined, firstAttempt);
    expect(await store.requestCancel(spec.id, 1, 'not needed')).toBe('requested');
    const attempt = endedAttempt(1, 'a.1', { kind: 'cancelled' });
    expect(await store.requeue(spec, 0, { attempt, cancelReason: undefined })).toBe('cancel-asked');
    const cancelled = { kind: 'cancelled', reason: 'not needed' } as const;
    expect(await store.finish(spec, cancelled, 7, { attempt, cancelReason: undefined })).toBe('cancel-asked');
    expect(await store.finish(spec, cancelled, 7, { attempt, cancelReason: 'not needed' })).toBe('recorded');
  });
});

describe('the lease of an attempt', () => {
  const key = { taskId: 'tsk_1', attempt: 1 };

  it('is not extended any more when the attempt counts as lost, nor by anyone but its delegate', async () => {
    await using redis = await startTestRedis();
    await using opened = await openStore(redis, 'lease');
    const { store } = opened;
    const { spec } = taskRecord();
    await store.create(spec, undefined, firstAttempt);
    expect(await store.extendLease(key, 'b.1', 3_000, 500)).toEqual({ kind: 'superseded' });
    const extended = { kind: 'extended', cancelReason: undefined };
    expect(await store.extendLease(key, 'a.1', 3_000, 500)).toEqual({ ...extended, leaseUntil: 3_000 });
    // Later than the lease, earlier than the settle time after it: nobody has given it on yet.
    expect(await store.extendLease(key, 'a.1', 20_000, 3_500)).toEqual({ ...extended, leaseUntil: 9_000 });
    expect(await store.extendLease(key, 'a.1', 30_000, 9_000)).toEqual({ kind: 'superseded' });
  });

  it('that was extended since it was seen keeps the attempt from being called lost', async () => {
    await using redis = await startTestRedis();
    await using opened = await openStore(redis, 'seen');
    const { store } = opened;
    const { spec } = taskRecord();
    await store.create(spec, undefined, firstAttempt);
    await store.extendLease(key, 'a.1', 3_000, 1_500);
    const grounds = { attempt: endedAttempt(1, 'a.1', { kind: 'cancelled' }), cancelReason: undefined };
    expect(await store.requeue(spec, 0, { ...grounds, seenLease: 1_000 })).toBe('superseded');
    const cancelled = { kind: 'cancelled', reason: 'x' } as const;
    expect(await store.finish(spec, cancelled, 7, { ...grounds, seenLease: 1_000 })).toBe('superseded');
    expect(await store.requeue(spec, 0, { ...grounds, seenLease: 3_000 })).toBe('requeued');
  });
});

describe('what an attempt came to', () => {
  it('stays as its delegate told it first; only that it was thought lost gives way to what it tells', async () => {
    await using redis = await startTestRedis();
    await using opened = await openStore(redis, 'first');
    const { store } = opened;
    const { spec } = taskRecord();
    await store.create(spec, undefined, firstAttempt);
    const tell = (code: 'delegate-lost' | 'servicenow-timeout' | 'delegate-fault') =>
      store.requeue(spec, 0, { attempt: endedAttempt(1, 'a.1', failed(code)), cancelReason: undefined });
    const told = async () => (await store.read(spec.id))?.attempts[0]?.outcome;
    await tell('delegate-lost');
    await tell('servicenow-timeout');
    expect(await told()).toMatchObject({ failure: { code: 'servicenow-timeout' } });
    await tell('delegate-fault');
    expect(await told()).toMatchObject({ failure: { code: 'servicenow-timeout' } });
  });
});

describe('an idempotency key whose task was forgotten', () => {
  it.each([
    { when: 'while a delegate is free', joins: 'before' },
    { when: 'while none is', joins: 'after' },
  ])('begins the same task anew, once, $when', async ({ joins }) => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const idempotencyKey = { idempotencyKey: 'deploy-7' };
    const first = await world.submit('ticket.read', readParams, idempotencyKey);
    await world.manager.call('DELETE', `/tasks/${first.body.id}`);
    const client = await connectRedis(redis.url, 'forget', () => {});
    await client.del(`ticketgate:task:${first.body.id}`);
    client.disconnect();
    const join = async () => serve(await world.joinModern('a', live));
    const early = joins === 'before' ? await join() : undefined;
    if (early) await world.ended((await world.submit('ticket.read', readParams)).body.id);
    const again = await world.submit('ticket.read', readParams, idempotencyKey);
    const given = early ?? (await join());
    expect(again.body.id).toBe(first.body.id);
    expect((await world.ended(first.body.id)).state).toBe('succeeded');
    expect(given.filter((id) => id === first.body.id)).toHaveLength(1);
  });
});

describe('a task whose manager died between ending its attempt and adding the job of the next one', () => {
  it('is found and queued again', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const given = serve(await world.joinModern('a', live));
    await using opened = await openStore(redis, 'ticketgate');
    const { store } = opened;
    const now = Date.now();
    const { spec } = taskRecord({ type: 'ticket.read', deadlineAt: now + 60_000 });
    const own = {
      ...spec,
      params: readParams,
      createdAt: now,
      pickUpBy: now + 9_000,
      target: {
        ...spec.target,
        baseUrl: 'https://example.service-now.com/',
        authentication: { kind: 'basic' as const, username: 'u', password: { secret: 'pw' } },
      },
    };
    const lease = { leaseUntil: now + 60_000, leaseLimit: now + 60_000, accepted: true };
    await store.create(own, undefined, { attempt: 1, delegateId: 'b.1', delegateName: 'b', assignedAt: now, ...lease });
    const lost = endedAttempt(1, 'b.1', { kind: 'cancelled' });
    // Ten seconds after the next attempt is due; that is now.
    expect(await store.requeue(own, now - 10_000, { attempt: lost, cancelReason: undefined })).toBe('requeued');
    expect((await world.ended(own.id)).state).toBe('succeeded');
    expect(given).toContain(own.id);
  });
});
