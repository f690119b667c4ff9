import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import type { ReachFinding } from '#protocol/messages.ts';
import {
  type DispatchWorld,
  finish,
  readParams,
  serve,
  startDispatchWorld,
  succeeded,
} from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';
import { ScriptedDelegate } from '../../support/scripted-delegate.ts';

const live: ReachFinding = { kind: 'live' };
const noRoute = failure('servicenow-unreachable', 'ECONNREFUSED 10.1.2.3:443', 'look at the network');
const unreachable: ReachFinding = { kind: 'unreachable', failure: noRoute };
const asleep: ReachFinding = { kind: 'not-live', failure: failure('servicenow-hibernating', 'it sleeps', 'wake it') };

async function runMany(world: DispatchWorld, count: number, width: number): Promise<string[]> {
  const states: string[] = [];
  let left = count;
  const run = async () => {
    while (left > 0) {
      left -= 1;
      const { body } = await world.submit('ticket.read', readParams);
      states.push((await world.ended(body.id)).state);
    }
  };
  await Promise.all(Array.from({ length: width }, run));
  return states;
}

async function verdicts(world: DispatchWorld): Promise<Record<string, string>> {
  const { body } = await world.manager.call('POST', '/tasks/why', { type: 'ticket.read', connector: 'snow' });
  return Object.fromEntries(body.delegates.map(({ name, text }: { name: string; text: string }) => [name, text]));
}

describe('a task for an instance', () => {
  it('is shared equally among delegates that reach it, from the first one on', async () => {
    await using world = await startDispatchWorld();
    const given = [];
    for (const name of ['a', 'b', 'c']) given.push(serve(await world.joinModern(name, live)));
    expect(new Set(await runMany(world, 90, 5))).toEqual(new Set(['succeeded']));
    const counts = given.map(({ length }) => length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('is not owed to a delegate that comes later', async () => {
    await using world = await startDispatchWorld();
    serve(await world.joinModern('a', live));
    await runMany(world, 10, 1);
    const late = serve(await world.joinModern('b', live));
    await expect.poll(async () => (await verdicts(world)).b).toBe('can take it');
    const before = late.length;
    await runMany(world, 10, 1);
    expect(late.length - before).toBeLessThanOrEqual(6);
  });

  it('goes to those that reach it; one that does not is set aside, and why says until when', async () => {
    await using world = await startDispatchWorld();
    const cut = serve(await world.joinModern('cut', unreachable));
    const good = serve(await world.joinModern('good', live));
    await runMany(world, 10, 2);
    expect([cut.length, good.length]).toEqual([0, 10]);
    expect(await verdicts(world)).toMatchObject({
      cut: expect.stringMatching(/^set aside until 20.* UTC, so tried last: ECONNREFUSED/),
      good: 'can take it',
    });
  });

  it('goes to one that is set aside rather than to nobody', async () => {
    await using world = await startDispatchWorld();
    const cut = serve(await world.joinModern('cut', unreachable));
    expect(await runMany(world, 3, 1)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(cut).toHaveLength(3);
    // It has succeeded: it is like any other now.
    expect(await verdicts(world)).toEqual({ cut: 'can take it' });
  });

  it('waits for a better delegate that is full, before one that is set aside gets it', async () => {
    await using world = await startDispatchWorld({ timing: { patienceMs: 400 } });
    const cut = await world.joinModern('cut', unreachable);
    const good = await world.joinModern('good', live, { capacity: 1 });
    await world.submit('ticket.read', readParams);
    const held = await good.next('task.assign');
    const second = await world.submit('ticket.read', readParams);
    finish(good, held);
    expect((await good.next('task.assign')).taskId).toBe(second.body.id);
    const third = await world.submit('ticket.read', readParams);
    expect((await cut.next('task.assign')).taskId).toBe(third.body.id);
  });

  it('waits for a delegate that is just joining, before one that is set aside gets it', async () => {
    const canaries = { acceptTimeoutMs: 30_000, leaseMs: 30_000, canaryMs: 30_000, onlineMs: 30_000 };
    await using world = await startDispatchWorld({ timing: { ...canaries, patienceMs: 30_000 } });
    const cut = await world.joinModern('cut', unreachable);
    const good = await world.joinModern('good', undefined);
    const canary = await good.next('task.assign');
    const { body } = await world.submit('ticket.read', readParams);
    await expect
      .poll(() => verdicts(world), { timeout: 10_000 })
      .toEqual({ cut: expect.stringContaining('set aside until'), good: expect.stringContaining('joining') });
    good.answering(live);
    finish(good, canary, { kind: 'succeeded', result: {} });
    const { delegate, message } = await ScriptedDelegate.firstToHear([cut, good], 'task.assign');
    expect([delegate === good, message.taskId]).toEqual([true, body.id]);
  });

  it('is not kept from delegates by an instance that sleeps: the task tells', async () => {
    await using world = await startDispatchWorld();
    serve(await world.joinModern('a', asleep));
    expect(await runMany(world, 2, 1)).toEqual(['succeeded', 'succeeded']);
  });

  it('waits while its only delegate checks the way, and says so', async () => {
    await using world = await startDispatchWorld();
    const checks = await world.join('a', { features: ['reach-check'] });
    const { body } = await world.submit('ticket.read', readParams);
    const { checkId, baseUrl } = await checks.next('reach.check');
    expect(baseUrl).toBe('https://example.service-now.com/');
    const why = await world.manager.call('GET', `/tasks/${body.id}/why`);
    expect(why.body.summary).toContain('a delegate that could take it first checks that it reaches the instance');
    checks.send({ type: 'reach.result', checkId, found: live });
    expect((await checks.next('task.assign')).taskId).toBe(body.id);
  });

  it('moves to the others within one attempt when a delegate loses its way', async () => {
    await using world = await startDispatchWorld();
    const loses = await world.joinModern('loses', live);
    const keeps = serve(await world.joinModern('keeps', live));
    loses.onMessage((message) => {
      if (message.type === 'task.assign') finish(loses, message, { kind: 'failed', failure: noRoute });
    });
    expect(new Set(await runMany(world, 12, 3))).toEqual(new Set(['succeeded']));
    expect(keeps.length).toBe(12);
    expect((await verdicts(world)).loses).toContain('set aside until');
  });

  it('is refused by a policy, and why names the host', async () => {
    await using world = await startDispatchWorld();
    serve(await world.joinModern('a', live, { policy: { hosts: ['other.example.org'], taskTypes: ['ticket.read'] } }));
    expect(await verdicts(world)).toEqual({ a: 'its policy does not allow the host example.service-now.com' });
    const { body } = await world.submit('ticket.read', readParams, { limits: { pickUp: '1s' } });
    expect((await world.ended(body.id)).outcome.failure).toMatchObject({
      code: 'no-eligible-delegate',
      message: expect.stringContaining('the policy of every delegate that holds the selectors refuses it'),
    });
  });
});

describe('a task that is submitted to one of several managers', () => {
  it('goes to the delegate of another manager that has history with the instance', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis, timing: { staggerMs: 2_000 } });
    await using other = await startTestManager({ redis });
    const there = serve(await world.joinModern('there', live, {}, other));
    await runMany(world, 1, 1);
    await expect.poll(async () => (await verdicts(world)).there).toBe('can take it');
    const here = serve(await world.joinModern('here', asleep));
    await runMany(world, 10, 1);
    expect([here.length, there.length]).toEqual([0, 11]);
  });

  it('is taken by whichever manager has a delegate for it, and its end is told at either', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    await using other = await startTestManager({ redis });
    const there = serve(await world.joinModern('there', live, { tags: ['dc2'] }, other));
    const { body } = await world.submit('ticket.read', readParams, { selectors: ['dc2'] });
    expect((await world.ended(body.id)).state).toBe('succeeded');
    expect(there).toEqual([body.id]);
    expect((await other.call('GET', `/tasks/${body.id}`)).body.state).toBe('succeeded');
  });

  it('stays with a delegate that goes on at another manager when its own stops', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const first = await startTestManager({ redis });
    const before = await world.joinModern('a', live, {}, first);
    const { body } = await world.submit('ticket.read', readParams);
    const assign = await before.next('task.assign');
    before.send({ type: 'task.accept', taskId: assign.taskId, attempt: 1 });
    const closed = before.closed;
    await first[Symbol.asyncDispose]();
    expect((await closed).code).toBe(1001);
    const after = await world.joinModern('a', live, { inFlight: [{ taskId: assign.taskId, attempt: 1 }] });
    expect(await after.next('lease.extend')).toMatchObject({ assignments: [{ taskId: body.id, attempt: 1 }] });
    const key = { taskId: assign.taskId, attempt: 1 };
    after.send({ type: 'task.report', ...key, outcome: succeeded, sideEffect: false, notes: [] });
    expect(await world.ended(body.id)).toMatchObject({ state: 'succeeded', attempts: [{ attempt: 1 }] });
  });
});
