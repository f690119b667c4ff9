import { describe, expect, it } from 'vitest';
import { ChangeFeed } from '../../../manager/core/change-feed.ts';
import type { Notice } from '../../../manager/core/waiters.ts';
import { ManualClock } from '../delegate/manual-clock.ts';

const never = new AbortController().signal;

function startWorld({ most = 2 } = {}) {
  const time = new ManualClock();
  const clock = {
    now: () => time.monotonicMs(),
    setTimer: (ms: number, callback: () => void) => time.setTimer(ms, callback),
  };
  const listeners = new Set<(notice: Notice) => void>();
  const subscribe = (listener: (notice: Notice) => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const say = (notice: Notice) => {
    for (const listener of listeners) listener(notice);
  };
  return { feed: new ChangeFeed({ notices: { subscribe }, clock, most }), time, listeners, say };
}

async function settle(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
}

const started = (approvalId: string): Notice => ({ kind: 'approval-started', approvalId });

describe('the feed of changes', () => {
  it('begins with nothing, tells a change at once, and those that follow within half a second together', async () => {
    const { feed, time, say } = startWorld();
    const changes = feed.follow(never);
    expect(await changes.next()).toEqual({ value: undefined, done: false });
    const first = changes.next();
    say(started('apr_1'));
    expect((await first).value).toEqual({ topics: ['approvals'], ids: ['apr_1'] });
    const second = changes.next();
    say(started('apr_2'));
    say({ kind: 'fleet-changed' });
    await settle();
    time.advance(499);
    say(started('apr_3'));
    await settle();
    time.advance(1);
    expect((await second).value).toEqual({ topics: ['delegates', 'approvals', 'system'], ids: ['apr_2', 'apr_3'] });
    await changes.return();
  });

  it('tells a reader that was slow what it missed, as one', async () => {
    const { feed, time, say } = startWorld();
    const changes = feed.follow(never);
    await changes.next();
    for (let n = 0; n < 100; n += 1) say(started(`apr_${n}`));
    say({ kind: 'fleet-changed' });
    expect((await changes.next()).value).toEqual({ topics: ['delegates', 'approvals', 'system'] });
    const next = changes.next();
    time.advance(500);
    await settle();
    say(started('apr_x'));
    expect((await next).value).toEqual({ topics: ['approvals'], ids: ['apr_x'] });
    await changes.return();
  });

  it('listens once for all readers, and only while there is one', async () => {
    const { feed, time, listeners } = startWorld();
    const [one, other] = [feed.follow(never), feed.follow(never)];
    expect(listeners.size).toBe(0);
    await Promise.all([one.next(), other.next()]);
    expect(listeners.size).toBe(1);
    await one.return();
    expect(listeners.size).toBe(1);
    await other.return();
    expect([listeners.size, time.pendingTimers]).toEqual([0, 0]);
  });

  it('refuses one reader too many, and takes another when one has gone', async () => {
    const { feed } = startWorld({ most: 1 });
    const gone = new AbortController();
    const first = feed.follow(gone.signal);
    await first.next();
    await expect(feed.follow(never).next()).rejects.toMatchObject({ code: 'too-many-streams' });
    const next = first.next();
    gone.abort();
    expect((await next).done).toBe(true);
    const second = feed.follow(never);
    expect((await second.next()).done).toBe(false);
    await second.return();
  });

  it('ends each stream after ten minutes, and all when it closes', async () => {
    const { feed, time } = startWorld();
    const old = feed.follow(never);
    await old.next();
    const end = old.next();
    await settle();
    time.advance(600_000);
    expect((await end).done).toBe(true);
    const young = feed.follow(never);
    await young.next();
    const closed = young.next();
    await settle();
    await feed.close();
    expect((await closed).done).toBe(true);
    expect(time.pendingTimers).toBe(0);
  });
});
