import { describe, expect, it } from 'vitest';
import { failedWith, startPollWorld } from '../../support/poll-world.ts';
import { keysOf } from '../../support/polled-instance.ts';

const minute = 60_000;

/** Faults of one ticket, or of the whole instance: the code does not tell. */
const codes = [
  'servicenow-server-error',
  'servicenow-maintenance',
  'servicenow-reset',
  'servicenow-undecodable',
  'servicenow-timeout',
  'task-unsupported',
  'delegate-fault',
  'delegate-lost',
  'deadline-exceeded',
] as const;

describe('gates beside one whose own reading always fails', () => {
  it.each(codes)('are read when it is known by its number: %s', async (code) => {
    await using world = await startPollWorld();
    const gates = await world.startMany(3);
    await world.pass(5_000);
    world.manager.answerWith((asked) =>
      asked.type === 'ticket.read' && 'numbers' in asked.params ? failedWith(code) : undefined,
    );
    const bad = await world.start('', { ticket: { number: 'CHG999' } });
    await world.pass(2 * minute);
    for (const { sysId } of gates) world.instance.set(sysId, { approval: 'approved' });
    await world.pass(minute + 5_000);
    for (const { id } of gates) expect((await world.view(id)).state).toBe('approved');
    expect(await world.view(bad)).toMatchObject({ state: 'waiting', lastFailure: { code } });
  });

  it.each(codes)('are read when it is known by its sys_id: %s', async (code) => {
    await using world = await startPollWorld();
    const gates = await world.startMany(40);
    const bad = [gates[3], gates[29]];
    await world.pass(5_000);
    world.manager.answerWith((asked) =>
      bad.some((gate) => keysOf(asked).includes(gate?.sysId ?? '')) ? failedWith(code) : undefined,
    );
    await world.pass(2 * minute);
    for (const { sysId } of gates) world.instance.set(sysId, { approval: 'approved' });
    world.manager.asked.splice(0);
    await world.pass(minute + 5_000);
    for (const gate of gates.filter((each) => !bad.includes(each)))
      expect((await world.view(gate.id)).state).toBe('approved');
    // One for all that are read together, one for each of the two.
    expect(world.manager.asked.length).toBeLessThanOrEqual(6);
    world.manager.answerWith(() => undefined);
    await world.pass(2 * minute);
    for (const { id } of gates) expect((await world.view(id)).state).toBe('approved');
  });

  it('are read when its ticket has a sys_id by which it cannot be asked for', async () => {
    await using world = await startPollWorld();
    const [gate] = await world.startMany(1);
    await world.pass(5_000);
    world.instance.set('fade', { approval: 'requested' });
    const bad = await world.start('', { ticket: { number: 'CHG64222' } });
    await world.pass(5_000);
    expect(await world.view(bad)).toMatchObject({ state: 'failed', failure: { code: 'ticket-unreadable' } });
    world.instance.set(gate?.sysId ?? '', { approval: 'approved' });
    await world.pass(minute);
    expect((await world.view(gate?.id ?? '')).state).toBe('approved');
  });

  it('cost an instance that answers to nothing no more than ten readings, and then one an interval', async () => {
    await using world = await startPollWorld();
    await world.startMany(150);
    await world.pass(5_000);
    world.manager.answerWith(() => failedWith('servicenow-server-error'));
    await world.pass(minute);
    expect(world.manager.asked.splice(0).length).toBeLessThanOrEqual(11);
    await world.pass(10 * minute);
    expect(world.manager.asked.splice(0).length).toBeLessThanOrEqual(11);
    world.manager.answerWith(() => undefined);
    await world.pass(2 * minute);
    world.manager.asked.splice(0);
    await world.pass(minute);
    expect(world.manager.asked.length).toBeLessThanOrEqual(3);
  });
});

describe('gates beside one that asks for what is not there, at an instance that is away now and then', () => {
  const outages = ['servicenow-maintenance', 'servicenow-unreachable', 'servicenow-rate-limited'] as const;
  const faults = ['field-unknown', 'ticket-ambiguous', 'servicenow-bad-request'] as const;

  it.each(outages.flatMap((outage) => faults.map((fault) => ({ outage, fault }))))(
    'do not fall with it, whether they were read before or not: $outage, $fault',
    async ({ outage, fault }) => {
      await using world = await startPollWorld();
      const old = await world.startMany(3);
      await world.pass(5_000);
      let readings = 0;
      world.manager.answerWith((asked) => {
        readings += 1;
        if (readings % 2 === 1) return failedWith(outage);
        return asked.type === 'ticket.read' && asked.params.fields.includes('u_nope') ? failedWith(fault) : undefined;
      });
      world.instance.set('b'.repeat(32), { u_nope: '' });
      const bad = await world.start('b'.repeat(32), { approve: { field: 'u_nope', operator: 'equals', value: 'x' } });
      const fresh = await world.startMany(3);
      await world.pass(8 * minute);
      for (const { id } of [...old, ...fresh]) expect((await world.view(id)).state).toBe('waiting');
      world.manager.answerWith((asked) =>
        asked.type === 'ticket.read' && asked.params.fields.includes('u_nope') ? failedWith(fault) : undefined,
      );
      for (const { sysId } of [...old, ...fresh]) world.instance.set(sysId, { approval: 'approved' });
      await world.pass(5 * minute);
      for (const { id } of [...old, ...fresh]) expect((await world.view(id)).state).toBe('approved');
      expect(await world.view(bad)).toMatchObject({ state: 'failed', failure: { code: fault } });
    },
  );

  it.each(['servicenow-bad-request', 'field-unknown'] as const)(
    'cost an instance that refuses all alike few readings an interval: %s',
    async (code) => {
      await using world = await startPollWorld();
      await world.startMany(400);
      await world.pass(4 * minute);
      world.manager.asked.splice(0);
      world.manager.answerWith(() => failedWith(code));
      await world.pass(4 * minute);
      expect(world.manager.asked.length).toBeLessThanOrEqual(4 * 62);
    },
  );
});
