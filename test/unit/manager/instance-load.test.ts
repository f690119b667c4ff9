import { describe, expect, it } from 'vitest';
import {
  changeOf,
  type InstanceLoad,
  judgeLoad,
  type LoadNews,
  unloaded,
} from '../../../manager/core/instance-load.ts';

const now = 1_000_000;
const used = (count: number, endsAt = now + 60_000): InstanceLoad => ({
  ...unloaded,
  window: { limit: 100, endsAt, used: count },
});
const paused: InstanceLoad = { ...unloaded, pausedUntil: now + 1 };

describe('whether a task of an instance may begin', () => {
  it.each([
    { because: 'nothing is known', load: unloaded, interactive: 'begins', background: 'begins' },
    { because: 'it answered 429', load: paused, interactive: 'waits', background: 'waits' },
    {
      because: 'the pause is over',
      load: { ...paused, pausedUntil: now },
      interactive: 'begins',
      background: 'begins',
    },
    { because: 'four fifths of the limit are not used', load: used(79), interactive: 'begins', background: 'begins' },
    { because: 'four fifths of the limit are used', load: used(80), interactive: 'begins', background: 'waits' },
    { because: 'all of it is used by our own count', load: used(120), interactive: 'begins', background: 'waits' },
    { because: 'the limit began anew', load: used(120, now), interactive: 'begins', background: 'begins' },
  ])(
    'when $because: what somebody waits for $interactive, a poll $background (trap 45)',
    ({ load, interactive, background }) => {
      const told = (isBackground: boolean) => (judgeLoad(load, isBackground, now) ? 'waits' : 'begins');
      expect({ interactive: told(false), background: told(true) }).toEqual({ interactive, background });
    },
  );

  it('says until when, and why', () => {
    expect(judgeLoad(used(80), true, now)).toEqual({
      kind: 'rate-limit',
      untilMs: now + 60_000,
      because: expect.stringContaining('80 of the 100 requests of its rate limit are used'),
    });
    expect(judgeLoad(paused, false, now)).toMatchObject({ untilMs: now + 1, because: expect.stringContaining('429') });
  });
});

describe('what an attempt tells of its instance', () => {
  const quiet: LoadNews = { requests: 3, rateLimit: undefined, rateLimited: undefined };
  const bare: LoadNews = { ...quiet, rateLimited: { retryAfterMs: undefined } };

  it('is not worth a write when there is neither a limit nor a 429', () => {
    expect(changeOf(unloaded, quiet, now)).toBeUndefined();
    expect(changeOf(used(5, now), quiet, now)).toBeUndefined();
  });

  it('of a user without any limit uses up no other user’s (trap 45)', () => {
    expect(changeOf(used(5), quiet, now)).toBeUndefined();
    expect(changeOf(used(5), bare, now)).toMatchObject({ used: 0 });
  });

  it('is counted against a limit that its answers tell of', () => {
    const window = { limit: 100, resetInMs: 60_000 };
    expect(changeOf(unloaded, { ...quiet, rateLimit: window }, now)).toMatchObject({
      used: 3,
      window: { limit: 100, endsAt: now + 60_000 },
    });
  });

  it('pauses for as long as Retry-After says', () => {
    const news = { ...quiet, rateLimited: { retryAfterMs: 1_800_000 } };
    expect(changeOf(unloaded, news, now)).toMatchObject({ pausedUntil: now + 1_800_000, strikes: 0 });
  });

  it('pauses for an hour at most, whatever any hop asks for (trap 45)', () => {
    const news = { ...quiet, rateLimited: { retryAfterMs: 86_400_000 } };
    expect(changeOf(unloaded, news, now)).toMatchObject({ pausedUntil: now + 3_600_000 });
  });

  it.each([
    [0, 5_000],
    [1, 10_000],
    [2, 20_000],
    [9, 300_000],
  ])('pauses after %i such in a row for %i ms where a 429 has no headers (trap 45)', (strikes, pauseMs) => {
    expect(changeOf({ ...unloaded, strikes }, bare, now)).toMatchObject({
      pausedUntil: now + pauseMs,
      strikes: strikes + 1,
    });
  });

  it('is one strike, however many attempts meet one full semaphore', () => {
    expect(changeOf({ ...paused, strikes: 1 }, bare, now)).toMatchObject({ pausedUntil: undefined, strikes: 1 });
  });

  it('ends the strikes when it went well after the pause, and not when it began before it', () => {
    expect(changeOf({ ...unloaded, strikes: 3 }, quiet, now)).toMatchObject({ strikes: 0 });
    expect(changeOf({ ...paused, strikes: 3 }, quiet, now)).toBeUndefined();
  });
});
