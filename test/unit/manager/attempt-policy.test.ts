import { describe, expect, it } from 'vitest';
import { type FailureCode, failure, failureVerdicts } from '#protocol/failure.ts';
import { afterAttempt, afterLoss, checkResult, lostAttempt } from '../../../manager/core/attempt-policy.ts';
import { assignment, endedAttempt, failed, now, taskRecord } from './task-records.ts';

describe('what follows an attempt', () => {
  it('ends the task with the success of its attempt', () => {
    const outcome = { kind: 'succeeded', result: 1 } as const;
    expect(afterAttempt(taskRecord(), outcome, now)).toEqual({ kind: 'finish', outcome });
  });

  const codes = Object.keys(failureVerdicts) as FailureCode[];
  it.each(codes.filter((code) => ['never', 'unknown-outcome'].includes(failureVerdicts[code])))(
    'never repeats after %s',
    (code) => {
      expect(afterAttempt(taskRecord(), failed(code), now)).toEqual({ kind: 'finish', outcome: failed(code) });
    },
  );

  it.each(codes.filter((code) => ['same-delegate', 'other-delegate'].includes(failureVerdicts[code])))(
    'tries again after %s',
    (code) => {
      expect(afterAttempt(taskRecord(), failed(code), now).kind).toBe('retry');
    },
  );

  it('waits longer each time, and as long as ServiceNow asked', () => {
    const attempts = [1, 2].map((n) => endedAttempt(n, 'a', failed('servicenow-timeout')));
    const record = taskRecord({ attempts });
    expect(afterAttempt(record, failed('servicenow-timeout'), now)).toEqual({ kind: 'retry', afterMs: 4_000 });
    expect(afterAttempt(record, failed('servicenow-rate-limited', 120_000), now)).toEqual({
      kind: 'retry',
      afterMs: 120_000,
    });
  });

  it('waits until a side effect that may still be under way is over', () => {
    expect(afterAttempt(taskRecord(), failed('delegate-fault'), now, 75_000)).toEqual({
      kind: 'retry',
      afterMs: 75_000,
    });
  });

  it('fails when the attempts are used up', () => {
    const attempts = [1, 2, 3, 4].map((n) => endedAttempt(n, 'a', failed('servicenow-timeout')));
    const outcome = failed('servicenow-timeout');
    expect(afterAttempt(taskRecord({ attempts }), outcome, now)).toEqual({ kind: 'finish', outcome });
  });

  it('does not count a delegate that declined as an attempt that failed', () => {
    const attempts = [1, 2, 3, 4, 5].map((n) => endedAttempt(n, 'a', failed('delegate-full')));
    expect(afterAttempt(taskRecord({ attempts }), failed('delegate-full'), now)).toEqual({
      kind: 'retry',
      afterMs: 10_000,
    });
    expect(afterAttempt(taskRecord(), failed('delegate-full'), now)).toEqual({ kind: 'retry', afterMs: 1_000 });
  });

  it('fails at once when the wait would outlast the deadline', () => {
    const record = taskRecord({ deadlineAt: now + 500 });
    expect(afterAttempt(record, failed('servicenow-timeout'), now).kind).toBe('finish');
  });

  it('calls it expired when the deadline is over', () => {
    const next = afterAttempt(taskRecord({ deadlineAt: now }), failed('task-timeout'), now);
    expect(next).toMatchObject({ kind: 'finish', outcome: { kind: 'expired' } });
  });

  it('calls it cancelled when it was to be cancelled, whatever else went wrong', () => {
    const record = taskRecord({ cancelReason: 'a person did' });
    const outcome = { kind: 'cancelled', reason: 'a person did' };
    expect(afterAttempt(record, failed('servicenow-timeout'), now)).toEqual({ kind: 'finish', outcome });
    expect(afterAttempt(record, { kind: 'cancelled' }, now)).toEqual({ kind: 'finish', outcome });
  });

  it('tells of an outcome that is unknown, though it was to be cancelled', () => {
    const outcome = failed('outcome-unknown');
    expect(afterAttempt(taskRecord({ cancelReason: 'x' }), outcome, now)).toEqual({ kind: 'finish', outcome });
  });

  it('keeps the success of a task that was to be cancelled too late', () => {
    const outcome = { kind: 'succeeded', result: 1 } as const;
    expect(afterAttempt(taskRecord({ cancelReason: 'x' }), outcome, now)).toEqual({ kind: 'finish', outcome });
  });

  it('never hides behind a lost delegate that something may have been changed', () => {
    const used = { attempts: [1, 2, 3, 4].map((n) => endedAttempt(n, 'a', failed('delegate-lost'))) };
    const lost = failed('delegate-lost');
    expect(afterLoss(taskRecord(used), lost, now)).toMatchObject({ outcome: { failure: { code: 'outcome-unknown' } } });
    expect(afterLoss(taskRecord({ cancelReason: 'x' }), lost, now)).toMatchObject({
      outcome: { kind: 'failed', failure: { code: 'outcome-unknown' } },
    });
    const read = taskRecord({ ...used, type: 'ticket.read' });
    expect(afterLoss(read, lost, now)).toMatchObject({ outcome: { failure: { code: 'delegate-lost' } } });
    expect(afterLoss(taskRecord(), lost, now).kind).toBe('retry');
  });

  it.each([
    {
      because: 'attempts are used up',
      change: { attempts: [1, 2, 3, 4].map((n) => endedAttempt(n, 'a', failed('servicenow-timeout'))) },
    },
    { because: 'the deadline is over', change: { deadlineAt: now } },
    { because: 'the wait would outlast the deadline', change: { deadlineAt: now + 1_000 } },
    { because: 'it is to be cancelled', change: { cancelReason: 'x' } },
  ])('says outcome unknown of what may have been changed when $because', ({ change }) => {
    const next = afterAttempt(taskRecord(change), failed('servicenow-timeout'), now, 75_000);
    expect(next).toMatchObject({ kind: 'finish', outcome: { kind: 'failed', failure: { code: 'outcome-unknown' } } });
  });

  it('tells what ServiceNow refused after a part was done, though it was to be cancelled', () => {
    const outcome = failed('field-ignored');
    const next = afterAttempt(taskRecord({ cancelReason: 'x' }), outcome, now, 75_000);
    expect(next).toEqual({ kind: 'finish', outcome });
  });

  it('ends the attempt of a lost delegate with its name and the time', () => {
    const lost = lostAttempt(taskRecord({ attempt: 1, assignment: assignment() }), now);
    expect(lost).toMatchObject({ attempt: 1, delegateName: 'a', outcome: { failure: { code: 'delegate-lost' } } });
    expect(lostAttempt(taskRecord(), now)).toBeUndefined();
  });
});

describe('what a delegate reports of a failure', () => {
  const base = failure('import-row-failed', 'a row failed', 'look at it');
  const report = (partialResult: unknown) =>
    checkResult('import-set.load', { kind: 'failed', failure: { ...base, partialResult } });

  it('keeps a partial result that has the form of its type', () => {
    const partialResult = { rows: [], warnings: ['half'] };
    expect(report(partialResult)).toEqual({ kind: 'failed', failure: { ...base, partialResult } });
  });

  it.each([[null], ['text'], [{ rows: 'none', warnings: [] }], [{ rows: [{ row: 0 }], warnings: [] }]])(
    'drops the partial result %j, and keeps the failure',
    (partialResult) => {
      expect(report(partialResult)).toEqual({ kind: 'failed', failure: base });
    },
  );

  it('stays as it is without one', () => {
    expect(checkResult('ticket.create', { kind: 'failed', failure: base })).toEqual({ kind: 'failed', failure: base });
  });
});
