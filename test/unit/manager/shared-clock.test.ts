import { describe, expect, it } from 'vitest';
import { SharedClock } from '../../../manager/redis/shared-clock.ts';

describe('the clock that managers share', () => {
  it.each([
    { redis: 10_050, askedAt: 10_000, answeredAt: 10_100, ahead: 0 },
    { redis: 14_050, askedAt: 10_000, answeredAt: 10_100, ahead: 4_000 },
    { redis: 6_050, askedAt: 10_000, answeredAt: 10_100, ahead: -4_000 },
  ])('is ahead of the machine by $ahead ms when Redis says $redis', ({ redis, askedAt, answeredAt, ahead }) => {
    const clock = new SharedClock({ now: () => answeredAt, setTimer: () => () => {} });
    expect(clock.now()).toBe(answeredAt);
    expect(clock.adjust(redis, askedAt)).toBe(ahead);
    expect(clock.now()).toBe(answeredAt + ahead);
    expect(clock.ownNow()).toBe(answeredAt);
  });
});
