import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import type { Message } from '#protocol/messages.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { readParams, readResult, startDispatchWorld, ticketParams } from '../../support/dispatch-world.ts';
import { startTestRedis } from '../../support/manager.ts';
import { ScriptedDelegate } from '../../support/scripted-delegate.ts';

type Assign = Message<'task.assign'>;

function accept(delegate: ScriptedDelegate, { taskId, attempt }: Assign): void {
  delegate.send({ type: 'task.accept', taskId, attempt });
}

function report(
  delegate: ScriptedDelegate,
  { taskId, attempt }: Assign,
  outcome: Message<'task.report'>['outcome'],
  sideEffect = false,
): Promise<Message<'task.report.ack'>> {
  delegate.send({ type: 'task.report', taskId, attempt, outcome, sideEffect, notes: [] });
  return delegate.next('task.report.ack');
}

const succeeded = { kind: 'succeeded', result: readResult } as const;
const unreachable = failure('servicenow-unreachable', 'no route', 'look at the network');

describe('a task', () => {
  it('is assigned, accepted, reported and ended, and the caller who waits is told', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { status, body } = await world.submit('ticket.read', readParams);
    expect(status).toBe(202);
    const assign = await delegate.next('task.assign');
    expect(assign).toMatchObject({
      taskId: body.id,
      attempt: 1,
      taskType: 'ticket.read',
      params: readParams,
      lookFirst: false,
    });
    const ended = world.ended(body.id);
    accept(delegate, assign);
    expect(await report(delegate, assign, succeeded)).toMatchObject({ status: 'recorded' });
    expect(await ended).toMatchObject({
      state: 'succeeded',
      outcome: succeeded,
      attempts: [{ attempt: 1, delegateName: 'a', outcome: succeeded }],
    });
  });

  it('carries its secret sealed to the session, for this attempt only', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    await world.submit('ticket.read', readParams);
    const { taskId, attempt, target } = await delegate.next('task.assign');
    expect(target?.baseUrl).toBe('https://example.service-now.com/');
    if (target?.authentication.kind !== 'basic') throw new Error('no password');
    const { password } = target.authentication;
    expect(delegate.keys.open(password, { taskId, attempt, field: 'password' })).toBe('correct horse');
    expect(delegate.keys.open(password, { taskId, attempt: attempt + 1, field: 'password' })).toBeUndefined();
    expect(world.manager.log()).not.toContain('correct horse');
  });

  it('waits for a delegate with its selectors, and starts when one comes', async () => {
    await using world = await startDispatchWorld();
    await world.join('a', { tags: ['dc1'] });
    const { body } = await world.submit('ticket.read', readParams, { selectors: ['dc2'] });
    const why = await world.manager.call('GET', `/tasks/${body.id}/why`);
    expect(why.body).toMatchObject({
      summary: 'no delegate holds the selector "dc2" (the nearest is "dc1"); considered: a (lacks "dc2")',
      missingSelectors: [{ selector: 'dc2', everConnected: false, nearest: 'dc1' }],
    });
    const late = await world.join('b', { tags: ['DC2'] });
    expect((await late.next('task.assign')).taskId).toBe(body.id);
  });

  it('that nobody takes in time expires and says why', async () => {
    await using world = await startDispatchWorld();
    await world.join();
    const { body } = await world.submit('ticket.read', readParams, { selectors: ['dc9'], limits: { pickUp: '1s' } });
    expect(await world.ended(body.id)).toMatchObject({
      state: 'expired',
      outcome: { failure: { code: 'no-eligible-delegate', message: expect.stringContaining('"dc9"') } },
    });
  });

  it('does not hold up tasks of another route', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    await world.submit('ticket.read', readParams, { selectors: ['nobody'] });
    const { body } = await world.submit('ticket.read', readParams);
    expect((await delegate.next('task.assign')).taskId).toBe(body.id);
  });

  it('goes to another delegate first when one could not reach ServiceNow', async () => {
    await using world = await startDispatchWorld();
    const [a, b] = [await world.join('a'), await world.join('b')];
    const { body } = await world.submit('ticket.read', readParams);
    const { delegate: first } = await ScriptedDelegate.firstToHear([a, b], 'task.assign');
    const second = first === a ? b : a;
    const key = { taskId: body.id, attempt: 1 };
    first.send({ type: 'task.accept', ...key });
    first.send({
      type: 'task.report',
      ...key,
      outcome: { kind: 'failed', failure: unreachable },
      sideEffect: false,
      notes: [],
    });
    const again = await second.next('task.assign');
    expect(again).toMatchObject({ taskId: body.id, attempt: 2, lookFirst: true });
    accept(second, again);
    await report(second, again, succeeded);
    expect((await world.ended(body.id)).attempts).toHaveLength(2);
  });

  it('that a delegate rejects is offered again, and the slot is free', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { capacity: 1 });
    const { body } = await world.submit('ticket.read', readParams);
    const { taskId, attempt } = await delegate.next('task.assign');
    delegate.send({ type: 'task.reject', taskId, attempt, code: 'delegate-full', message: 'full' });
    const again = await delegate.next('task.assign');
    expect(again).toMatchObject({ taskId: body.id, attempt: 2 });
    accept(delegate, again);
    await report(delegate, again, succeeded);
    expect((await world.ended(body.id)).state).toBe('succeeded');
  });

  it('is never given beyond the capacity of a delegate, and the next one follows each end', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { capacity: 2 });
    for (let n = 0; n < 5; n += 1) await world.submit('ticket.read', readParams);
    const held = [await delegate.next('task.assign'), await delegate.next('task.assign')];
    for (const assign of held) accept(delegate, assign);
    await delegate.beat(held);
    expect((await world.manager.call('GET', '/delegates')).body.items).toMatchObject([{ inFlight: 2 }]);
    for (let n = 0; n < 3; n += 1) {
      const done = held.shift();
      if (done) await report(delegate, done, succeeded);
      const next = await delegate.next('task.assign');
      accept(delegate, next);
      held.push(next);
    }
  });

  it('that is answered by nobody closes the session with 4408 and is given out again after its lease', async () => {
    await using world = await startDispatchWorld();
    const deaf = await world.join('a');
    const { body } = await world.submit('ticket.read', readParams);
    await deaf.next('task.assign');
    expect((await deaf.closed).code).toBe(4408);
    const other = await world.join('b');
    expect(await other.next('task.assign')).toMatchObject({ taskId: body.id, attempt: 2 });
  });

  it('with a side effect is given out again only after lease and settle time, and then looks first', async () => {
    await using world = await startDispatchWorld();
    const lost = await world.join('a');
    const { body } = await world.submit('ticket.create', ticketParams);
    const first = await lost.next('task.assign');
    accept(lost, first);
    await lost.beat([first]);
    const other = await world.join('b');
    const lostAt = performance.now();
    lost.vanish();
    const again = await other.next('task.assign');
    // The lease of 1300 ms may have begun a heartbeat earlier; the settle time of 700 ms follows it.
    expect(performance.now() - lostAt).toBeGreaterThan(1_800);
    expect(again).toMatchObject({ taskId: body.id, attempt: 2, lookFirst: true, correlationId: first.correlationId });
    const { attempts } = (await world.manager.call('GET', `/tasks/${body.id}`)).body;
    expect(attempts[0].outcome.failure.code).toBe('delegate-lost');
  });

  it('stays with a delegate that comes back with it in flight, and ends with its report', async () => {
    await using world = await startDispatchWorld();
    const before = await world.join('a');
    const { body } = await world.submit('ticket.create', ticketParams);
    const assign = await before.next('task.assign');
    accept(before, assign);
    await before.beat([assign]);
    before.vanish();
    const after = await world.join('a', { inFlight: [{ taskId: assign.taskId, attempt: 1 }] });
    expect(await after.next('lease.extend')).toMatchObject({ assignments: [{ taskId: body.id, attempt: 1 }] });
    const ticket = { table: 'change_request', number: 'CHG1', sysId: 'x', link: 'x', fields: {} };
    const outcome = { kind: 'succeeded', result: { ticket, created: true, warnings: [] } } as const;
    expect(await report(after, assign, outcome, true)).toMatchObject({ status: 'recorded' });
    expect(await world.ended(body.id)).toMatchObject({ state: 'succeeded', attempts: [{ attempt: 1 }] });
  });

  it('keeps the newer attempt when an older one reports late, and remembers the older', async () => {
    await using world = await startDispatchWorld();
    const slow = await world.join('a');
    const { body } = await world.submit('ticket.read', readParams);
    const first = await slow.next('task.assign');
    accept(slow, first);
    await slow.beat([first]);
    slow.vanish();
    const other = await world.join('b');
    const second = await other.next('task.assign');
    accept(other, second);
    const back = await world.join('a');
    expect(await report(back, first, { kind: 'failed', failure: unreachable })).toMatchObject({ status: 'superseded' });
    expect(await report(other, second, succeeded)).toMatchObject({ status: 'recorded' });
    const ended = await world.ended(body.id);
    expect(ended.state).toBe('succeeded');
    expect(ended.attempts[0].outcome.failure.code).toBe('servicenow-unreachable');
  });

  it('acknowledges a repeated report without counting it twice', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { body } = await world.submit('ticket.read', readParams);
    const assign = await delegate.next('task.assign');
    accept(delegate, assign);
    await report(delegate, assign, succeeded);
    expect(await report(delegate, assign, succeeded)).toMatchObject({ status: 'superseded' });
    expect((await world.ended(body.id)).attempts).toHaveLength(1);
  });

  it('is not touched by the report of a delegate that it was not given to', async () => {
    await using world = await startDispatchWorld();
    const owner = await world.join('a');
    const { body } = await world.submit('ticket.read', readParams);
    const assign = await owner.next('task.assign');
    accept(owner, assign);
    const liar = await world.join('b');
    expect(await report(liar, assign, succeeded)).toMatchObject({ status: 'superseded' });
    await liar.beat([assign]);
    expect(await liar.next('task.cancel')).toMatchObject({ taskId: body.id });
    expect((await world.manager.call('GET', `/tasks/${body.id}`)).body).toMatchObject({
      state: 'running',
      attempts: [{ delegateName: 'a' }],
    });
  });

  it('fails when its delegate reports a malformed success, and is unknown when it may have changed something', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { body } = await world.submit('ticket.create', ticketParams);
    const assign = await delegate.next('task.assign');
    accept(delegate, assign);
    await report(delegate, assign, { kind: 'succeeded', result: { made: 'up' } }, true);
    expect(await world.ended(body.id)).toMatchObject({
      state: 'failed',
      outcome: { failure: { code: 'outcome-unknown', message: expect.stringContaining('malformed result') } },
    });
  });

  it('that waits is cancelled at once; one that runs when its delegate has stopped', async () => {
    await using world = await startDispatchWorld();
    const waiting = await world.submit('ticket.read', readParams);
    const cancelled = await world.manager.call('DELETE', `/tasks/${waiting.body.id}`);
    expect(cancelled.body).toMatchObject({ state: 'cancelled', outcome: { reason: 'cancelled by a caller' } });
    expect((await world.manager.call('DELETE', `/tasks/${waiting.body.id}`)).body.code).toBe('task-ended');
    const delegate = await world.join();
    const running = await world.submit('ticket.read', readParams);
    const assign = await delegate.next('task.assign');
    accept(delegate, assign);
    await world.manager.call('DELETE', `/tasks/${running.body.id}`);
    expect(await delegate.next('task.cancel')).toMatchObject({
      taskId: running.body.id,
      reason: 'cancelled by a caller',
    });
    const shown = await world.manager.call('GET', `/tasks/${running.body.id}`);
    expect(shown.body).toMatchObject({ cancelAsked: 'cancelled by a caller' });
    await report(delegate, assign, { kind: 'cancelled' });
    expect((await world.ended(running.body.id)).state).toBe('cancelled');
  });

  it('submitted again with the same idempotency key is the same task; with another body it is refused', async () => {
    await using world = await startDispatchWorld();
    const key = { idempotencyKey: 'pipeline-7/stage-2' };
    const first = await world.submit('ticket.create', ticketParams, key);
    const second = await world.submit('ticket.create', ticketParams, key);
    expect(second.body.id).toBe(first.body.id);
    const other = await world.submit('ticket.create', { ...ticketParams, table: 'incident' }, key);
    expect(other).toMatchObject({
      status: 409,
      body: { code: 'idempotency-key-reused', detail: expect.stringContaining(first.body.id) },
    });
    const delegate = await world.join();
    expect(await delegate.next('task.assign')).toMatchObject({ taskId: first.body.id, lookFirst: true });
  });

  it('fails when its secret is gone', async () => {
    await using world = await startDispatchWorld();
    const { body } = await world.submit('ticket.read', readParams);
    await world.manager.call('DELETE', '/connectors/snow');
    await world.manager.call('DELETE', '/secrets/pw');
    await world.join();
    expect((await world.ended(body.id)).outcome.failure.code).toBe('connector-gone');
  });

  it('fails, and holds nothing up, when its secret was stored under another master key', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const client = await connectRedis(redis.url, 'tamper', () => {});
    const stored = JSON.parse((await client.hget('ticketgate:secrets', 'pw')) ?? '');
    stored.envelope.masterKeyId = 'another';
    await client.hset('ticketgate:secrets', 'pw', JSON.stringify(stored));
    const notice = { kind: 'documents-changed', of: 'secrets' };
    await client.publish('ticketgate:notices', JSON.stringify({ from: 'another manager', notices: [notice] }));
    client.disconnect();
    await world.join();
    const { body } = await world.submit('ticket.read', readParams);
    expect((await world.ended(body.id)).outcome.failure).toMatchObject({
      code: 'secret-unreadable',
      message: expect.stringContaining('another master key'),
      remedy: expect.stringContaining('ticketgate secret set pw'),
    });
  });

  it('does not wait for a poll behind others that came to nothing', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis, timing: { pollMs: 60_000 } });
    const client = await connectRedis(redis.url, 'tamper', () => {});
    const bad = [];
    for (let n = 0; n < 4; n += 1) bad.push((await world.submit('ticket.read', readParams)).body.id);
    const good = (await world.submit('ticket.read', readParams)).body.id;
    for (const id of bad) {
      const spec = JSON.parse((await client.hget(`ticketgate:task:${id}`, 'spec')) ?? '');
      await client.hset(
        `ticketgate:task:${id}`,
        'spec',
        JSON.stringify({
          ...spec,
          target: { ...spec.target, authentication: { ...spec.target.authentication, password: { secret: 'none' } } },
        }),
      );
    }
    client.disconnect();
    const delegate = await world.join('a', { capacity: 1 });
    expect((await delegate.next('task.assign')).taskId).toBe(good);
    for (const id of bad) expect((await world.ended(id)).outcome.failure.code).toBe('connector-gone');
  });

  it('is not left behind by a delegate that goes while many are being given to it', async () => {
    await using world = await startDispatchWorld();
    const ids: string[] = [];
    for (let n = 0; n < 30; n += 1) ids.push((await world.submit('ticket.read', readParams)).body.id);
    const goes = await world.join('a', { capacity: 100 });
    await goes.next('task.assign');
    goes.vanish();
    const stays = await world.join('b', { capacity: 100 });
    stays.onMessage((message) => {
      if (message.type !== 'task.assign') return;
      accept(stays, message);
      const { taskId, attempt } = message;
      stays.send({ type: 'task.report', taskId, attempt, outcome: succeeded, sideEffect: false, notes: [] });
    });
    for (const id of ids) expect((await world.ended(id)).state).toBe('succeeded');
  });

  it('is not kept for ever by heartbeats alone, neither running nor in its queue', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const hangs = await world.join();
    const { body } = await world.submit('ticket.read', readParams, { limits: { deadline: '1s', pickUp: '1s' } });
    const assign = await hangs.next('task.assign');
    accept(hangs, assign);
    expect(await hangs.next('task.cancel')).toMatchObject({ taskId: body.id });
    expect(await world.ended(body.id)).toMatchObject({
      state: 'expired',
      outcome: { failure: { code: 'deadline-exceeded' } },
    });
    const client = await connectRedis(redis.url, 'look', () => {});
    const left = async () => [
      ...(await client.zrange('ticketgate:task-leases', '0', '-1')),
      ...(await client.zrange('ticketgate:task-limits', '0', '-1')),
      ...(await client.keys('ticketgate:queue:*:*tsk_*')),
    ];
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
    client.disconnect();
  });

  it('is never called untaken when a delegate has it', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { capacity: 4 });
    const given = new Set<string>();
    delegate.onMessage((message) => {
      if (message.type !== 'task.assign') return;
      const { taskId, attempt } = message;
      given.add(taskId);
      accept(delegate, message);
      delegate.send({ type: 'task.report', taskId, attempt, outcome: succeeded, sideEffect: false, notes: [] });
    });
    const submit = () => world.submit('ticket.read', readParams, { limits: { pickUp: '1s' } });
    const submitted = await Promise.all(Array.from({ length: 600 }, submit));
    const ended = await Promise.all(submitted.map(({ body }) => world.ended(body.id)));
    const untaken = ended.filter(({ outcome }) => outcome.failure?.code === 'no-eligible-delegate');
    expect(untaken.filter(({ id }) => given.has(id))).toEqual([]);
  });

  it('is shared equally among equal delegates', async () => {
    await using world = await startDispatchWorld();
    const delegates = [await world.join('a'), await world.join('b'), await world.join('c')];
    const counts = delegates.map(() => 0);
    for (let n = 0; n < 9; n += 1) {
      await world.submit('ticket.read', readParams);
      const { delegate, message } = await ScriptedDelegate.firstToHear(delegates, 'task.assign');
      const index = delegates.indexOf(delegate);
      counts[index] = (counts[index] ?? 0) + 1;
      accept(delegate, message);
      await report(delegate, message, succeeded);
    }
    expect(counts).toEqual([3, 3, 3]);
  });

  it('goes to no delegate that drains', async () => {
    await using world = await startDispatchWorld();
    const draining = await world.join('a');
    draining.send({ type: 'drain', reason: 'SIGTERM' });
    await draining.beat();
    const other = await world.join('b');
    for (let n = 0; n < 3; n += 1) {
      const { body } = await world.submit('ticket.read', readParams);
      const assign = await other.next('task.assign');
      expect(assign.taskId).toBe(body.id);
      accept(other, assign);
    }
  });
});
