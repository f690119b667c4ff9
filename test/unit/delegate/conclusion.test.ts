import { describe, expect, it } from 'vitest';
import { type FailureCode, failure } from '#protocol/failure.ts';
import { concludeResult, concludeUnsettled, type StopReason } from '../../../delegate/core/conclusion.ts';
import { created } from './fixtures.ts';

const stops: (StopReason | undefined)[] = [undefined, 'timed-out', 'cancelled', 'superseded', 'draining'];

describe('what is reported of an attempt', () => {
  it.each(stops)('is its success, however it was stopped (%s)', (stop) => {
    expect(concludeResult(created, stop)).toMatchObject({ outcome: { kind: 'succeeded' }, sideEffect: true });
  });

  const cases: [FailureCode, boolean, StopReason | undefined, string][] = [
    ['servicenow-reset', false, undefined, 'servicenow-reset'],
    ['servicenow-reset', false, 'timed-out', 'task-timeout'],
    ['servicenow-reset', false, 'cancelled', 'cancelled'],
    ['servicenow-reset', false, 'superseded', 'lease-lost'],
    ['servicenow-reset', false, 'draining', 'delegate-draining'],
    ['servicenow-unauthenticated', false, 'timed-out', 'servicenow-unauthenticated'],
    ['servicenow-unauthenticated', false, 'cancelled', 'cancelled'],
    ['servicenow-unauthenticated', false, 'draining', 'servicenow-unauthenticated'],
    ['servicenow-reset', true, 'timed-out', 'outcome-unknown'],
    ['lease-lost', true, 'timed-out', 'outcome-unknown'],
    ['field-ignored', true, 'timed-out', 'field-ignored'],
    ['outcome-unknown', true, 'cancelled', 'outcome-unknown'],
    ['servicenow-reset', true, 'draining', 'servicenow-reset'],
  ];
  it.each(cases)('for %s, side effect %s, stopped by %s, is %s', (code, sideEffect, stop, expected) => {
    const { outcome, ...rest } = concludeResult({ kind: 'failed', failure: failure(code, 'm', 'r'), sideEffect }, stop);
    expect(outcome.kind === 'failed' ? outcome.failure.code : outcome.kind).toBe(expected);
    expect(rest.sideEffect).toBe(sideEffect);
  });

  it('keeps what was done so far when its time to run was over', () => {
    const partialResult = { rows: [], warnings: ['half'] };
    const reason = { ...failure('servicenow-reset', 'm', 'r'), partialResult };
    expect(concludeResult({ kind: 'failed', failure: reason, sideEffect: true }, 'timed-out')).toMatchObject({
      outcome: { failure: { code: 'outcome-unknown', partialResult } },
    });
  });

  it.each(stops)('keeps what it found of earlier attempts, however it was stopped (%s)', (stop) => {
    const reason = failure('servicenow-reset', 'm', 'r');
    const conclusion = concludeResult({ kind: 'failed', failure: reason, sideEffect: false, earlier: 'none' }, stop);
    expect(conclusion.earlier).toBe('none');
  });

  it('is unknown for a task with side effects whose handler did not say how it ended', () => {
    expect(concludeUnsettled('ticket.create', 'cancelled')).toMatchObject({
      outcome: { failure: { code: 'outcome-unknown' } },
      sideEffect: true,
    });
  });

  it('is the stop itself for a read whose handler did not say how it ended', () => {
    expect(concludeUnsettled('ticket.read', 'cancelled')).toEqual({
      outcome: { kind: 'cancelled' },
      sideEffect: false,
    });
  });
});
