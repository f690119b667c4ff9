import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import { holdsForAll, joinFailures } from '../../../delegate/servicenow/many-failures.ts';

const refused = failure('servicenow-aborted', 'a rule forbids it', 'obey');
const unknown = failure('outcome-unknown', 'it may be done', 'look');
const busy = failure('servicenow-rate-limited', 'too many', 'wait', 30_000);
const named = (failures: readonly (typeof refused | undefined)[]) =>
  failures.map((each, index) => ({ name: `row ${index + 1}`, failure: each }));

describe('one failure of several', () => {
  it.each([
    { failures: [refused, unknown, busy], leading: busy },
    { failures: [refused, unknown], leading: unknown },
    { failures: [refused, undefined], leading: refused },
  ])('is the first that may be repeated, else one that is unknown, else the first', ({ failures, leading }) => {
    const joined = joinFailures(named(failures), '2 of 5', { rows: [] });
    const { code, retry, remedy, retryAfterMs } = leading;
    expect(joined).toMatchObject({ code, retry, remedy, partialResult: { rows: [] } });
    expect(joined.retryAfterMs).toBe(retryAfterMs);
  });

  it('tells of each', () => {
    expect(joinFailures(named([refused, undefined]), '2 of 5', {}).message).toBe(
      '2 of 5: row 1: a rule forbids it; row 2: not tried',
    );
  });
});

describe('what holds for all', () => {
  it('is what concerns the instance, the log-in or the attempt, and not one record', () => {
    expect(holdsForAll(busy)).toBe(true);
    expect(holdsForAll(failure('servicenow-unauthenticated', '', ''))).toBe(true);
    expect(holdsForAll(refused)).toBe(false);
    expect(holdsForAll(failure('servicenow-server-error', '', ''))).toBe(false);
  });
});
