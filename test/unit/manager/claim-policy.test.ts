import { describe, expect, it } from 'vitest';
import { type ClaimDecision, decideClaim, decideLease } from '../../../manager/core/claim-policy.ts';
import type { TaskRecord } from '../../../manager/core/task-record.ts';
import { assignment, endedAttempt, failed, now, taskRecord } from './task-records.ts';

const settleMs = 75_000;

function decide(record: TaskRecord | undefined, attempt = (record?.attempt ?? 0) + 1): ClaimDecision {
  return decideClaim(record, attempt, now);
}

describe('what a manager does with a job that it claimed', () => {
  it.each([
    { of: 'a task that it does not know', record: undefined },
    { of: 'a task that has ended', record: taskRecord({ outcome: { kind: 'cancelled', reason: 'x' } }) },
    { of: 'a task that somebody has', record: taskRecord({ attempt: 1, assignment: assignment() }), attempt: 2 },
    { of: 'an attempt that was made already', record: taskRecord({ attempt: 2 }), attempt: 2 },
  ])('ends the job of $of', ({ record, attempt }) => {
    expect(decide(record, attempt)).toEqual({ kind: 'done' });
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
});

describe('what is done with a lease that is said to be over', () => {
  it.each([
    { type: 'ticket.create', leaseUntil: now + 10_000, expected: { kind: 'later', atMs: now + 10_000 + settleMs } },
    { type: 'ticket.create', leaseUntil: now - settleMs + 1, expected: { kind: 'later', atMs: now + 1 } },
    { type: 'ticket.create', leaseUntil: now - settleMs, expected: { kind: 'lost' } },
    { type: 'ticket.read', leaseUntil: now + 1, expected: { kind: 'later', atMs: now + 1 } },
    { type: 'ticket.read', leaseUntil: now, expected: { kind: 'lost' } },
  ] as const)('waits out the settle time of a side effect: $type $leaseUntil', ({ type, leaseUntil, expected }) => {
    const record = taskRecord({ type, attempt: 1, assignment: assignment({ leaseUntil }) });
    expect(decideLease(record, now, settleMs)).toEqual(expected);
  });

  it.each([
    { of: 'a task that is gone', record: undefined },
    { of: 'a task that has ended', record: taskRecord({ outcome: { kind: 'cancelled', reason: 'x' } }) },
    { of: 'a task that nobody has', record: taskRecord({ attempt: 1 }) },
  ])('forgets that of $of', ({ record }) => {
    expect(decideLease(record, now, settleMs)).toEqual({ kind: 'forget' });
  });
});
