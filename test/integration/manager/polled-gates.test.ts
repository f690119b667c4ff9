import { describe, expect, it } from 'vitest';
import { failedWith, startFollowed, startPollWorld } from '../../support/poll-world.ts';

const minute = 60_000;
const never = () => new Promise<never>(() => {});

describe('a gate among others', () => {
  it('shares a ticket with another gate, and both end', async () => {
    await using world = await startPollWorld();
    const [first] = await world.startMany(1);
    const sysId = first?.sysId ?? '';
    const second = await world.start('', { ticket: { number: `chg${Number.parseInt(sysId, 16)}` } });
    await world.pass(2_000);
    world.instance.set(sysId, { approval: 'approved' });
    await world.pass(minute + 1_000);
    expect((await world.view(first?.id ?? '')).state).toBe('approved');
    expect((await world.view(second)).state).toBe('approved');
  });

  it('whose ticket is told to have changed is read for each gate of that ticket', async () => {
    await using world = await startPollWorld();
    const [first] = await startFollowed(world);
    const sysId = first?.sysId ?? '';
    const second = await world.start('', { ticket: { number: `chg${Number.parseInt(sysId, 16)}` } });
    await world.pass(minute);
    world.instance.set(sysId, { approval: 'approved' });
    await world.pass(minute + 1_000);
    expect((await world.view(first?.id ?? '')).state).toBe('approved');
    expect((await world.view(second)).state).toBe('approved');
  });

  it.each([
    ['deleted', 'ticket-not-found'],
    ['hidden', 'ticket-unreadable'],
  ] as const)(
    'fails after three readings in a row that say its ticket is %s, and noise does not count',
    async (how, code) => {
      await using world = await startPollWorld();
      const [gate, other] = await world.startMany(2);
      const id = gate?.id ?? '';
      await world.pass(2_000);
      if (how === 'deleted') world.instance.delete(gate?.sysId ?? '');
      else world.instance.hidden.add(gate?.sysId ?? '');
      const failures = async () => (await world.manager.approvals.read(id)).progress.failuresInRow;
      await world.pass(2 * minute);
      expect(await failures()).toBe(2);
      world.manager.answerWith(() => failedWith('servicenow-reset'));
      await world.pass(3 * minute);
      expect([await failures(), (await world.view(id)).state]).toEqual([2, 'waiting']);
      world.manager.answerWith(() => undefined);
      await world.pass(minute + 1_000);
      expect(await world.view(id)).toMatchObject({
        state: 'failed',
        failure: { code },
        evidence: { reading: { ticket: { sysId: gate?.sysId } } },
      });
      expect((await world.view(other?.id ?? '')).state).toBe('waiting');
    },
  );

  it('counts its failures anew after a good reading', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1);
    const sysId = gate?.sysId ?? '';
    await world.pass(2_000);
    for (let round = 0; round < 3; round += 1) {
      world.instance.hidden.add(sysId);
      await world.pass(2 * minute);
      world.instance.hidden.delete(sysId);
      await world.pass(minute);
    }
    expect(await world.view(gate?.id ?? '')).toMatchObject({ state: 'waiting' });
    expect((await world.manager.approvals.read(gate?.id ?? '')).progress.failuresInRow).toBe(0);
  });

  it('opens within a second after its window does, by a reading that was begun since', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1, { window: { startField: 'start_date', endField: 'end_date' } });
    const opensAt = world.clock.now() + 7_000;
    const stored = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    const window = { start_date: stored(opensAt), end_date: stored(opensAt + minute) };
    world.instance.set(gate?.sysId ?? '', { approval: 'approved', ...window });
    await world.pass(6_750);
    expect(await world.view(gate?.id ?? '')).toMatchObject({
      state: 'waiting',
      waitingBecause: expect.stringContaining('opens'),
    });
    await world.pass(1_250);
    expect((await world.view(gate?.id ?? '')).state).toBe('approved');
    expect(world.manager.asked.at(-1)?.at).toBeGreaterThanOrEqual(opensAt);
    expect(world.manager.asked.length).toBeLessThanOrEqual(3);
  });

  it('does not open by a reading that was begun before its window opened', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1, { window: { startField: 'start_date', endField: 'end_date' } });
    const opensAt = world.clock.now() + 3_000;
    const stored = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    const window = { start_date: stored(opensAt), end_date: stored(opensAt + minute) };
    world.instance.set(gate?.sysId ?? '', { approval: 'approved', ...window });
    const slow = Promise.withResolvers<void>();
    world.manager.answerWith((asked) => slow.promise.then(() => world.instance.answer(asked)));
    await world.pass(5_000);
    world.manager.answerWith(never);
    slow.resolve();
    await world.pass(500);
    expect((await world.view(gate?.id ?? '')).state).toBe('waiting');
    expect(world.manager.asked.at(-1)?.at).toBeGreaterThanOrEqual(opensAt);
  });

  it('that is cancelled while it is being read ends once, and does not come back into its group', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1);
    const id = gate?.id ?? '';
    await world.pass(2_000);
    world.instance.set(gate?.sysId ?? '', { approval: 'approved' });
    const slow = Promise.withResolvers<void>();
    world.manager.answerWith((asked) => slow.promise.then(() => world.instance.answer(asked)));
    await world.pass(minute);
    expect(world.manager.asked).toHaveLength(2);
    await world.manager.approvals.cancel(id, 'somebody');
    slow.resolve();
    await world.pass(2_000);
    expect((await world.view(id)).state).toBe('cancelled');
    expect(await world.groupKeys()).toEqual([]);
    await world.pass(5 * minute);
    expect(world.manager.asked).toHaveLength(2);
  });
});
