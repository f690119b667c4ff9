import type { Usage } from '#protocol/messages.ts';

/** What all delegates of an instance together have met there. Times are milliseconds since the epoch. */
export interface InstanceLoad {
  /** Nothing is begun before: ServiceNow answered 429. 0: it did not. */
  readonly pausedUntil: number;
  /** So many 429 without `Retry-After` in a row: each doubles the pause. */
  readonly strikes: number;
  /** The rate limit that answers tell of, with what we have asked for since it last began anew. */
  readonly window: { readonly limit: number; readonly endsAt: number; readonly used: number } | undefined;
}

export const unloaded: InstanceLoad = { pausedUntil: 0, strikes: 0, window: undefined };

/** Why a task of an instance is not begun now, and until when. */
export interface Hold {
  /** rate-limit: ServiceNow's own limit; full: so many of its tasks are under way as may be at once. */
  readonly kind: 'rate-limit' | 'full';
  readonly untilMs: number;
  readonly because: string;
}

/** What background work, the polls of gates, leaves of a rate limit to everybody else. */
const backgroundShare = 0.8;

/**
 * Decides whether a task may begin. Background work stops before a rate limit is used up; what people and pipelines wait
 * for stops only when ServiceNow says so, since a limit is counted per user and resource, and only ServiceNow knows which
 * of our requests it counted.
 */
export function judgeLoad(load: InstanceLoad, isBackground: boolean, now: number): Hold | undefined {
  const { pausedUntil, window } = load;
  if (pausedUntil > now)
    return { kind: 'rate-limit', untilMs: pausedUntil, because: 'ServiceNow answered 429 and is given a pause' };
  if (!isBackground || !window || window.endsAt <= now) return undefined;
  if (window.used < Math.floor(window.limit * backgroundShare)) return undefined;
  return {
    kind: 'rate-limit',
    untilMs: window.endsAt,
    because: `${window.used} of the ${window.limit} requests of its rate limit are used, and the rest is left to tasks that somebody waits for`,
  };
}

const firstPauseMs = 5_000;
const longestPauseMs = 300_000;
/** Any hop before the instance may ask for any wait: after this long, it is asked anew. */
const longestAskedMs = 3_600_000;

/** What an attempt told of its instance. */
export interface LoadNews {
  readonly requests: number;
  readonly rateLimit: Usage['rateLimit'];
  /** `retryAfterMs`: what ServiceNow asked for; its semaphores ask for nothing (trap 45). */
  readonly rateLimited: { readonly retryAfterMs: number | undefined } | undefined;
}

/** A change of an instance's load, as one atomic step in Redis can make it. */
export interface LoadChange {
  readonly used: number;
  readonly window: { readonly limit: number; readonly endsAt: number } | undefined;
  readonly pausedUntil: number | undefined;
  readonly strikes: number;
}

/** Decides what news changes; undefined when there is nothing worth a write. */
export function changeOf(load: InstanceLoad, news: LoadNews, now: number): LoadChange | undefined {
  const window = news.rateLimit && { limit: news.rateLimit.limit, endsAt: now + news.rateLimit.resetInMs };
  // Who is told of no limit uses up nobody's.
  const used = window ? news.requests : 0;
  if (!news.rateLimited) {
    // Whoever ended well during a pause began before it, or was a test of the connection.
    const strikes = load.pausedUntil > now ? load.strikes : 0;
    if (!window && strikes === load.strikes) return undefined;
    return { used, window, pausedUntil: undefined, strikes };
  }
  const { retryAfterMs } = news.rateLimited;
  if (retryAfterMs !== undefined)
    return { used, window, pausedUntil: now + Math.min(retryAfterMs, longestAskedMs), strikes: load.strikes };
  // Many attempts meet one full semaphore at once: that is one strike.
  if (load.pausedUntil > now) return { used, window, pausedUntil: undefined, strikes: load.strikes };
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** load.strikes);
  return { used, window, pausedUntil: now + pauseMs, strikes: load.strikes + 1 };
}
