import { describe, expect, it } from 'vitest';
import { failedWith, type PollWorld, startPollWorld } from '../../support/poll-world.ts';

const minute = 60_000;
const approve = { field: 'state', operator: 'equals', value: '-2' } as const;
const inVain = 'the change is in state 3, from which its state model leads nowhere';

async function startGate(world: PollWorld, fields: Readonly<Record<string, string>>, change = {}) {
  const [gate] = await world.startMany(1, { approve, ...change });
  if (!gate) throw new Error('no gate');
  world.instance.set(gate.sysId, fields);
  return gate;
}

const asksFor = (world: PollWorld) =>
  world.manager.asked.filter(({ type, params }) => type === 'ticket.read' && 'deadEnds' in params).length;

describe('a gate whose change is closed', () => {
  it('says that it waits in vain, waits on, asks for that once, and opens when the change is reopened', async () => {
    await using world = await startPollWorld();
    const { id, sysId } = await startGate(world, { state: '3', active: 'false' });
    world.instance.deadEnds.add(sysId);
    await world.pass(minute + 3_000);
    expect(await world.view(id)).toMatchObject({ state: 'waiting', waitingBecause: expect.stringContaining(inVain) });
    expect((await world.view(id)).current).not.toHaveProperty('active');
    await world.pass(10 * minute);
    expect(asksFor(world)).toBe(1);
    world.instance.set(sysId, { state: '-2', active: 'true' });
    await world.pass(minute + 1_000);
    expect((await world.view(id)).state).toBe('approved');
  });

  it.each<[what: string, fields: Readonly<Record<string, string>>, change: object, asks: number]>([
    ['is active', { state: '3', active: 'true' }, {}, 0],
    ['shows no active', { state: '3' }, {}, 0],
    [
      'may be approved where it is',
      { state: '3', active: 'false', approval: '' },
      { approve: { field: 'approval', operator: 'equals', value: 'approved' } },
      0,
    ],
    [
      'is judged by an expression',
      { state: '3', active: 'false' },
      { approve: { expression: "ticket.state.value == '-2'" } },
      0,
    ],
    ['is none', { state: '3', active: 'false' }, { table: 'incident' }, 0],
    ['may go on', { state: '3', active: 'false' }, {}, 1],
  ])('claims nothing when the ticket %s', async (_what, fields, change, asks) => {
    await using world = await startPollWorld();
    const { id } = await startGate(world, fields, change);
    await world.pass(10 * minute);
    expect(asksFor(world)).toBe(asks);
    const { state, waitingBecause } = await world.view(id);
    expect([state, waitingBecause]).toEqual(['waiting', expect.not.stringContaining('leads nowhere')]);
  });

  it('is read and ends though the question is never answered, and asks again only after minutes', async () => {
    await using world = await startPollWorld();
    const { id, sysId } = await startGate(world, { state: '3', active: 'false' });
    const isQuestion = (params: object) => 'deadEnds' in params;
    world.manager.answerWith(({ params }) => (isQuestion(params) ? new Promise(() => {}) : undefined));
    await world.pass(2 * minute);
    expect(asksFor(world)).toBe(1);
    world.instance.set(sysId, { state: '-2', active: 'true' });
    await world.pass(minute + 1_000);
    expect((await world.view(id)).state).toBe('approved');
    const other = await startGate(world, { state: '3', active: 'false' });
    world.manager.answerWith(({ params }) => (isQuestion(params) ? failedWith('servicenow-timeout') : undefined));
    await world.pass(4 * minute);
    expect(asksFor(world)).toBe(2);
    world.manager.answerWith(() => undefined);
    world.instance.deadEnds.add(other.sysId);
    await world.pass(3 * minute);
    expect((await world.view(other.id)).waitingBecause).toContain(inVain);
  });
});
