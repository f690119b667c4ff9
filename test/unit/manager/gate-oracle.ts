import { expect } from 'vitest';
import type { FailureCode } from '#protocol/failure.ts';
import type { Ticket } from '#protocol/ticket.ts';
import { decisive, type Gate, numberOf, sysIdOf } from './gate-history.ts';
import type { GateWorld, Poll, Settlement } from './gate-world.ts';
import type { Fields } from './meant-criteria.ts';

/** The failures that docs/approvals.md says end a gate. */
const decisiveCodes: ReadonlySet<string> = new Set([
  ...decisive,
  'ticket-not-found',
  'ticket-unreadable',
] satisfies FailureCode[]);

/** Checks all that was written of a gate by what its polls found. */
export function checkGate(world: GateWorld, approvalId: string, gate: Gate): void {
  const own = world.settlements.filter((settlement) => settlement.approvalId === approvalId);
  own.forEach((settlement, index) => {
    expect(
      own.slice(0, index).some(({ end }) => end),
      'ends once',
    ).toBe(false);
    checkSettlement(world, settlement, own.slice(0, index), gate);
  });
  const told = world.notices.filter((notice) => notice.kind === 'approval-ended' && notice.approvalId === approvalId);
  expect(told.length).toBeLessThanOrEqual(1);
}

function checkSettlement(world: GateWorld, settlement: Settlement, before: readonly Settlement[], gate: Gate): void {
  const { end, progress, at } = settlement;
  for (const earlier of before)
    expect(
      progress.begunAt ?? 0,
      'no reading is taken that was given out before one that was taken',
    ).toBeGreaterThanOrEqual(earlier.progress.begunAt ?? 0);
  if (end?.state === 'approved' || end?.state === 'rejected')
    expect(at, 'nothing is decided after the time-out').toBeLessThan(
      world.record(settlement.approvalId).spec.deadlineAt,
    );
  switch (end?.state) {
    case 'approved': {
      const { poll, fields } = readingOf(world, settlement, gate);
      expect(gate.approve.means(fields), 'what approves holds').toBe(true);
      if (gate.reject) expect(gate.reject.means(fields), 'what rejects does not hold').toBe(false);
      expect(Object.keys(fields).sort(), 'all was read that the rules name').toEqual(columnsOf(gate));
      if (gate.hasWindow) {
        const window = windowOf(fields);
        expect(window, 'the window can be read').toBeDefined();
        for (const when of [poll.begunAt, at]) expect(isOpen(window, when), 'the window is open').toBe(true);
      }
      return;
    }
    case 'rejected':
      expect(gate.reject?.means(readingOf(world, settlement, gate).fields), 'what rejects holds').toBe(true);
      return;
    case 'expired':
      if (end.failure.code === 'gate-timed-out') {
        expect(at).toBeGreaterThanOrEqual(world.record(settlement.approvalId).spec.deadlineAt);
      } else {
        const { fields } = readingOf(world, settlement, gate);
        expect(gate.approve.means(fields)).toBe(true);
        expect(at).toBeGreaterThanOrEqual(windowOf(fields)?.endsAt ?? Number.NaN);
      }
      return;
    case 'failed':
      if (end.failure.code === 'gate-window-invalid') {
        const { fields } = readingOf(world, settlement, gate);
        expect(gate.approve.means(fields)).toBe(true);
        expect(windowOf(fields)).toBeUndefined();
      } else {
        checkFailures(world, settlement, before, gate);
      }
      return;
    case undefined:
      if (!progress.lastFailure) return checkWaiting(world, settlement, gate);
      expect(codesAt(world, settlement, gate)).toContain(progress.lastFailure.code);
      if (decisiveCodes.has(progress.lastFailure.code) && !mayBeOfAnother(world, progress.lastFailure.code))
        expect(
          before.some((each) => !each.progress.lastFailure),
          'it was read well before',
        ).toBe(true);
      return;
    case 'cancelled':
      expect.unreachable('nobody cancels');
  }
}

/** What one gate asked may be refused for all that are read with it, which ends none of them. */
function mayBeOfAnother({ settlements }: GateWorld, code: string): boolean {
  return code === 'servicenow-bad-request' && new Set(settlements.map(({ approvalId }) => approvalId)).size > 1;
}

/** The poll that a settlement is by, and what it found of the gate's ticket, whole. */
function readingOf(
  { polls }: GateWorld,
  { at, end, progress }: Settlement,
  gate: Gate,
): { poll: Poll; fields: Fields } {
  const reading = end ? end.evidence.reading : progress.reading;
  const poll = polls.find(({ taskId }) => taskId === reading?.taskId);
  const ticket = poll && ticketIn(poll, gate);
  if (!reading || !poll || !ticket) return expect.unreachable('a reading of the ticket by a poll is there');
  expect(poll.endedAt).toBe(at);
  expect(reading).toMatchObject({ attempt: poll.attempt, delegateId: poll.delegateId });
  expect(reading.readAt).toBe(new Date(poll.endedAt).toISOString());
  const { fields, ...rest } = ticket;
  expect(reading.ticket).toMatchObject(rest);
  for (const [name, value] of Object.entries(reading.ticket.fields)) expect(fields[name]).toEqual(value);
  if (end) expect(end.evidence.decidedAt).toBe(new Date(at).toISOString());
  expect(progress.reading).toEqual(reading);
  // What is not in the evidence cannot have decided.
  return { poll, fields: reading.ticket.fields };
}

function ticketIn({ found }: Poll, { ticket }: Gate): Ticket | undefined {
  return 'tickets' in found ? found.tickets.find(({ sysId }) => sysId === sysIdOf(ticket)) : undefined;
}

/** A gate waits on after a good reading only if nothing in it decides. */
function checkWaiting(world: GateWorld, settlement: Settlement, gate: Gate): void {
  const { poll, fields } = readingOf(world, settlement, gate);
  if (gate.reject) expect(gate.reject.means(fields), 'what rejects does not hold').toBe(false);
  if (gate.approve.means(fields) === false) return;
  expect(gate.approve.means(fields)).toBe(true);
  expect(gate.hasWindow, 'only a window is waited for').toBe(true);
  const window = windowOf(fields);
  expect(window && window.startsAt > poll.begunAt, 'the window was not open yet').toBe(true);
  expect(settlement.at, 'and is not over').toBeLessThan(window?.endsAt ?? Number.NaN);
}

/** A decisive failure ends a gate that was never read well, or is the third in a row; noise between does not count. */
function checkFailures(world: GateWorld, settlement: Settlement, before: readonly Settlement[], gate: Gate): void {
  const { end, progress } = settlement;
  const code = end && 'failure' in end ? end.failure.code : '';
  expect(decisiveCodes).toContain(code);
  expect(codesAt(world, settlement, gate)).toContain(code);
  expect(progress.lastFailure?.code).toBe(code);
  // What two managers write at one instant has no order: a failure may be written over a good reading.
  const failedAt = new Set([...before, settlement].filter((each) => each.progress.lastFailure).map((each) => each.at));
  const ordered = before.filter((each) => each.progress.lastFailure || !failedAt.has(each.at));
  const earlier = ordered.map((each) => each.progress.lastFailure?.code);
  if (!earlier.includes(undefined)) return;
  const counted = earlier.filter((each) => each === undefined || decisiveCodes.has(each));
  expect(counted.slice(-2), 'three in a row').toHaveLength(2);
  expect(counted.slice(-2), 'three in a row').not.toContain(undefined);
}

/** The failures that the polls which ended then amount to for this gate. */
function codesAt({ polls }: GateWorld, { at }: Settlement, gate: Gate): string[] {
  return polls
    .filter(({ endedAt }) => endedAt === at)
    .flatMap((poll) => {
      const { found } = poll;
      if ('code' in found) return [found.code];
      const ticket = ticketIn(poll, gate);
      const isHidden = [sysIdOf(gate.ticket), numberOf(gate.ticket)].some((key) => found.hidden.includes(key));
      if (!ticket) return [isHidden ? 'ticket-unreadable' : 'ticket-not-found'];
      return ['criteria-unjudgeable', 'field-unknown'].filter((code) => isUnreadable(ticket.fields, gate, code));
    });
}

function isUnreadable(fields: Fields, gate: Gate, code: string): boolean {
  if (code === 'field-unknown') return columnsOf(gate).some((name) => !(name in fields));
  return gate.approve.means(fields) === 'unknown' || gate.reject?.means(fields) === 'unknown';
}

function columnsOf({ approve, reject, hasWindow }: Gate): string[] {
  const named = [...approve.fields, ...(reject?.fields ?? []), ...(hasWindow ? ['start_date', 'end_date'] : [])];
  return [...new Set(named)].sort();
}

interface Window {
  readonly startsAt: number;
  readonly endsAt: number;
}

function windowOf(fields: Fields): Window | undefined {
  const startsAt = timeOf(fields.start_date?.value ?? '');
  const endsAt = timeOf(fields.end_date?.value ?? '');
  return startsAt < endsAt ? { startsAt, endsAt } : undefined;
}

/** NaN, which is neither before nor after anything, of what is no moment. */
function timeOf(stored: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(stored)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return Number.NaN;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  return date.getUTCDate() === day ? date.getTime() : Number.NaN;
}

function isOpen(window: Window | undefined, at: number): boolean {
  return window !== undefined && window.startsAt <= at && at < window.endsAt;
}
