import { describe, expect, it } from 'vitest';
import { failedWith, startFollowed, startPollWorld } from '../../support/poll-world.ts';
import { keysOf } from '../../support/polled-instance.ts';

const minute = 60_000;
const never = () => new Promise<never>(() => {});

describe('a poll group in Redis', () => {
  it('leaves nothing behind when all its gates have ended', async () => {
    await using world = await startPollWorld();
    const gates = await startFollowed(world);
    for (const { sysId } of gates.slice(1)) world.instance.set(sysId, { approval: 'approved' });
    await world.manager.approvals.cancel(gates[0]?.id ?? '', 'somebody');
    await world.pass(2 * minute);
    expect(await world.groupKeys()).toEqual([]);
  });

  it('is taken by another manager once the lease of one that died is over', async () => {
    await using world = await startPollWorld();
    const gates = await world.startMany(2);
    const other = world.startManager();
    world.manager.answerWith(never);
    other.answerWith(never);
    await world.pass(1_000);
    const [dead, living] = world.manager.asked.length > 0 ? [world.manager, other] : [other, world.manager];
    expect([dead.asked.length, living.asked.length]).toEqual([1, 0]);
    dead.kill();
    living.answerWith(() => undefined);
    await world.pass(8_000);
    expect(living.asked).toHaveLength(0);
    await world.pass(3_000);
    expect(living.asked).toHaveLength(1);
    for (const { id } of gates) expect((await world.view(id)).current).toHaveProperty('approval');
  });

  it('is held on by a manager whose look takes long, and looked at by nobody else', async () => {
    await using world = await startPollWorld();
    const other = world.startManager();
    for (const each of [world.manager, other]) each.answerWith(never);
    await world.startMany(2);
    await world.pass(50_000);
    expect(world.manager.asked.length + other.asked.length).toBe(1);
  });

  it('is due at once for another manager when the one that looks at it closes', async () => {
    await using world = await startPollWorld();
    const other = world.startManager();
    for (const each of [world.manager, other]) each.answerWith(never);
    await world.startMany(2);
    await world.pass(1_000);
    const [closing, staying] = world.manager.asked.length > 0 ? [world.manager, other] : [other, world.manager];
    staying.answerWith(() => undefined);
    await closing.close();
    await world.pass(1_000);
    expect(staying.asked).toHaveLength(1);
  });

  it('is read again soon after a newcomer joins it at any moment of a look', async () => {
    await using world = await startPollWorld();
    for (let round = 0; round < 60; round += 1) {
      const started = await world.startMany(1, originOf(round % 2));
      for (let turn = 0; turn < round; turn += 1) await Promise.resolve();
      const joined = await world.startMany(1, originOf(round % 2));
      await world.pass(1_000);
      for (const { id } of [...started, ...joined])
        expect((await world.view(id)).current, `round ${round}`).toHaveProperty('approval');
    }
  });

  it('is not left alone when it is taken again before its manager hears that it was given back', async () => {
    await using world = await startPollWorld();
    const joined: string[] = [];
    world.manager.onceGivenBack = async () => {
      const [newcomer] = await world.startMany(1);
      joined.push(newcomer?.id ?? '');
      world.leap(1_000);
      for (let turn = 0; turn < 5; turn += 1) await world.redis.ping();
    };
    await world.startMany(1);
    await world.pass(3_000);
    expect(joined).toHaveLength(1);
    expect((await world.view(joined[0] ?? '')).current).toHaveProperty('approval');
  });

  it('reads a newcomer before those that wait for a reading since an outage', async () => {
    await using world = await startPollWorld();
    world.instance.tellsTickets = { kind: 'refused', reason: 'a query ACL' };
    await world.startMany(1_500);
    await world.pass(minute);
    world.manager.answerWith(() => failedWith('servicenow-unreachable'));
    await world.pass(5 * minute);
    world.manager.asked.splice(0);
    world.manager.answerWith(async (asked) => {
      await world.later(5_000);
      return world.instance.answer(asked);
    });
    while (world.manager.asked.length === 0) await world.pass(1_000);
    const [newcomer] = await world.startMany(1);
    await world.pass(11_000);
    expect((await world.view(newcomer?.id ?? '')).current).toHaveProperty('approval');
  });

  it('does not wait for a large one of the same instance', async () => {
    await using world = await startPollWorld();
    world.manager.answerWith((asked) => (keysOf(asked).length > 100 ? never() : undefined));
    await world.startMany(1_000);
    await world.pass(500);
    const [small] = await world.startMany(1, originOf(7));
    await world.pass(1_000);
    expect((await world.view(small?.id ?? '')).current).toHaveProperty('approval');
  });
});

function originOf(index: number) {
  const target = {
    baseUrl: 'https://example.service-now.com/',
    authentication: { kind: 'basic', username: `u${index}`, password: { secret: 's' } },
  } as const;
  return { origin: { connectorId: 'con_1', target, selectors: [] } };
}
