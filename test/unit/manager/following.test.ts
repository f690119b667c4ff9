import { describe, expect, it } from 'vitest';
import { type ApprovalRecord, viewApproval } from '../../../manager/core/approval-record.ts';
import { Following } from '../../../manager/core/following.ts';
import { type Notice, Waiters } from '../../../manager/core/waiters.ts';
import { endedApproval } from '../../support/ended-approval.ts';
import { ManualClock } from '../delegate/manual-clock.ts';

const never = new AbortController().signal;

/** One approval that a test changes, with or without saying so. */
function startWorld({ most = 2 } = {}) {
  const time = new ManualClock();
  const clock = {
    now: () => time.monotonicMs(),
    setTimer: (ms: number, callback: () => void) => time.setTimer(ms, callback),
  };
  const listeners = new Set<(notice: Notice) => void>();
  const notices = {
    publish: (notice: Notice) => {
      for (const listener of listeners) listener(notice);
    },
    subscribe: (listener: (notice: Notice) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const ended = endedApproval();
  let record: ApprovalRecord = { ...ended, end: undefined };
  const waiters = new Waiters(notices, clock);
  const feed = new Following({
    read: async () => record,
    view: viewApproval,
    isOver: ({ state }) => state !== 'waiting',
    what: 'approval',
    waiters,
    clock,
    hash: (text) => hash(text),
    most,
  });
  return {
    feed,
    time,
    notices,
    follow: (seen?: string, gone = never) => feed.follow('apr_1', seen, gone),
    change: (waitingBecause: string) => {
      record = { ...record, progress: { ...record.progress, waitingBecause } };
    },
    end: () => {
      record = ended;
    },
  };
}

function hash(text: string): string {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.charCodeAt(0)) | 0;
  return sum.toString(16).padStart(16, '0');
}

/** Lets everything happen that need not wait for the clock. */
async function settle(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
}

describe('the feed of changes', () => {
  it('tells what it is at once, then each change that a notice tells of, the last with the end', async () => {
    const { follow, change, end, notices } = startWorld();
    const events = follow();
    expect((await events.next()).value).toMatchObject({ view: { state: 'waiting' } });
    const second = events.next();
    await settle();
    change('not yet');
    notices.publish({ kind: 'approval-changed', approvalId: 'apr_1' });
    expect((await second).value).toMatchObject({ view: { waitingBecause: 'not yet' } });
    const third = events.next();
    await settle();
    end();
    notices.publish({ kind: 'approval-ended', approvalId: 'apr_1' });
    expect((await third).value).toMatchObject({ view: { state: 'approved' } });
    expect((await events.next()).done).toBe(true);
  });

  it('tells nothing when a notice tells of nothing new', async () => {
    const { follow, notices, change } = startWorld();
    const events = follow();
    await events.next();
    let hasCome = false;
    const second = events.next().finally(() => {
      hasCome = true;
    });
    await settle();
    notices.publish({ kind: 'approval-changed', approvalId: 'apr_1' });
    await settle();
    expect(hasCome).toBe(false);
    change('something');
    notices.publish({ kind: 'approval-changed', approvalId: 'apr_1' });
    await second;
  });

  it('finds a change whose notice was lost', async () => {
    const { follow, time, change } = startWorld();
    const events = follow();
    await events.next();
    const second = events.next();
    await settle();
    change('later');
    time.advance(2_000);
    expect((await second).value).toMatchObject({ view: { waitingBecause: 'later' } });
  });

  it('does not repeat what was seen before, and says nothing of an end that was seen', async () => {
    const { follow, change, end } = startWorld();
    const first = (await follow().next()).value;
    const again = follow(first?.id);
    expect(await again.next()).toEqual({ value: undefined, done: false });
    await again.return();
    change('meanwhile');
    expect((await follow(first?.id).next()).value).toMatchObject({ view: { waitingBecause: 'meanwhile' } });
    end();
    const world = startWorld();
    world.end();
    const last = (await world.follow().next()).value;
    expect((await world.follow(last?.id).next()).done).toBe(true);
  });

  it('tells one event of an approval that has ended already', async () => {
    const { follow, end } = startWorld();
    end();
    const states: unknown[] = [];
    for await (const event of follow()) states.push(event?.view.state);
    expect(states).toEqual(['approved']);
  });

  it('ends when its reader goes, when the manager closes, and after an hour', async () => {
    const { follow, feed, time } = startWorld();
    const gone = new AbortController();
    const left = follow(undefined, gone.signal);
    await left.next();
    const afterLeaving = left.next();
    await settle();
    gone.abort();
    expect((await afterLeaving).done).toBe(true);
    const old = follow();
    await old.next();
    const afterAnHour = old.next();
    for (let n = 0; n < 3_700; n += 1) {
      await settle();
      time.advance(1_000);
    }
    expect((await afterAnHour).done).toBe(true);
    const open = follow();
    await open.next();
    const afterClosing = open.next();
    await settle();
    await feed.close();
    expect((await afterClosing).done).toBe(true);
    expect(time.pendingTimers).toBe(0);
  });

  it('is for so many at once, and for another one when one has gone', async () => {
    const { follow } = startWorld({ most: 2 });
    const [first, second] = [follow(), follow()];
    await Promise.all([first.next(), second.next()]);
    await expect(follow().next()).rejects.toMatchObject({ code: 'too-many-streams' });
    await first.return();
    expect((await follow().next()).done).toBe(false);
  });
});
