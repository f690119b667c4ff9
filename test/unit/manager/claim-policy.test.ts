import { describe, expect, it } from 'vitest';
import { type ClaimDecision, decideClaim } from '../../../manager/core/claim-policy.ts';
import type { TaskRecord } from '../../../manager/core/task-record.ts';
import { assignment, endedAttempt, failed, now, taskRecord } from './task-records.ts';

const settleMs = 75_000;

function decide(record: TaskRecord | undefined, isHere = false): ClaimDecision {
  return decideClaim(record, { now, settleMs, isHere: () => isHere });
}

describe('what a manager does with a job that it claimed', () => {
  it('settles a job whose task it does not know', () => {
    expect(decide(undefined)).toEqual({ kind: 'settle' });
  });

  it('settles a job whose outcome is recorded, whoever recorded it', () => {
    const record = taskRecord({ outcome: { kind: 'cancelled', reason: 'x' }, assignment: assignment() });
    expect(decide(record)).toEqual({ kind: 'settle' });
  });

  it('assigns a fresh task as its first attempt, without looking first', () => {
    expect(decide(taskRecord())).toEqual({ kind: 'assign', attempt: 1, lookFirst: false, avoid: new Set() });
  });

  it('looks first when the caller gave an idempotency key', () => {
    const fresh = taskRecord();
    const record = { ...fresh, spec: { ...fresh.spec, lookFirst: true } };
    expect(decide(record)).toMatchObject({ kind: 'assign', lookFirst: true });
  });

  it('looks first on every later attempt, and tries the delegates that failed last', () => {
    const attempts = [endedAttempt(1, 'a.1', failed('servicenow-unreachable'))];
    expect(decide(taskRecord({ attempt: 1, attempts }))).toEqual({
      kind: 'assign',
      attempt: 2,
      lookFirst: true,
      avoid: new Set(['a.1']),
    });
  });

  it('adopts an assignment whose delegate is connected here, even after its lease', () => {
    const record = taskRecord({ attempt: 1, assignment: assignment({ leaseUntil: now - 1 }) });
    expect(decide(record, true)).toEqual({ kind: 'adopt', attempt: 1, delegateId: 'a.1' });
  });

  it.each([
    { type: 'ticket.create', leaseUntil: now + 10_000, expected: { kind: 'wait', untilMs: now + 10_000 + settleMs } },
    { type: 'ticket.create', leaseUntil: now - settleMs + 1, expected: { kind: 'wait', untilMs: now + 1 } },
    { type: 'ticket.create', leaseUntil: now - settleMs, expected: { kind: 'lost' } },
    { type: 'ticket.read', leaseUntil: now + 1, expected: { kind: 'wait', untilMs: now + 1 } },
    { type: 'ticket.read', leaseUntil: now, expected: { kind: 'lost' } },
  ] as const)(
    'waits out the lease, and for a side effect the settle time too: $type $leaseUntil',
    ({ type, leaseUntil, expected }) => {
      expect(decide(taskRecord({ type, attempt: 1, assignment: assignment({ leaseUntil }) }))).toEqual(expected);
    },
  );

  it('waits for the time that the last failure asked for', () => {
    expect(decide(taskRecord({ attempt: 1, notBefore: now + 5 }))).toEqual({ kind: 'wait', untilMs: now + 5 });
    expect(decide(taskRecord({ attempt: 1, notBefore: now })).kind).toBe('assign');
  });

  it('expires a task whose deadline is over and that nobody has', () => {
    expect(decide(taskRecord({ deadlineAt: now }))).toEqual({ kind: 'expire' });
  });

  it('expires a task that nobody took in time, though somebody could now', () => {
    const fresh = taskRecord();
    const late = { ...fresh, spec: { ...fresh.spec, pickUpBy: now } };
    expect(decide(late)).toEqual({ kind: 'expire' });
    expect(decide({ ...late, attempt: 1 }).kind).toBe('assign');
  });

  it('does not expire a task that a delegate may still have', () => {
    expect(decide(taskRecord({ deadlineAt: now, attempt: 1, assignment: assignment() })).kind).toBe('wait');
  });
});
