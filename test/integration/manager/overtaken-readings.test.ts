import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../manager/core/clock.ts';
import type { Notice } from '../../../manager/core/waiters.ts';
import { failedWith, startPollWorld } from '../../support/poll-world.ts';
import { startPollingManager } from '../../support/polling-manager.ts';

describe('what a gate is not ended by', () => {
  it('a reading that was overtaken by a later one, heard of by a manager that stood still meanwhile', async () => {
    await using world = await startPollWorld();
    world.manager.kill();
    let standsStill = false;
    const held: (() => void)[] = [];
    const clock: Clock = {
      now: () => world.clock.now(),
      setTimer: (ms, callback) => world.clock.setTimer(ms, () => (standsStill ? held.push(callback) : callback())),
    };
    const { redis, keys, instance } = world;
    const slow = startPollingManager({ redis, keys, clock, instance, listeners: new Set<(notice: Notice) => void>() });
    const [gate] = await world.startMany(1, { intervalMs: 10_000 });
    const { id, sysId } = gate ?? { id: '', sysId: '' };
    const heardOf = Promise.withResolvers<void>();
    slow.answerWith((asked) => {
      const outcome = instance.answer(asked);
      return heardOf.promise.then(() => outcome);
    });
    instance.set(sysId, { approval: 'approved' });
    await world.pass(3_000);
    expect(slow.asked).toHaveLength(1);
    standsStill = true;
    instance.set(sysId, { approval: 'requested' });
    const other = world.startManager();
    await world.pass(60_000);
    expect(other.asked.length).toBeGreaterThan(1);
    slow.answerWith(() => undefined);
    standsStill = false;
    heardOf.resolve();
    await world.settle();
    for (const callback of held) callback();
    await world.settle();
    expect(await world.view(id)).toMatchObject({ state: 'waiting', current: { approval: { value: 'requested' } } });
    await slow.close();
  });

  it('a ticket that is approved after the time-out, when no manager was there to end it in time', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1, { timeoutMs: 60_000 });
    const { id, sysId } = gate ?? { id: '', sysId: '' };
    await world.pass(5_000);
    world.manager.kill();
    world.instance.set(sysId, { approval: 'approved' });
    world.leap(86_400_000);
    world.startManager();
    await world.pass(3_000);
    expect(await world.view(id)).toMatchObject({ state: 'expired', failure: { code: 'gate-timed-out' } });
  });

  it('a password that is refused for seconds, whoever joins meanwhile', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1);
    await world.pass(5_000);
    world.manager.answerWith(() => failedWith('servicenow-unauthenticated'));
    for (let joined = 0; joined < 4; joined += 1) {
      await world.startMany(1);
      await world.pass(1_000);
    }
    expect((await world.view(gate?.id ?? '')).state).toBe('waiting');
    await world.pass(3 * 60_000);
    expect(await world.view(gate?.id ?? '')).toMatchObject({
      state: 'failed',
      failure: { code: 'servicenow-unauthenticated' },
    });
  });

  it('a minute of refusals, for a gate that is read once a day beside others', async () => {
    await using world = await startPollWorld();
    const [slow] = await world.startMany(1, { intervalMs: 86_400_000 });
    await world.startMany(1, { intervalMs: 10_000 });
    await world.pass(90_000);
    world.manager.answerWith(() => failedWith('servicenow-forbidden'));
    await world.pass(60_000);
    expect((await world.view(slow?.id ?? '')).state).toBe('waiting');
  });

  it('a ticket that is hidden for seconds', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1);
    const { id, sysId } = gate ?? { id: '', sysId: '' };
    await world.pass(5_000);
    world.instance.hidden.add(sysId);
    for (let joined = 0; joined < 4; joined += 1) {
      await world.startMany(1);
      await world.pass(1_000);
    }
    expect((await world.view(id)).state).toBe('waiting');
  });
});
