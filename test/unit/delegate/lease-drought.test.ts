import { describe, expect, it } from 'vitest';
import { decodeFromDelegate, encode } from '#protocol/codec.ts';
import { failure } from '#protocol/failure.ts';
import type { DelegateMessage, ManagerMessage } from '#protocol/messages.ts';
import { Delegate } from '../../../delegate/core/delegate.ts';
import { Session } from '../../../delegate/link/session.ts';
import { composeAssign, HeldHandlers, identity, key, RecordingLog, settle, welcome } from './fixtures.ts';
import { ManualClock } from './manual-clock.ts';

/** A delegate with a session of its own, over a socket whose other end welcomes and acknowledges heartbeats. */
async function begin() {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const held = new HeldHandlers();
  const sent: DelegateMessage[] = [];
  const closes: number[] = [];
  let session: Session | undefined;
  const receive = (message: ManagerMessage) => session?.received(encode(message));
  const delegate = new Delegate({
    capacity: 10,
    drainTimeoutMs: 0,
    lastWordsMs: 0,
    handlers: held.handlers,
    policy: {},
    probeReach: async () => ({ kind: 'live' }),
    link: {
      dial: (inFlight, events) => {
        const socket = {
          send: (frame: string) => {
            const decoded = decodeFromDelegate(frame);
            if ('fault' in decoded) throw new Error(decoded.fault);
            sent.push(decoded.message);
            if (decoded.message.type === 'heartbeat') receive({ type: 'heartbeat.ack' });
          },
          close: (code: number, reason: string) => {
            closes.push(code);
            session?.closed(code, reason);
          },
        };
        const keys = { sealKey: 'AAAA', open: () => 'open-sesame' };
        session = new Session(socket, { identity, keys, clock, log, inFlight, events, welcomeTimeoutMs: 10_000 });
        return session;
      },
    },
    redial: ({ failures }) => ({ waitMs: 1_000, failures }),
    clock,
    log,
    onWelcome: () => {},
    onStateChange: () => {},
  });
  void delegate.start();
  session?.opened();
  receive({ ...welcome, revision: 2 });
  await settle();
  const of = <T extends DelegateMessage['type']>(type: T) => sent.filter((message) => message.type === type);
  return { clock, held, delegate, closes, receive, of };
}

const leaseLost = failure('lease-lost', 'the lease ended', '');

describe('a manager that answers heartbeats and extends no leases for half a minute', () => {
  it('keeps its session, and the delegate begins no request once the lease is over', async () => {
    const { clock, held, delegate, closes, receive, of } = await begin();
    receive(composeAssign());
    clock.advance(10_999);
    expect(held.at(0).context.mayBegin()).toBe(true);
    clock.advance(1);
    expect(held.at(0).context.mayBegin()).toBe(false);
    clock.advance(19_000);
    expect([delegate.state, closes]).toEqual(['ready', []]);
    expect(of('heartbeat')).toHaveLength(6);
    expect(of('heartbeat').at(-1)).toMatchObject({ inFlight: [key('task-1')] });
  });

  it('gets the reports that were made meanwhile, once in this session, and they are kept until it acknowledges them', async () => {
    const { clock, held, receive, of, delegate } = await begin();
    receive(composeAssign());
    clock.advance(15_000);
    held.at(0).end({ kind: 'failed', failure: leaseLost, sideEffect: false });
    await settle();
    clock.advance(15_000);
    expect(of('task.report')).toMatchObject([{ ...key('task-1'), outcome: { failure: { code: 'lease-lost' } } }]);
    expect(of('heartbeat').at(-1)).toMatchObject({ inFlight: [key('task-1')] });
    expect(delegate.abandoned()).toEqual({ running: [], unacknowledged: [key('task-1')] });
    receive({ type: 'task.report.ack', ...key('task-1'), status: 'superseded' });
    expect(delegate.abandoned()).toEqual({ running: [], unacknowledged: [] });
  });

  it('is gone on with afterwards: a lease that is extended runs again, and new work is taken', async () => {
    const { clock, held, receive, of } = await begin();
    receive(composeAssign());
    clock.advance(30_000);
    receive({ type: 'lease.extend', assignments: [key('task-1')], leaseMs: 11_000 });
    expect(held.at(0).context.mayBegin()).toBe(true);
    receive(composeAssign({ taskId: 'task-2' }));
    expect(of('task.accept')).toMatchObject([key('task-1'), key('task-2')]);
    expect(held.at(1).context.mayBegin()).toBe(true);
  });
});
