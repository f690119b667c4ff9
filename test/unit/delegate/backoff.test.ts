import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedialPolicy } from '../../../delegate/link/backoff.ts';

const bounds = { redialMinMs: 250, redialMaxMs: 15_000, redialSlowMs: 60_000 };

describe('the redial policy', () => {
  it('doubles from the shortest wait to the longest', () => {
    const redial = createRedialPolicy(() => 0, bounds);
    const waits = [];
    for (let failures = 0; failures < 8; ) {
      const next = redial({ after: 'redial', lastedMs: 0, failures });
      waits.push(next.waitMs);
      failures = next.failures;
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500]);
  });

  it('never waits shorter than the shortest or longer than the longest, whatever the jitter', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999_999, noNaN: true }), fc.nat({ max: 5_000 }), (random, failures) => {
        const { waitMs } = createRedialPolicy(() => random, bounds)({ after: 'redial', lastedMs: 0, failures });
        return waitMs >= bounds.redialMinMs && waitMs <= bounds.redialMaxMs;
      }),
    );
  });

  it('begins anew after a session that lasted as long as the longest wait', () => {
    const redial = createRedialPolicy(() => 0, bounds);
    expect(redial({ after: 'redial', lastedMs: 15_000, failures: 9 })).toEqual({ waitMs: 250, failures: 1 });
    expect(redial({ after: 'redial', lastedMs: 14_999, failures: 9 }).waitMs).toBe(7_500);
  });

  it('takes the longest wait that a welcome gave in the place of its own, for the waits and for what lasted', () => {
    const redial = createRedialPolicy(() => 0.999_999, bounds);
    const history = { after: 'redial', failures: 9, redialMaxMs: 1_000 } as const;
    expect(redial({ ...history, lastedMs: 0 }).waitMs).toBeCloseTo(1_000, 1);
    expect(redial({ ...history, lastedMs: 999 }).failures).toBe(10);
    expect(redial({ ...history, lastedMs: 1_000 })).toMatchObject({ failures: 1 });
    expect(redial({ ...history, redialMaxMs: undefined, lastedMs: 0 }).waitMs).toBeCloseTo(15_000, 1);
  });

  it.each([0, 0.999_999])('waits no shorter than the shortest when the longest is the same (jitter %d)', (random) => {
    const redial = createRedialPolicy(() => random, bounds);
    expect(redial({ after: 'redial', lastedMs: 0, failures: 3, redialMaxMs: 250 }).waitMs).toBe(250);
  });

  it('redials slowly, with jitter, after a close that needs a person', () => {
    const history = { after: 'redial-slowly', lastedMs: 0, failures: 3 } as const;
    expect(createRedialPolicy(() => 0, bounds)(history)).toEqual({ waitMs: 60_000, failures: 3 });
    expect(createRedialPolicy(() => 0.5, bounds)(history).waitMs).toBe(67_500);
  });
});
