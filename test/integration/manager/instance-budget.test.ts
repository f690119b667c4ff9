import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import type { AssignmentKey } from '#protocol/messages.ts';
import { type DispatchWorld, finish, readParams, startDispatchWorld, succeeded } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis, type TestManager } from '../../support/manager.ts';
import { ScriptedDelegate } from '../../support/scripted-delegate.ts';

const live = { kind: 'live' } as const;

/** Nobody is lost, and no attempt: these tests are about places, and a machine may stand still for a second. */
const longLeases = {
  acceptTimeoutMs: 30_000,
  heartbeatTimeoutMs: 30_000,
  leaseMs: 30_000,
  canaryMs: 30_000,
  onlineMs: 30_000,
};

async function submitted(world: DispatchWorld, count: number): Promise<string[]> {
  const ids = [];
  for (let n = 0; n < count; n += 1) ids.push((await world.submit('ticket.read', readParams)).body.id);
  return ids;
}

async function stateOf(world: DispatchWorld, taskId: string): Promise<string> {
  return (await world.manager.call('GET', `/tasks/${taskId}`)).body.state;
}

/** It is asked for the columns of a gate's table, too. */
const knowing = { taskTypes: [...ScriptedDelegate.modern.taskTypes, 'metadata.read'] };

/** Starts a gate, whose first poll is a task that nobody waits for in person. */
async function startGate(world: DispatchWorld, number: string, table = 'change_request'): Promise<string> {
  const { status, body } = await world.manager.call('POST', '/approvals', {
    ...{ connector: 'snow', table, number, every: '10s' },
    approve: 'state = Scheduled',
  });
  expect(status).toBe(201);
  return body.id;
}

/** Accepts the next assignment at once, and lets it run. */
async function take(delegate: ScriptedDelegate): Promise<AssignmentKey> {
  const { taskId, attempt } = await delegate.next('task.assign');
  delegate.send({ type: 'task.accept', taskId, attempt });
  return { taskId, attempt };
}

/** The same at whichever of them it comes to. */
async function takeFirst(...delegates: readonly ScriptedDelegate[]) {
  const { delegate, message } = await ScriptedDelegate.firstToHear(delegates, 'task.assign');
  const key = { taskId: message.taskId, attempt: message.attempt };
  delegate.send({ type: 'task.accept', ...key });
  return { delegate, key };
}

function report(delegate: ScriptedDelegate, key: AssignmentKey): void {
  delegate.send({ type: 'task.report', ...key, outcome: succeeded, sideEffect: false, notes: [] });
}

function limited(delegate: ScriptedDelegate, assign: { taskId: string; attempt: number }, retryAfterMs?: number): void {
  const { taskId, attempt } = assign;
  const reason = failure('servicenow-rate-limited', 'answered HTTP 429', 'Wait.', retryAfterMs);
  delegate.send({ type: 'task.accept', taskId, attempt });
  delegate.send({
    ...{ type: 'task.report', taskId, attempt, sideEffect: false, notes: [] },
    outcome: { kind: 'failed', failure: reason },
  });
}

describe('what one instance is asked for at once', () => {
  it('is bounded over all delegates, and the next task goes out when one has ended', async () => {
    await using world = await startDispatchWorld({ instanceConcurrency: 2, timing: longLeases });
    const a = await world.joinModern('a', live);
    const b = await world.joinModern('b', live);
    const ids = await submitted(world, 4);
    const first = [await takeFirst(a, b), await takeFirst(a, b)] as const;
    const [third = ''] = ids.slice(2);
    expect(await stateOf(world, third)).toBe('queued');
    const why = (await world.manager.call('GET', `/tasks/${third}/why`)).body;
    expect(why.summary).toContain('as many of its tasks are under way as may be at once');
    report(first[0].delegate, first[0].key);
    expect((await world.ended(first[0].key.taskId)).state).toBe('succeeded');
    const next = await takeFirst(a, b);
    expect(ids.slice(2)).toContain(next.key.taskId);
    expect((await Promise.all(ids.map((id) => stateOf(world, id)))).filter((state) => state === 'queued')).toHaveLength(
      1,
    );
  });

  it('is bounded over all managers', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis, instanceConcurrency: 1, timing: longLeases });
    await using other = await startTestManager({ redis, instanceConcurrency: 1, timing: longLeases });
    const a = await world.joinModern('a', live);
    const b = await world.joinModern('b', live, {}, other);
    const ids = await submitted(world, 2);
    const given = await takeFirst(a, b);
    // Two managers claim at the same moment: which task gets the one place is not promised.
    const [waiting = ''] = ids.filter((id) => id !== given.key.taskId);
    expect(await stateOf(world, waiting)).toBe('queued');
    report(given.delegate, given.key);
    expect((await takeFirst(a, b)).key.taskId).toBe(waiting);
  });

  it('leaves a quarter of the places to what somebody waits for', async () => {
    await using world = await startDispatchWorld({ instanceConcurrency: 4, timing: longLeases });
    const a = await world.joinModern('a', live, knowing);
    // Of one table they would share a reading.
    for (const table of ['change_request', 'incident', 'problem', 'sc_task', 'u_gate'])
      await startGate(world, 'X1', table);
    const polls = [];
    for (let n = 0; n < 3; n += 1) polls.push((await take(a)).taskId);
    const [asked = ''] = await submitted(world, 1);
    expect(polls).not.toContain(asked);
    expect((await take(a)).taskId).toBe(asked);
  });
});

describe('an instance that limits requests', () => {
  it('is what a task expires by that was not begun before its pause was over', async () => {
    await using world = await startDispatchWorld();
    const a = await world.joinModern('a', live);
    await submitted(world, 1);
    limited(a, await a.next('task.assign'), 60_000);
    await expect.poll(() => world.manager.log()).toContain('instance limits requests');
    const { body } = await world.submit('ticket.read', readParams, { limits: { pickUp: '1s' } });
    const { state, outcome } = await world.ended(body.id);
    expect([state, outcome.failure.code]).toEqual(['expired', 'servicenow-rate-limited']);
    expect(outcome.failure.message).toMatch(
      /^the task was not begun in time: the instance is not asked before 20[\d: -]+ UTC: ServiceNow answered 429/,
    );
    expect(outcome.failure.remedy).toContain('ticketgate connector test');
  });

  it('is given the pause that it asked for, by every manager, and the task says so', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    await using other = await startTestManager({ redis });
    const a = await world.joinModern('a', live);
    await submitted(world, 1);
    limited(a, await a.next('task.assign'), 3_000);
    await expect.poll(() => world.manager.log()).toContain('instance limits requests');
    const pausedAt = Date.now();
    const [waiting = ''] = await submitted(world, 1);
    const why = async (at: TestManager) =>
      (await at.call('POST', '/tasks/why', { type: 'ticket.read', connector: 'snow' })).body.summary;
    expect((await world.manager.call('GET', `/tasks/${waiting}/why`)).body.summary).toContain('given a pause');
    await expect.poll(() => why(other)).toContain('given a pause');
    await a.next('task.assign');
    // The clocks of the test and of Redis are one, and 3 s are 3 s.
    expect(Date.now() - pausedAt).toBeGreaterThan(2_500);
  });

  it('is tested at any time when somebody asks, and by itself only after the pause', async () => {
    await using world = await startDispatchWorld({ retestEveryMs: 1_000 });
    const a = await world.joinModern('a', live);
    const passed = { kind: 'succeeded', result: { findings: [] } } as const;
    await submitted(world, 1);
    const read = await a.next('task.assign');
    limited(a, read, 4_000);
    await expect.poll(() => world.manager.log()).toContain('instance limits requests');
    const pausedAt = Date.now();
    const byHand = world.manager.call('POST', '/connectors/snow/test');
    finish(a, await a.next('task.assign'), passed);
    expect((await byHand).body.state).toBe('succeeded');
    expect(Date.now() - pausedAt).toBeLessThan(2_000);
    const next = await Promise.all([a.next('task.assign'), a.next('task.assign')]);
    expect(next.map(({ taskType }) => taskType).sort()).toEqual(['connection.test', 'ticket.read']);
    expect(Date.now() - pausedAt).toBeGreaterThan(3_500);
  }, 15_000);

  it('is not polled for gates when its limit is nearly used up, and still asked for what somebody waits for', async () => {
    await using world = await startDispatchWorld();
    const a = await world.joinModern('a', live, knowing);
    await submitted(world, 1);
    const { taskId, attempt } = await a.next('task.assign');
    a.send({ type: 'task.accept', taskId, attempt });
    a.send({
      ...{ type: 'task.report', taskId, attempt, outcome: succeeded, sideEffect: false, notes: [] },
      usage: { requests: 85, rateLimit: { limit: 100, resetInMs: 60_000 } },
    });
    await world.ended(taskId);
    const gate = await startGate(world, 'CHG0000001');
    const because = async () => (await world.manager.call('GET', `/approvals/${gate}`)).body.waitingBecause;
    await expect.poll(because, { timeout: 5_000 }).toContain('85 of the 100 requests of its rate limit are used');
    const tasks = (await world.manager.call('GET', '/tasks')).body.items;
    expect(tasks.filter(({ type }: { type: string }) => type === 'ticket.read')).toHaveLength(1);
    const [asked = ''] = await submitted(world, 1);
    expect((await a.next('task.assign')).taskId).toBe(asked);
  });
});
