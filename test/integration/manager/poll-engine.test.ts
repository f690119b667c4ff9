import { describe, expect, it } from 'vitest';
import type { Changes } from '#protocol/task-types.ts';
import { failedWith, startFollowed, startPollWorld } from '../../support/poll-world.ts';
import { type Asked, keysOf } from '../../support/polled-instance.ts';

const minute = 60_000;
const never = () => new Promise<never>(() => {});
const readings = (asked: readonly Asked[]) => asked.filter(({ type }) => type === 'ticket.read');
const questions = (asked: readonly Asked[]) => asked.filter(({ type }) => type === 'ticket.changes');

describe('a large group of gates', () => {
  it('shares requests: 400 quiet gates take three readings in ten minutes, and one question a minute', async () => {
    await using world = await startPollWorld();
    await startFollowed(world);
    const looksBefore = world.manager.looks();
    await world.pass(10 * minute);
    expect(questions(world.manager.asked).length).toBeLessThanOrEqual(11);
    expect(readings(world.manager.asked).length).toBeLessThanOrEqual(4);
    expect(world.manager.looks() - looksBefore).toBeLessThan(20);
  });

  it('polls ten thousand quiet gates with fewer than twice the requests of one', { timeout: 120_000 }, async () => {
    await using world = await startPollWorld();
    const gates = await world.startMany(10_000);
    await world.pass(4 * minute);
    world.manager.asked.splice(0);
    await world.pass(20 * minute);
    expect(questions(world.manager.asked).length).toBeLessThanOrEqual(21);
    expect(readings(world.manager.asked).length).toBeLessThanOrEqual(2 * 60);
    const read = new Set(world.manager.asked.flatMap(keysOf));
    expect(gates.filter(({ sysId }) => !read.has(sysId))).toEqual([]);
    for (const { sysId } of gates.slice(0, 1_000)) world.instance.set(sysId, { approval: 'approved' });
    await world.pass(2 * minute);
    for (const { id } of gates.slice(0, 1_000)) expect((await world.view(id)).state).toBe('approved');
  });

  it('reads each ticket within two seconds at first, and every ten minutes at the latest', async () => {
    await using world = await startPollWorld();
    const gates = await world.startMany(400);
    await world.pass(2_000);
    const read = new Set(world.manager.asked.flatMap(keysOf));
    expect(gates.filter(({ sysId }) => !read.has(sysId))).toEqual([]);
    await world.pass(30 * minute);
    for (const { sysId } of gates) {
      const times = world.manager.asked.filter((asked) => keysOf(asked).includes(sysId)).map(({ at }) => at);
      const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      expect(Math.max(...pauses)).toBeLessThanOrEqual(10 * minute + 2_000);
      expect((times.at(-1) ?? 0) + 10 * minute).toBeGreaterThan(world.clock.now() - 2_000);
    }
  });

  it('ends a gate within its interval when its ticket changes, and does not read the others for it', async () => {
    await using world = await startPollWorld();
    const gates = await startFollowed(world);
    const [gate] = gates.slice(200);
    world.instance.set(gate?.sysId ?? '', { approval: 'approved' });
    await world.pass(minute + 1_000);
    expect((await world.view(gate?.id ?? '')).state).toBe('approved');
    expect(readings(world.manager.asked)).toHaveLength(1);
    expect((await world.view(gates[0]?.id ?? '')).state).toBe('waiting');
  });

  it('reads a ticket again soon that does not show yet what it was told to have changed', async () => {
    await using world = await startPollWorld();
    const [gate] = await startFollowed(world);
    const sysId = gate?.sysId ?? '';
    world.instance.lagging.set(sysId, { approval: 'requested' });
    world.instance.set(sysId, { approval: 'approved' });
    await world.pass(minute + 1_000);
    expect((await world.view(gate?.id ?? '')).state).toBe('waiting');
    world.instance.lagging.clear();
    await world.pass(15_000);
    expect((await world.view(gate?.id ?? '')).state).toBe('approved');
  });

  it('tells within the interval whom a ticket waits for, though its own stamp did not move (trap 34)', async () => {
    await using world = await startPollWorld();
    const [first, other, third] = await startFollowed(world);
    world.instance.setApprovers(third?.sysId ?? '', ['Zoe']);
    await world.pass(3 * minute);
    for (const name of ['Ada', 'Bob']) {
      world.instance.setApprovers(first?.sysId ?? '', [name]);
      await world.pass(minute + 1_000);
      expect((await world.view(first?.id ?? '')).waitingFor).toMatchObject([{ approver: name }]);
    }
    expect((await world.view(other?.id ?? '')).waitingFor).toEqual([]);
  });

  it.each<[string, Changes]>([
    ['the instance refuses the question (trap 35)', { kind: 'refused', reason: 'a query ACL' }],
    [
      'more has changed than one answer tells',
      { kind: 'read', rows: [], newest: '2026-03-01 11:00:00', complete: false },
    ],
  ])('reads every ticket within an interval of asking when %s', async (_why, told) => {
    await using world = await startPollWorld();
    const gates = await startFollowed(world);
    world.instance.tellsTickets = told;
    await world.pass(minute);
    world.manager.asked.splice(0);
    for (const { sysId } of gates) world.instance.set(sysId, { approval: 'approved' });
    await world.pass(2 * minute + 2_000);
    for (const { id } of gates) expect((await world.view(id)).state).toBe('approved');
    expect(readings(world.manager.asked).length).toBeLessThanOrEqual(12);
  });

  it('reads every ticket at its interval while the instance refuses, and asks again after an hour', async () => {
    await using world = await startPollWorld();
    world.instance.tellsTickets = { kind: 'refused', reason: 'a query ACL' };
    await world.startMany(400);
    await world.pass(59 * minute, 1_000);
    expect(questions(world.manager.asked)).toHaveLength(1);
    expect(readings(world.manager.asked).length).toBeGreaterThan(3 * 55);
    expect(readings(world.manager.asked).length).toBeLessThan(5 * 60);
    await world.pass(2 * minute);
    expect(questions(world.manager.asked)).toHaveLength(2);
  });

  it('reads every ticket by itself when nobody answers the question, as older delegates do not', async () => {
    await using world = await startPollWorld();
    world.manager.answerWith(({ type }) =>
      type === 'ticket.changes' ? failedWith('no-eligible-delegate') : undefined,
    );
    const gates = await world.startMany(400);
    await world.pass(5 * minute);
    for (const { sysId } of gates) world.instance.set(sysId, { approval: 'approved' });
    await world.pass(minute + 2_000);
    for (const { id } of gates) expect((await world.view(id)).state).toBe('approved');
  });

  it('reads every ticket again once it has shrunk to what one reading takes', async () => {
    await using world = await startPollWorld();
    const gates = await startFollowed(world);
    await Promise.all(gates.slice(100).map(({ id }) => world.manager.approvals.cancel(id, 'somebody')));
    await world.pass(2 * minute);
    world.manager.asked.splice(0);
    await world.pass(5 * minute);
    expect(questions(world.manager.asked)).toEqual([]);
    expect(readings(world.manager.asked).length).toBeGreaterThanOrEqual(4);
    expect(readings(world.manager.asked).length).toBeLessThanOrEqual(6);
    for (const asked of world.manager.asked) expect(keysOf(asked)).toHaveLength(100);
  });

  it('reads columns of other records at their own interval: they change without the stamp of the ticket', async () => {
    await using world = await startPollWorld();
    const approve = { field: 'assigned_to.user_name', operator: 'equals', value: 'ada' } as const;
    await world.startMany(200);
    const [dotted] = await world.startMany(1, { approve });
    const sysId = dotted?.sysId ?? '';
    world.instance.set(sysId, { 'assigned_to.user_name': 'bob' });
    await world.pass(4 * minute);
    world.manager.asked.splice(0);
    await world.pass(3 * minute);
    const own = readings(world.manager.asked).filter((asked) => keysOf(asked).includes(sysId));
    expect(own.length).toBeGreaterThanOrEqual(2);
  });

  it('asks for changes now and then though its readings take longer than its interval', async () => {
    await using world = await startPollWorld();
    world.manager.answerWith(async (asked) => {
      if (asked.type === 'ticket.changes') return failedWith('servicenow-timeout');
      await world.later(5_000);
      return world.instance.answer(asked);
    });
    await world.startMany(1_000, { intervalMs: 10_000 });
    await world.pass(4 * minute);
    expect(questions(world.manager.asked).length).toBeGreaterThan(1);
  });

  it('goes on asking as soon as the instance may be asked again', async () => {
    await using world = await startPollWorld();
    const [gate] = await startFollowed(world);
    const untilMs = world.clock.now() + 90_000;
    world.manager.hold = { kind: 'rate-limit', untilMs, because: 'ServiceNow answered 429 and is given a pause' };
    await world.pass(89_000);
    expect(world.manager.asked).toEqual([]);
    world.manager.hold = undefined;
    world.instance.set(gate?.sysId ?? '', { approval: 'approved' });
    await world.pass(3_000);
    expect((await world.view(gate?.id ?? '')).state).toBe('approved');
  });

  it('goes on being asked for at another manager when one closes in the middle of a question', async () => {
    await using world = await startPollWorld();
    await startFollowed(world);
    world.manager.answerWith(() => new Promise<never>(() => {}));
    await world.pass(minute);
    expect(questions(world.manager.asked)).toHaveLength(1);
    const other = world.startManager();
    await world.manager.close();
    await world.pass(2_000);
    expect(questions(other.asked)).toHaveLength(1);
  });

  it('loses no change that comes while the instance does not answer', async () => {
    await using world = await startPollWorld();
    const [gate] = await startFollowed(world);
    world.manager.answerWith(() => failedWith('servicenow-unreachable'));
    await world.pass(90_000);
    world.instance.set(gate?.sysId ?? '', { approval: 'approved' });
    await world.pass(30_000);
    world.manager.answerWith(() => undefined);
    await world.pass(minute + 2_000);
    expect((await world.view(gate?.id ?? '')).state).toBe('approved');
  });
});

describe('a group whose polls fail', () => {
  it('asks once an interval, however many gates it has, while the password is wrong', async () => {
    await using world = await startPollWorld();
    await startFollowed(world);
    world.manager.answerWith(async () => {
      await world.later(500);
      return failedWith('servicenow-unauthenticated');
    });
    await world.pass(minute);
    // Until the question is given up, and the tickets are read by themselves.
    await world.pass(4 * minute);
    expect(world.manager.asked.length).toBeLessThanOrEqual(6);
    for (let round = 0; round < 4; round += 1) {
      world.manager.asked.splice(0);
      await world.pass(minute);
      expect(world.manager.asked.length).toBeLessThanOrEqual(1);
    }
  });

  it('asks once an interval while a small one meets an outage, and shows it', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(50);
    await world.pass(2_000);
    world.manager.answerWith(() => failedWith('servicenow-hibernating'));
    world.manager.asked.splice(0);
    await world.pass(10 * minute);
    expect(world.manager.asked).toHaveLength(10);
    expect((await world.view(gate?.id ?? '')).lastFailure).toMatchObject({ code: 'servicenow-hibernating' });
  });

  it('fails every gate at once when the password was wrong from the start', async () => {
    await using world = await startPollWorld();
    world.manager.answerWith(() => failedWith('servicenow-unauthenticated'));
    const gates = await world.startMany(100);
    await world.pass(2_000);
    for (const { id } of gates) expect((await world.view(id)).state).toBe('failed');
    expect(world.manager.asked.length).toBeLessThanOrEqual(2);
  });

  it('tells which gates alone are at fault: one that names an unknown field harms no other', async () => {
    await using world = await startPollWorld();
    const approve = { field: 'u_nope', operator: 'is-not-empty' } as const;
    const good = await world.startMany(49);
    const [bad] = await world.startMany(1, { approve });
    world.manager.answerWith(({ type, params }) =>
      type === 'ticket.read' && params.fields.includes('u_nope') ? failedWith('field-unknown') : undefined,
    );
    await world.pass(3_000);
    expect(await world.view(bad?.id ?? '')).toMatchObject({ state: 'failed', failure: { code: 'field-unknown' } });
    for (const { id } of good)
      expect(await world.view(id)).toMatchObject({ state: 'waiting', current: { approval: { value: 'requested' } } });
    expect(world.manager.asked.length).toBeLessThan(20);
  });

  it('asks no other half when the instance fails while the gate at fault is looked for', async () => {
    await using world = await startPollWorld();
    const approve = { field: 'u_odd', operator: 'is-not-empty' } as const;
    await world.startMany(63);
    await world.startMany(1, { approve });
    let asked = 0;
    world.manager.answerWith(() => {
      asked += 1;
      return failedWith(asked < 4 ? 'field-unknown' : 'servicenow-unreachable');
    });
    await world.pass(3_000);
    expect(asked).toBe(4);
  });

  it('is not asked while the instance holds polls, says until when, and asks then', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(10);
    await world.pass(2_000);
    world.manager.asked.splice(0);
    const untilMs = world.clock.now() + 5 * minute;
    world.manager.hold = { kind: 'rate-limit', untilMs, because: 'ServiceNow answered 429 and is given a pause' };
    await world.pass(2 * minute);
    expect(await world.view(gate?.id ?? '')).toMatchObject({
      waitingBecause: expect.stringContaining(`not asked before ${new Date(untilMs).toISOString()}`),
      nextPollAt: new Date(untilMs).toISOString(),
    });
    world.manager.hold = { ...world.manager.hold, untilMs: untilMs - 1 };
    await world.pass(3 * minute - 1_000);
    expect(world.manager.asked).toEqual([]);
    world.manager.hold = undefined;
    await world.pass(2_000);
    expect(world.manager.asked).toHaveLength(1);
    expect((await world.view(gate?.id ?? '')).waitingBecause).not.toContain('not asked');
  });

  it('reads a newcomer soon though its reading is stuck with a task that nobody takes', async () => {
    await using world = await startPollWorld();
    await world.startMany(1);
    world.manager.answerWith(never);
    await world.pass(1_000);
    expect(world.manager.asked).toHaveLength(1);
    world.manager.answerWith(() => undefined);
    const [newcomer] = await world.startMany(1);
    await world.pass(1_500);
    expect((await world.view(newcomer?.id ?? '')).lastPolledAt).toBeDefined();
  });

  it('reads a newcomer within a minute of a failure, however seldom the others are read', async () => {
    await using world = await startPollWorld();
    await world.startMany(1, { intervalMs: 86_400_000 });
    await world.pass(2_000);
    const answered = Promise.withResolvers<ReturnType<typeof failedWith>>();
    world.manager.answerWith(() => answered.promise);
    await world.startMany(1, { intervalMs: 86_400_000 });
    await world.pass(1_000);
    await world.startMany(1, { intervalMs: 86_400_000 });
    const [third] = await world.startMany(1, { intervalMs: 86_400_000 });
    await world.pass(0);
    answered.resolve(failedWith('servicenow-reset'));
    world.manager.answerWith(() => undefined);
    await world.pass(minute + 2_000);
    expect((await world.view(third?.id ?? '')).current).toHaveProperty('approval');
  });
});
