import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ReachFinding } from '#protocol/messages.ts';
import { type DispatchWorld, readParams, serve, startDispatchWorld } from '../../support/dispatch-world.ts';

const live: ReachFinding = { kind: 'live' };
const timing = { canaryMs: 200, onlineMs: 2_000, acceptTimeoutMs: 10_000 };

async function stateOf(world: DispatchWorld, name: string): Promise<string> {
  const { body } = await world.manager.call('GET', '/delegates');
  return body.items.find((item: { name: string }) => item.name === name).state;
}

describe('a delegate', () => {
  it('is online when it has answered a canary through the queue, and not before', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.joinModern('a', undefined);
    expect(await delegate.next('task.assign')).toMatchObject({ taskType: 'canary', params: {} });
    expect(await stateOf(world, 'a')).toBe('joining');
    const { body } = await world.submit('ticket.read', readParams);
    const why = await world.manager.call('GET', `/tasks/${body.id}/why`);
    expect(why.body.delegates).toMatchObject([{ verdict: { kind: 'joining' } }]);
  });

  it('that heartbeats and answers no canary is stuck, gets no work, and is told to dial again', async () => {
    await using world = await startDispatchWorld({ timing });
    const delegate = await world.joinModern('a', live);
    await expect.poll(() => stateOf(world, 'a')).toBe('online');
    delegate.answering(undefined);
    expect(await delegate.closed).toMatchObject({ code: 4408, reason: expect.stringContaining('canary') });
    const again = await world.joinModern('a', undefined);
    expect(await stateOf(world, 'a')).toBe('stuck');
    const { body } = await world.submit('ticket.read', readParams);
    expect((await world.manager.call('GET', `/tasks/${body.id}/why`)).body.summary).toContain(
      'is stuck: it heartbeats and answers no canary',
    );
    expect((await again.closed).code).toBe(4408);
  });

  it('that was stuck works again by itself once it answers', async () => {
    await using world = await startDispatchWorld({ timing });
    const stuck = await world.joinModern('a', undefined);
    await stuck.closed;
    const given = serve(await world.joinModern('a', live));
    await expect.poll(() => stateOf(world, 'a')).toBe('online');
    const { body } = await world.submit('ticket.read', readParams);
    expect((await world.ended(body.id)).state).toBe('succeeded');
    expect(given).toContain(body.id);
  });

  it('that is full answers canaries all the same, and is not stuck', async () => {
    await using world = await startDispatchWorld({ timing });
    const delegate = await world.joinModern('a', live, { capacity: 1 });
    await expect.poll(() => stateOf(world, 'a')).toBe('online');
    await world.submit('ticket.read', readParams);
    const { taskId, attempt } = await delegate.next('task.assign');
    delegate.send({ type: 'task.accept', taskId, attempt });
    await expect
      .poll(async () => (await world.manager.call('GET', '/delegates')).body.items[0].lastCanaryAt)
      .toBeDefined();
    const seen = async () => Date.parse((await world.manager.call('GET', '/delegates')).body.items[0].lastCanaryAt);
    const first = await seen();
    await expect.poll(seen, { timeout: 5_000 }).toBeGreaterThan(first + 2 * timing.onlineMs);
    expect(await stateOf(world, 'a')).toBe('online');
  });

  it('that drains for longer than a canary may take is not stuck, and keeps its session', async () => {
    await using world = await startDispatchWorld({ timing });
    const delegate = await world.joinModern('a', live);
    await expect.poll(() => stateOf(world, 'a')).toBe('online');
    delegate.answering(undefined);
    delegate.send({ type: 'drain', reason: 'SIGTERM' });
    expect(await Promise.race([delegate.closed, setTimeout(2 * timing.onlineMs, 'open')])).toBe('open');
    expect(await stateOf(world, 'a')).toBe('draining');
  });

  it('of an older version, which knows no canary, is online by its heartbeats', async () => {
    await using world = await startDispatchWorld({ timing });
    const delegate = await world.join('old');
    const { body } = await world.submit('ticket.read', readParams);
    expect((await delegate.next('task.assign')).taskId).toBe(body.id);
    expect(await stateOf(world, 'old')).toBe('online');
  });
});

describe('two delegates with one identity', () => {
  it('are told apart by their process: the one that was replaced is refused, and both are reported', async () => {
    await using world = await startDispatchWorld();
    const first = await world.joinModern('a', live, { runId: 'run-one', hostname: 'host-one' });
    await world.joinModern('a', live, { runId: 'run-two', hostname: 'host-two' });
    expect((await first.closed).code).toBe(4410);
    const refused = world.joinModern('a', live, { runId: 'run-one', hostname: 'host-one' });
    await expect(refused).rejects.toThrow('4409');
    await expect.poll(() => stateOf(world, 'a')).toBe('online');
    const { body } = await world.manager.call('GET', '/delegates');
    expect(body.items).toMatchObject([{ state: 'online', hostname: 'host-two', conflict: { hostname: 'host-one' } }]);
  });

  it('are not suspected when a delegate has restarted', async () => {
    await using world = await startDispatchWorld();
    const first = await world.joinModern('a', live, { runId: 'run-one' });
    first.vanish();
    const second = await world.joinModern('a', live, { runId: 'run-two' });
    second.vanish();
    await world.joinModern('a', live, { runId: 'run-two' });
    expect((await world.manager.call('GET', '/delegates')).body.items[0].conflict).toBeUndefined();
  });
});
