import { describe, expect, it } from 'vitest';
import { afterTry, delayAfter, judgeStatus, mostTries } from '../../../manager/core/delivery-policy.ts';
import { type Delivery, newDelivery, renewed } from '../../../manager/core/delivery-record.ts';

const hour = 3_600_000;
const failed = { kind: 'failed' } as const;

describe('the policy of deliveries', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [301, 'failed'],
    [400, 'failed'],
    [404, 'failed'],
    [410, 'never'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
  ])('takes %i for %s', (status, verdict) => {
    expect(judgeStatus(status)).toBe(verdict);
  });

  it('tries for about a day, the first times soon, then seldom', () => {
    const delays = Array.from({ length: mostTries }, (_, index) => delayAfter(index + 1, 0.5));
    expect(delays.slice(0, 3)).toEqual([5_000, 30_000, 120_000]);
    expect(delays.at(-1)).toBeUndefined();
    const total = delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0);
    expect(total).toBeGreaterThan(23 * hour);
    expect(total).toBeLessThanOrEqual(24 * hour);
    expect(delays).toEqual([...delays].sort((a, b) => (a ?? Infinity) - (b ?? Infinity)));
  });

  it('spreads what failed together by a fifth, to either side', () => {
    expect([delayAfter(1, 0), delayAfter(1, 1)]).toEqual([4_000, 6_000]);
  });

  it('waits for as long as the target asks, within an hour, and never less than it would', () => {
    expect(delayAfter(1, 0.5, 60_000)).toBe(60_000);
    expect(delayAfter(1, 0.5, 86_400_000)).toBe(hour);
    expect(delayAfter(7, 0.5, 1_000)).toBe(2 * hour);
  });

  it('gives up after the last try, and says after how many', () => {
    let delivery = newDelivery('webhook', 0);
    for (let n = 1; n < mostTries; n += 1) {
      delivery = afterTry(delivery, failed, 1_000, 0.5);
      expect(delivery).toMatchObject({ state: 'waiting', failures: n, revision: n });
    }
    expect(afterTry(delivery, failed, 1_000, 0.5)).toMatchObject({
      state: 'given-up',
      because: `${mostTries} tries in about a day failed`,
    });
  });

  it('keeps the task of a note while it is under way, and takes another one after it has ended without the note', () => {
    const asked = afterTry(newDelivery('work-notes', 0), { kind: 'later', lookAgainMs: 500, taskId: 't1' }, 10, 0.5);
    expect(asked).toMatchObject({ state: 'waiting', nextTryAt: 510, failures: 0, round: 0, taskId: 't1' });
    const again = afterTry(asked, { kind: 'failed', isTaskOver: true }, 20, 0.5);
    expect(again).toMatchObject({ failures: 1, round: 1 });
    expect(again.taskId).toBeUndefined();
  });

  it('keeps the task of a note of which it could not be found out what became', () => {
    const asked = afterTry(newDelivery('work-notes', 0), { kind: 'later', lookAgainMs: 500, taskId: 't1' }, 10, 0.5);
    expect(afterTry(asked, failed, 20, 0.5)).toMatchObject({ failures: 1, round: 0, taskId: 't1' });
  });

  it('begins anew when somebody asks, and with a task that was not used before', () => {
    const given: Delivery = { ...newDelivery('work-notes', 0), state: 'given-up', failures: 12, round: 3, revision: 9 };
    expect(renewed(given, 99)).toEqual({
      kind: 'work-notes',
      state: 'waiting',
      revision: 10,
      failures: 0,
      nextTryAt: 99,
      round: 3,
    });
  });
});
