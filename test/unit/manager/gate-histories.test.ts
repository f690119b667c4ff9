import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApprovalRequest } from '../../../manager/core/approvals.ts';
import {
  beginning,
  type Gate,
  type History,
  history,
  instanceOf,
  numberOf,
  prompt,
  storedTime,
  sysIdOf,
  type TicketState,
} from './gate-history.ts';
import { checkGate } from './gate-oracle.ts';
import { GateWorld } from './gate-world.ts';
import { shown } from './meant-criteria.ts';

const histories = 5_000;

function requestOf(gate: Gate): ApprovalRequest {
  return {
    origin: { connectorId: 'con_1', target: undefined, selectors: [] },
    selectors: [],
    table: 'change_request',
    ticket: gate.bySysId ? { sysId: sysIdOf(gate.ticket) } : { number: numberOf(gate.ticket) },
    approve: gate.approve.criteria,
    reject: gate.reject?.criteria,
    window: gate.hasWindow ? { startField: 'start_date', endField: 'end_date' } : undefined,
    intervalMs: gate.intervalMs,
    timeoutMs: gate.timeoutMs,
    expectedDurationMs: undefined,
    webhook: undefined,
    workNotes: false,
    idempotencyKey: undefined,
  };
}

/** Lets a history happen; `tickets` are then what the test says. */
async function happen(given: History): Promise<{ world: GateWorld; ids: string[]; tickets: Map<number, TicketState> }> {
  const tickets = new Map<number, TicketState>();
  const world = new GateWorld(beginning, given.plans, instanceOf(given, tickets));
  const ids: string[] = [];
  for (const gate of given.gates) ids.push((await world.start(requestOf(gate))).spec.id);
  for (const { afterMs, looks, death, stopsAfterMs, sweeps } of given.steps) {
    for (let count = 0; count < looks; count += 1) {
      // The other one lives on.
      const look = world.look(count === 0 ? death : undefined);
      if (stopsAfterMs !== undefined && count === 0) world.clock.setTimer(stopsAfterMs, () => look.stop());
    }
    await world.clock.pass(afterMs);
    if (sweeps) await world.approvals.expireDue();
  }
  // What is under way ends, and whatever begins now goes well.
  world.plan([prompt]);
  await world.clock.pass(120_000);
  return { world, ids, tickets };
}

/** A state of the ticket that decides the gate, if there is one. */
function decidingState(gate: Gate, now: number): { ticket: TicketState; end: 'approved' | 'rejected' } | undefined {
  const window = { start_date: storedTime(now - 60_000), end_date: storedTime(now + 86_400_000) };
  for (const approval of ['approved', 'requested', 'rejected'])
    for (const state of ['-2', '-5', '3', '4'])
      for (const risk of ['2', '5', '']) {
        const stored = { approval, state, risk, ...window };
        const fields = Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, shown(value)]));
        const isRejected = gate.reject?.means(fields) ?? false;
        if (isRejected === true) return { ticket: { presence: 'there', stored }, end: 'rejected' };
        if (isRejected === false && gate.approve.means(fields) === true)
          return { ticket: { presence: 'there', stored }, end: 'approved' };
      }
  return undefined;
}

describe('a look at gates', () => {
  it('ends when its tasks are refused, whatever else is due', async () => {
    const refused = { ...prompt, ends: 'unheard' as const };
    const world = new GateWorld(beginning, [refused], () => ({ tickets: [], hidden: [] }));
    const [gate] = fc.sample(history, { seed: 1, numRuns: 1 }).flatMap(({ gates }) => gates);
    if (!gate) throw new Error('no gate');
    for (const bySysId of [false, true, true]) await world.start(requestOf({ ...gate, bySysId }));
    world.look();
    await world.clock.pass(1_000);
    expect(world.asked).toBeLessThanOrEqual(2);
  });
});

describe('a gate through any history of its ticket and of what goes wrong', () => {
  it('ends only as a poll found, once, with that poll for evidence; and it ends when its ticket stays decisive', async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(history, async (given) => {
        const { world, ids, tickets } = await happen(given);
        for (const [index, gate] of given.gates.entries()) {
          const id = ids[index] ?? '';
          const deciding = decidingState(gate, world.clock.now());
          const wasWaiting = world.record(id).end === undefined;
          const isInTime = world.clock.now() + gate.intervalMs + 1_000 < world.record(id).spec.deadlineAt;
          if (wasWaiting && deciding && isInTime) {
            tickets.set(gate.ticket, deciding.ticket);
            await world.clock.pass(gate.intervalMs);
            world.look();
            await world.clock.pass(1_000);
            expect(world.record(id).end?.state).toBe(deciding.end);
          }
          checkGate(world, id, gate);
          const end = `${wasWaiting ? 'later ' : ''}${world.record(id).end?.state}`;
          ends.set(end, (ends.get(end) ?? 0) + 1);
        }
        expect(world.faults).toEqual([]);
      }),
      { numRuns: histories },
    );
    for (const end of ['approved', 'rejected', 'expired', 'failed']) expect(ends.get(end) ?? 0).toBeGreaterThan(0);
  });
});
