import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullCheckMs, nextReadingAt, type Pace } from '../../../manager/core/poll-pace.ts';

const now = 1_000_000_000;
const minute = 60_000;
const pace: Pace = { intervalMs: minute, changedAt: undefined, opensAt: undefined, isFollowed: false };

describe('when a ticket is read next', () => {
  it.each<[string, Partial<Pace>, number]>([
    ['after its interval', {}, minute],
    ['as often as is asked', { intervalMs: 3_000 }, 3_000],
    ['every ten minutes while its changes are followed', { isFollowed: true }, fullCheckMs],
    [
      'not more often than is asked, though its changes are followed',
      { isFollowed: true, intervalMs: 86_400_000 },
      86_400_000,
    ],
    ['every ten seconds while something moves', { changedAt: now - 59_999 }, 10_000],
    [
      'every ten seconds while something moves, though its changes are followed',
      { changedAt: now, isFollowed: true },
      10_000,
    ],
    ['not less often than is asked while something moves', { changedAt: now, intervalMs: 3_000 }, 3_000],
    ['after its interval, a minute after something moved', { changedAt: now - minute }, minute],
    ['when its window opens', { opensAt: now + 1_500 }, 1_500],
    [
      'when its window opens, though its changes are followed',
      { opensAt: now + 5 * minute, isFollowed: true },
      5 * minute,
    ],
    ['after its interval, long before its window opens', { opensAt: now + 5 * minute }, minute],
    ['at once, but later than now, when its window opened during the reading', { opensAt: now - 500 }, 1],
    ['at once, but later than now, when its window opens now', { opensAt: now }, 1],
  ])('%s', (_what, change, afterMs) => {
    expect(nextReadingAt({ ...pace, ...change }, now) - now).toBe(afterMs);
  });

  it('is always later than now, and never later than the interval or the full check', () => {
    const at = fc.option(fc.integer({ min: now - 10 * minute, max: now + 90 * minute }), { nil: undefined });
    const any = fc.record({
      intervalMs: fc.integer({ min: 1, max: 86_400_000 }),
      changedAt: at,
      opensAt: at,
      isFollowed: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (of) => {
        const next = nextReadingAt(of, now);
        expect(next).toBeGreaterThan(now);
        expect(next - now).toBeLessThanOrEqual(of.isFollowed ? Math.max(of.intervalMs, fullCheckMs) : of.intervalMs);
        if (of.opensAt !== undefined) expect(next).toBeLessThanOrEqual(Math.max(of.opensAt, now + 1));
      }),
    );
  });
});
