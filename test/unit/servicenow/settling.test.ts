import { describe, expect, it } from 'vitest';
import type { TaskContext } from '../../../delegate/core/handler.ts';
import { UsageMeter } from '../../../delegate/core/usage-meter.ts';
import { type Look, lookUntilSettled } from '../../../delegate/servicenow/settling.ts';

/** A clock whose sleeps take no time and are written down. */
function world(settings: { settleMs: number; mayBegin?: () => boolean; signal?: AbortSignal }) {
  let nowMs = 0;
  const sleeps: number[] = [];
  const context: TaskContext = {
    taskId: 't',
    attempt: 1,
    target: { baseUrl: 'https://x.example.com/', authentication: { kind: 'basic', username: 'u', password: 'p' } },
    correlationId: 'c',
    lookFirst: false,
    settleMs: settings.settleMs,
    signal: settings.signal ?? new AbortController().signal,
    mayBegin: settings.mayBegin ?? (() => true),
    note: () => {},
    tell: () => {},
    usage: new UsageMeter(),
    clock: {
      monotonicMs: () => nowMs,
      setTimer: () => () => {},
      sleep: async (ms) => {
        sleeps.push(ms);
        nowMs += ms;
      },
    },
  };
  return { context, sleeps, now: () => nowMs };
}

const absent: Look<string> = { kind: 'not-yet', value: 'absent' };

describe('looking until it is settled', () => {
  it('believes a find at once', async () => {
    const { context, sleeps } = world({ settleMs: 75_000 });
    const settled = await lookUntilSettled(context, 75_000, async () => ({ kind: 'conclusive', value: 'found' }));
    expect(settled).toEqual({ kind: 'known', value: 'found' });
    expect(sleeps).toEqual([]);
  });

  it('believes an absence only when a look began after the settle time', async () => {
    const { context, now, sleeps } = world({ settleMs: 75_000 });
    const settled = await lookUntilSettled(context, 75_000, async () => absent);
    expect(settled).toEqual({ kind: 'known', value: 'absent' });
    expect(now()).toBe(75_000);
    expect(sleeps.slice(0, 5)).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  it('keeps looking through failures and gives up after another settle time', async () => {
    const { context, now } = world({ settleMs: 75_000 });
    const lost = {
      kind: 'failed',
      failure: { code: 'servicenow-reset', message: 'reset', remedy: '', retry: 'never' },
    } as const;
    expect(await lookUntilSettled(context, 75_000, async () => lost)).toEqual({ kind: 'unknown', reason: 'reset' });
    expect(now()).toBeGreaterThanOrEqual(150_000);
  });

  it('begins no look once the lease is over, and leaves it to a later attempt', async () => {
    let looks = 0;
    const { context } = world({ settleMs: 75_000, mayBegin: () => looks < 2 });
    const settled = await lookUntilSettled(context, 75_000, async () => {
      looks += 1;
      return absent;
    });
    expect(settled).toMatchObject({ kind: 'interrupted', failure: { code: 'lease-lost' } });
    expect(looks).toBe(2);
  });

  it('ends when the task is stopped', async () => {
    const stop = new AbortController();
    const { context } = world({ settleMs: 75_000, signal: stop.signal });
    const settled = await lookUntilSettled(context, 75_000, async () => {
      stop.abort();
      return absent;
    });
    expect(settled).toMatchObject({ kind: 'unknown' });
  });
});
