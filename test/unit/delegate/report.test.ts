import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFromDelegate } from '#protocol/codec.ts';
import type { AttemptOutcome } from '#protocol/task.ts';
import { composeReport, type EncodedReport, replaceTooLarge } from '../../../delegate/core/report.ts';
import { key } from './fixtures.ts';

const notJson = 'The result cannot be sent: it is not JSON';

/** What the manager reads of a report. */
function readBy(composed: EncodedReport) {
  const decoded = decodeFromDelegate(composed.frame);
  if ('fault' in decoded) throw new Error(decoded.fault);
  return decoded.message;
}

function compose(outcome: unknown, { sideEffect = false, notes = [] as string[] } = {}) {
  return composeReport(key('task-1'), { outcome: outcome as AttemptOutcome, sideEffect }, notes);
}

describe('a report', () => {
  it('is encoded and measured once', () => {
    const composed = compose({ kind: 'succeeded', result: { text: 'é\u{1f511}' } }, { notes: ['posted'] });
    expect(composed).toMatchObject({ key: key('task-1'), ending: { kind: 'succeeded' }, sideEffect: false });
    expect(composed.bytes).toBe(Buffer.byteLength(composed.frame));
    expect(readBy(composed)).toEqual({
      type: 'task.report',
      ...key('task-1'),
      outcome: { kind: 'succeeded', result: { text: 'é\u{1f511}' } },
      sideEffect: false,
      notes: ['posted'],
    });
  });

  it('is cut to what the protocol allows', () => {
    const long = 'é'.repeat(20_000);
    const failure = { code: 'ticket-not-found', message: long, remedy: long, retry: 'never' };
    const composed = compose({ kind: 'failed', failure }, { notes: Array.from({ length: 200 }, () => long) });
    const read = readBy(composed);
    expect(read).toMatchObject({ outcome: { failure: { code: 'ticket-not-found' } } });
    expect(read).toHaveProperty('notes.length', 100);
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each([
    ['a big integer in the result', { kind: 'succeeded', result: { count: 1n } }, notJson],
    ['a result that contains itself', { kind: 'succeeded', result: cycle }, notJson],
    ['a result that is missing', { kind: 'succeeded', result: undefined }, notJson],
    ['a result that is a function', { kind: 'succeeded', result: () => {} }, notJson],
    ['a result that writes itself as nothing', { kind: 'succeeded', result: { toJSON: () => undefined } }, notJson],
    [
      'a failure with an unknown code',
      { kind: 'failed', failure: { code: 'no-such-code', message: '', remedy: '', retry: 'never' } },
      /cannot be sent: \/outcome/,
    ],
    [
      'a failure that lacks a part',
      { kind: 'failed', failure: { code: 'outcome-unknown', message: '', remedy: '' } },
      /cannot be sent: \/outcome/,
    ],
    [
      'a pause that is no number',
      {
        kind: 'failed',
        failure: { code: 'servicenow-rate-limited', message: '', remedy: '', retry: 'never', retryAfterMs: Number.NaN },
      },
      /cannot be sent: \/outcome/,
    ],
  ])('tells of a fault of the delegate in the place of %s', (_what, outcome, message) => {
    const composed = compose(outcome, { sideEffect: true, notes: ['posted'] });
    expect(readBy(composed)).toMatchObject({
      outcome: { failure: { code: 'delegate-fault', message: expect.stringMatching(message) } },
      sideEffect: true,
      notes: ['posted'],
    });
  });

  it('is read by the manager, whatever a handler ends with', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
    fc.assert(
      fc.property(anything, fc.boolean(), fc.array(fc.string({ unit: 'binary' })), (result, sideEffect, notes) => {
        expect(readBy(compose({ kind: 'succeeded', result }, { sideEffect, notes }))).toMatchObject({ sideEffect });
      }),
    );
  });
});

describe('a report that no frame can hold', () => {
  const notes = ['x'.repeat(1_000)];

  it('is said without its notes when it tells of a failure', () => {
    const failure = { code: 'outcome-unknown', message: 'm', remedy: 'r', retry: 'unknown-outcome' };
    const composed = compose({ kind: 'failed', failure }, { sideEffect: true, notes });
    expect(readBy(replaceTooLarge(composed, 500))).toMatchObject({
      outcome: { kind: 'failed', failure },
      sideEffect: true,
      notes: [],
    });
  });

  it('is said without the part that was done when it tells of a failure, and says so', () => {
    const partialResult = { rows: 'x'.repeat(2_000) };
    const failure = { code: 'import-row-failed', message: 'a row failed', remedy: 'r', retry: 'never', partialResult };
    const composed = compose({ kind: 'failed', failure }, { sideEffect: true, notes });
    const fitting = replaceTooLarge(composed, 500);
    expect(fitting.bytes).toBeLessThan(500);
    const said = `What was done so far is left out: the report has ${composed.bytes} bytes and a frame at most 500. a row failed`;
    const { partialResult: _left, ...rest } = failure;
    expect(readBy(fitting)).toMatchObject({ outcome: { failure: { ...rest, message: said } }, sideEffect: true });
    expect(fitting.frame).not.toContain('partialResult');
  });

  it('is said without its notes when it tells of a cancel', () => {
    const composed = compose({ kind: 'cancelled' }, { notes });
    expect(readBy(replaceTooLarge(composed, 500))).toMatchObject({ outcome: { kind: 'cancelled' }, notes: [] });
  });
});
