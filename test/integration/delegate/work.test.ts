import { describe, expect, it } from 'vitest';
import type { Message, TaskAssign } from '#protocol/messages.ts';
import type { ScriptedSession } from '../../support/scripted-manager.ts';
import { composeAssign, composeCanary, created, key } from '../../unit/delegate/fixtures.ts';
import { seal } from '../../unit/delegate/seal.ts';
import { createDelegateWorld, type DelegateWorld } from './delegate-world.ts';

/** Gives an assignment as a manager does, its secret sealed to the session. */
function assign(session: ScriptedSession, hello: Message<'hello'>, overrides: Partial<TaskAssign> = {}): void {
  const composed = composeAssign(overrides);
  const { taskId, attempt, target } = composed;
  if (!target) throw new Error('an assignment without target');
  const password = seal('open-sesame', hello.sealKey, `${taskId}\n${attempt}\npassword`);
  session.send({ ...composed, target: { ...target, authentication: { kind: 'basic', username: 'u', password } } });
}

async function begin(world: DelegateWorld, settings: Parameters<DelegateWorld['start']>[0] = {}) {
  const service = await world.start(settings);
  return { service, ...(await world.manager.nextHello()) };
}

describe('an assignment over a real socket', () => {
  it('is accepted, run with the opened secret, reported and forgotten when acknowledged', async () => {
    await using world = await createDelegateWorld();
    const { session, hello, service } = await begin(world);
    assign(session, hello);
    expect(await session.waitForMessage('task.accept')).toEqual({ type: 'task.accept', ...key('task-1') });
    const task = await world.held.next(0);
    expect(task.context.target?.authentication).toMatchObject({ password: 'open-sesame' });
    task.end(created);
    expect(await session.waitForMessage('task.report')).toMatchObject({ ...key('task-1'), sideEffect: true });
    expect(service.abandoned()).toEqual({ running: [], unacknowledged: [key('task-1')] });
    session.send({ type: 'task.report.ack', ...key('task-1'), status: 'recorded' });
    await expect.poll(() => service.abandoned()).toEqual({ running: [], unacknowledged: [] });
  });

  it('whose secret was sealed to another session is rejected', async () => {
    await using world = await createDelegateWorld();
    const first = await begin(world);
    first.session.close(1001);
    const { session } = await world.manager.nextHello();
    assign(session, first.hello);
    expect(await session.waitForMessage('task.reject')).toMatchObject({ code: 'secret-unreadable' });
  });

  it('is rejected when the delegate is full', async () => {
    await using world = await createDelegateWorld();
    const { session, hello } = await begin(world, { capacity: 1 });
    assign(session, hello);
    assign(session, hello, { taskId: 'task-2' });
    expect(await session.waitForMessage('task.reject')).toMatchObject({ ...key('task-2'), code: 'delegate-full' });
  });

  it('that is a canary is answered by a full delegate, and says that it works', async () => {
    await using world = await createDelegateWorld();
    const { session, hello } = await begin(world, { capacity: 1 });
    assign(session, hello);
    await session.waitForMessage('task.accept');
    session.send(composeCanary());
    expect(await session.waitForMessage('task.accept')).toMatchObject(key('canary-1'));
    expect(await session.waitForMessage('task.report')).toMatchObject({
      ...key('canary-1'),
      outcome: { kind: 'succeeded', result: {} },
      sideEffect: false,
    });
  });

  it('may begin no request when its lease is over, and may again when it was extended', async () => {
    await using world = await createDelegateWorld();
    const { session, hello } = await begin(world);
    assign(session, hello, { leaseMs: 20 });
    const { context } = await world.held.next(0);
    await context.clock.sleep(21, context.signal);
    expect(context.mayBegin()).toBe(false);
    session.send({ type: 'lease.extend', assignments: [key('task-1')], leaseMs: 60_000 });
    await expect.poll(() => context.mayBegin()).toBe(true);
  });

  it('that is cancelled aborts, and is reported as what is true', async () => {
    await using world = await createDelegateWorld();
    const { session, hello } = await begin(world);
    assign(session, hello, {
      taskType: 'ticket.read',
      params: { table: 'incident', numbers: ['INC1'], fields: ['state'] },
    });
    const task = await world.held.next(0);
    session.send({ type: 'task.cancel', ...key('task-1'), reason: 'a person asked' });
    await expect.poll(() => task.context.signal.aborted).toBe(true);
    task.throw(task.context.signal.reason);
    expect(await session.waitForMessage('task.report')).toMatchObject({ outcome: { kind: 'cancelled' } });
  });

  it('whose time to run is over is reported as timed out', async () => {
    await using world = await createDelegateWorld();
    const { session, hello } = await begin(world);
    assign(session, hello, {
      timeoutMs: 20,
      taskType: 'ticket.read',
      params: { table: 'incident', numbers: ['INC1'], fields: ['state'] },
    });
    const { context, ...task } = await world.held.next(0);
    context.signal.addEventListener('abort', () => task.throw(context.signal.reason));
    const { outcome } = await session.waitForMessage('task.report');
    expect(outcome).toMatchObject({ kind: 'failed', failure: { code: 'task-timeout' } });
  });
});

describe('after a lost session', () => {
  it('what runs and what was not acknowledged is told in hello, and reports are sent again until acknowledged', async () => {
    await using world = await createDelegateWorld();
    const first = await begin(world);
    assign(first.session, first.hello);
    assign(first.session, first.hello, { taskId: 'task-2', attempt: 4 });
    (await world.held.next(1)).end(created);
    expect(await first.session.waitForMessage('task.report')).toMatchObject(key('task-2', 4));
    first.session.terminate();

    const second = await world.manager.nextHello();
    expect(second.hello.inFlight).toEqual([key('task-1'), key('task-2', 4)]);
    expect(await second.session.waitForMessage('task.report')).toMatchObject(key('task-2', 4));
    world.held.at(0).end(created);
    expect(await second.session.waitForMessage('task.report')).toMatchObject(key('task-1'));
    second.session.send({ type: 'task.report.ack', ...key('task-2', 4), status: 'superseded' });
    second.session.close(1001);

    const third = await world.manager.nextHello();
    expect(third.hello.inFlight).toEqual([key('task-1')]);
    expect(await third.session.waitForMessage('task.report')).toMatchObject(key('task-1'));
    third.session.send({ type: 'task.report.ack', ...key('task-1'), status: 'recorded' });
    third.session.close(1001);

    const fourth = await world.manager.nextHello();
    expect(fourth.hello.inFlight).toEqual([]);
    expect(fourth.session.pendingTypes()).toEqual([]);
  });

  it('what ends between hello and welcome is reported after the welcome, and not before', async () => {
    await using world = await createDelegateWorld();
    const first = await begin(world);
    assign(first.session, first.hello);
    const task = await world.held.next(0);
    world.manager.autoHandshake = false;
    first.session.close(1001);
    const second = await world.manager.nextHello();
    task.end(created);
    await expect.poll(() => world.log.phrases()).toContain('assignment ended');
    expect(second.session.pendingTypes()).toEqual([]);
    second.session.send(world.manager.composeWelcome());
    expect(await second.session.waitForMessage('task.report')).toMatchObject(key('task-1'));
  });
});

describe('closing', () => {
  it('says drain, rejects what is new, ends and reports what is in flight, and leaves with 1000', async () => {
    await using world = await createDelegateWorld();
    const { session, hello, service } = await begin(world, { drainTimeoutMs: 30_000 });
    assign(session, hello);
    const task = await world.held.next(0);
    const closed = service.close();
    expect(service.close()).toBe(closed);
    expect(await session.waitForMessage('drain')).toMatchObject({ type: 'drain' });
    assign(session, hello, { taskId: 'task-2' });
    expect(await session.waitForMessage('task.reject')).toMatchObject({ ...key('task-2'), code: 'delegate-draining' });
    task.end(created);
    await session.waitForMessage('task.report');
    session.send({ type: 'task.report.ack', ...key('task-1'), status: 'recorded' });
    await closed;
    expect(await session.closed).toEqual({ code: 1000, reason: 'drained' });
    await service.ended;
  });

  it('when the manager asks for it ends the service as well', async () => {
    await using world = await createDelegateWorld();
    const { session, service } = await begin(world);
    session.send({ type: 'drain', reason: 'an administrator asked' });
    expect(await session.closed).toMatchObject({ code: 1000 });
    await service.ended;
  });

  it('ends a delegate whose handshake nobody answers', async () => {
    await using world = await createDelegateWorld();
    world.manager.ignoreUpgrades();
    const service = await world.start();
    await service.close();
    await service.ended;
  });
});
