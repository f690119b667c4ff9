import { describe, expect, it } from 'vitest';
import type { Attempt, Earlier, Outcome } from '#protocol/task.ts';
import { afterAttempt } from '../../../manager/core/attempt-policy.ts';
import { tellOfChanges } from '../../../manager/core/unsettled.ts';
import { endedAttempt, failed, now, taskRecord } from './task-records.ts';

const cancelled: Outcome = { kind: 'cancelled', reason: 'not needed' };
const unknown = { kind: 'failed', failure: { code: 'outcome-unknown' } };

function ended(attempt: number, more: Partial<Attempt> = {}): Attempt {
  return { ...endedAttempt(attempt, 'a', failed('servicenow-reset')), ...more };
}

function recordOf(...attempts: Partial<Attempt>[]) {
  return taskRecord({ attempt: attempts.length, attempts: attempts.map((more, index) => ended(index + 1, more)) });
}

const changed = { sideEffect: true };
const clear = { earlier: 'none' } as const;
const told = { earlier: 'told' } as const;

describe('a task that is cancelled between attempts', () => {
  const cases: [string, Partial<Attempt>[], string][] = [
    ['before any attempt', [], 'cancelled'],
    ['after one that changed nothing', [{}], 'cancelled'],
    ['after one that may have changed something', [changed], 'failed'],
    ['after a later one that did not look', [changed, {}], 'failed'],
    ['after a later one that found nothing', [changed, clear], 'cancelled'],
    ['after a later one that found some of it', [changed, told], 'failed'],
    [
      'after one that found nothing and may have changed something itself',
      [changed, { ...changed, ...clear }],
      'failed',
    ],
    ['after one that did not look, once it was clear', [changed, clear, {}], 'cancelled'],
  ];
  it.each(cases)('%s is what its attempts prove', (_when, attempts, kind) => {
    expect(tellOfChanges(recordOf(...attempts), cancelled).kind).toBe(kind);
  });

  it('is told what may have been done, where to look and which part was done', () => {
    const partialResult = { rows: [], warnings: ['half'] };
    const outcome = failed('servicenow-reset');
    const half = { kind: 'failed', failure: { ...outcome.failure, partialResult } } as const;
    expect(tellOfChanges(recordOf({ ...changed, outcome: half }, {}), cancelled)).toMatchObject({
      kind: 'failed',
      failure: {
        code: 'outcome-unknown',
        message: expect.stringMatching(/attempt 1, at delegate a.*it failed.*not needed/),
        remedy: expect.stringContaining('ticketgate-tsk_1'),
        partialResult,
      },
    });
  });
});

describe('a task that ends with a plain failure', () => {
  const cases: [string, Earlier | undefined, unknown, string][] = [
    ['could not look', undefined, undefined, 'outcome-unknown'],
    ['could not look, whatever part it tells', undefined, { rows: [] }, 'outcome-unknown'],
    ['found nothing', 'none', undefined, 'servicenow-unauthenticated'],
    ['found something and does not tell it', 'told', undefined, 'outcome-unknown'],
    ['tells all that was done', 'told', { rows: [] }, 'servicenow-unauthenticated'],
  ];
  it.each(cases)('after an attempt that %s is what is known', (_how, earlier, partialResult, code) => {
    const { failure } = failed('servicenow-unauthenticated');
    const outcome = { kind: 'failed', failure: partialResult === undefined ? failure : { ...failure, partialResult } };
    const next = afterAttempt(recordOf(changed), outcome as Extract<Outcome, { kind: 'failed' }>, now, 0, earlier);
    expect(next).toMatchObject({ kind: 'finish', outcome: { failure: { code } } });
    if (partialResult !== undefined) expect(next).toMatchObject({ outcome: { failure: { partialResult } } });
  });

  it('names the reason, and its remedy, when a later attempt could not look', () => {
    const attempts = [changed, {}, {}, {}].map((more, index) => ended(index + 1, more));
    const next = afterAttempt(taskRecord({ attempts }), failed('servicenow-server-error'), now);
    expect(next).toMatchObject({
      outcome: {
        ...unknown,
        failure: { message: expect.stringContaining('it failed'), remedy: expect.stringContaining('do something') },
      },
    });
  });

  it('goes on while attempts are left', () => {
    expect(afterAttempt(recordOf(changed), failed('servicenow-server-error'), now).kind).toBe('retry');
  });
});

describe('the end of an attempt after one that may have changed something', () => {
  it.each([
    ['it was cancelled', { kind: 'cancelled' } as const, { cancelReason: 'x' }],
    ['it failed and was to be cancelled', failed('servicenow-timeout'), { cancelReason: 'x' }],
    ['the delegate stopped it', { kind: 'cancelled' } as const, {}],
  ])('is unknown when %s', (_how, outcome, change) => {
    const record = taskRecord({ attempts: [ended(1, changed)], ...change });
    expect(afterAttempt(record, outcome, now)).toMatchObject({ outcome: unknown });
    expect(afterAttempt(record, outcome, now, 0, 'none')).toMatchObject({ outcome: { kind: 'cancelled' } });
  });

  it('is a success when it succeeded', () => {
    const outcome = { kind: 'succeeded', result: 1 } as const;
    expect(afterAttempt(recordOf(changed), outcome, now)).toEqual({ kind: 'finish', outcome });
  });

  it('keeps what was done so far when no attempt is left to find out', () => {
    const partialResult = { rows: [], warnings: ['half'] };
    const attempts = [1, 2, 3, 4].map((n) => ended(n, changed));
    const { failure } = failed('servicenow-timeout');
    const half = { kind: 'failed', failure: { ...failure, partialResult } } as const;
    expect(afterAttempt(taskRecord({ attempts }), half, now, 75_000)).toMatchObject({
      outcome: { ...unknown, failure: { code: 'outcome-unknown', partialResult } },
    });
  });

  it('never makes a failure longer than the protocol allows', () => {
    const long = failed('servicenow-unauthenticated');
    const failure = { ...long.failure, message: 'm'.repeat(8_192), remedy: 'r'.repeat(4_096) };
    const next = afterAttempt(
      recordOf({ ...changed, outcome: { kind: 'failed', failure } }),
      { ...long, failure },
      now,
    );
    const told = next.kind === 'finish' && next.outcome.kind === 'failed' ? next.outcome.failure : undefined;
    expect([told?.message.length, told?.remedy.length]).toEqual([8_192, 4_096]);
  });
});
