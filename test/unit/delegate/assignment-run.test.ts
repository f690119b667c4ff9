import { describe, expect, it } from 'vitest';
import { decodeFromDelegate } from '#protocol/codec.ts';
import { failure } from '#protocol/failure.ts';
import { limits } from '#protocol/limits.ts';
import { createExecutorWorld as begin } from './executor-world.ts';
import { composeAssign, created, key, settle } from './fixtures.ts';

const unreachable = failure('servicenow-unreachable', 'no route', 'check the network');

describe('a lease', () => {
  it('lets requests begin until it is over, from the arrival of the assignment', () => {
    const { clock, executor, held, session } = begin();
    executor.assign(composeAssign({ leaseMs: 11_000 }), session);
    clock.advance(10_999);
    expect(held.at(0).context.mayBegin()).toBe(true);
    clock.advance(1);
    expect(held.at(0).context.mayBegin()).toBe(false);
    expect(held.at(0).context.signal.aborted).toBe(false);
  });

  it('runs anew from the moment that it is extended, for this attempt only', () => {
    const { clock, executor, held, session } = begin();
    executor.assign(composeAssign({ attempt: 2 }), session);
    executor.assign(composeAssign({ taskId: 'task-2' }), session);
    clock.advance(7_000);
    const assignments = [key('task-1', 2), key('task-2', 7), key('unknown')];
    executor.extendLeases({ type: 'lease.extend', assignments, leaseMs: 11_000 });
    clock.advance(10_999);
    expect(held.at(0).context.mayBegin()).toBe(true);
    expect(held.at(1).context.mayBegin()).toBe(false);
  });
});

describe('the time to run', () => {
  it('aborts the attempt when it is over, and task-timeout is reported when nothing was changed', async () => {
    const { clock, executor, held, session, reports } = begin();
    executor.assign(composeAssign({ timeoutMs: 60_000 }), session);
    clock.advance(60_000);
    expect(held.at(0).context.signal.aborted).toBe(true);
    held.at(0).end({ kind: 'failed', failure: unreachable, sideEffect: false });
    await settle();
    expect(reports()).toMatchObject([
      { outcome: { kind: 'failed', failure: { code: 'task-timeout' } }, sideEffect: false },
    ]);
  });

  it('gives the slot back, with an unknown outcome, when the handler does not end', async () => {
    const { clock, executor, held, session, reports, log } = begin({ capacity: 1 });
    executor.assign(composeAssign({ timeoutMs: 60_000, settleMs: 75_000 }), session);
    clock.advance(60_000 + 74_999);
    expect(executor.running).toBe(1);
    clock.advance(1);
    expect(executor.running).toBe(0);
    expect(reports()).toMatchObject([
      { outcome: { kind: 'failed', failure: { code: 'outcome-unknown' } }, sideEffect: true },
    ]);
    held.at(0).end(created);
    await settle();
    expect(reports()).toHaveLength(1);
    expect(log.phrases()).toContain('task handler ended too late');
  });
});

describe('a cancel', () => {
  it('aborts the attempt, which is reported as cancelled when nothing was changed', async () => {
    const { executor, held, session, reports } = begin();
    executor.assign(composeAssign(), session);
    executor.cancel({ type: 'task.cancel', ...key('task-1'), reason: 'asked for' });
    expect(held.at(0).context.signal.aborted).toBe(true);
    held.at(0).end({ kind: 'failed', failure: unreachable, sideEffect: false });
    await settle();
    expect(reports()).toMatchObject([{ outcome: { kind: 'cancelled' }, sideEffect: false }]);
  });

  it('is reported as an unknown outcome when the handler of a write lets the abort pass through', async () => {
    const { executor, held, session, reports, log } = begin();
    executor.assign(composeAssign(), session);
    executor.cancel({ type: 'task.cancel', ...key('task-1'), reason: 'asked for' });
    held.at(0).throw(held.at(0).context.signal.reason);
    await settle();
    expect(log.phrases()).not.toContain('task handler threw');
    expect(reports()).toMatchObject([{ outcome: { kind: 'failed', failure: { code: 'outcome-unknown' } } }]);
  });

  it('is ignored for an unknown task and for another attempt', () => {
    const { executor, held, session } = begin();
    executor.assign(composeAssign({ attempt: 2 }), session);
    executor.cancel({ type: 'task.cancel', ...key('task-1', 1), reason: '' });
    executor.cancel({ type: 'task.cancel', ...key('unknown'), reason: '' });
    expect(held.at(0).context.signal.aborted).toBe(false);
  });
});

describe('a report', () => {
  it('says what the attempt asked of its instance, also when the attempt was cut off', async () => {
    const { clock, executor, held, session, reports } = begin();
    executor.assign(composeAssign({ timeoutMs: 60_000, settleMs: 75_000 }), session);
    const { usage } = held.at(0).context;
    usage.count();
    usage.learn({ limit: 100, resetInMs: 60_000 });
    usage.count();
    clock.advance(60_000 + 75_000);
    expect(reports()).toMatchObject([{ usage: { requests: 2, rateLimit: { limit: 100, resetInMs: 60_000 } } }]);
  });

  it('says nothing of it when nothing was asked', async () => {
    const { executor, held, session, reports } = begin();
    executor.assign(composeAssign(), session);
    held.at(0).end(created);
    await settle();
    expect(reports()[0]).not.toHaveProperty('usage');
  });
});

describe('a handler that throws', () => {
  it('is reported as a fault of the delegate, without the text of the error, and with the secret masked in the log', async () => {
    const { executor, held, session, reports, log } = begin();
    executor.assign(composeAssign(), session);
    held.at(0).throw(new TypeError('cannot use open-sesame'));
    await settle();
    expect(reports()).toMatchObject([
      { outcome: { kind: 'failed', failure: { code: 'delegate-fault' } }, sideEffect: true },
    ]);
    expect(JSON.stringify([reports(), log.lines])).not.toContain('open-sesame');
    expect(JSON.stringify(log.lines)).toContain('cannot use [secret]');
  });
});

describe('abandoning', () => {
  it('ends every run without a report and leaves no timer', async () => {
    const { clock, executor, held, session, reports } = begin();
    executor.assign(composeAssign(), session);
    executor.assign(composeAssign({ taskId: 'task-2' }), session);
    executor.cancel({ type: 'task.cancel', ...key('task-2'), reason: '' });
    executor.abandonAll();
    expect(clock.pendingTimers).toBe(0);
    expect(held.at(0).context.mayBegin()).toBe(false);
    held.at(0).end(created);
    await settle();
    expect(reports()).toEqual([]);
  });
});

describe('what a handler tells', () => {
  const finding = { probe: 'reach', status: 'passed', message: 'reached' } as const;
  const told = (sent: readonly { type: string }[]) => sent.filter(({ type }) => type === 'task.progress');

  it('goes out at once, in the session that there is', () => {
    const { executor, held, session } = begin();
    executor.assign(composeAssign({ attempt: 2 }), session);
    held.at(0).context.tell(finding);
    expect(told(session.sent)).toEqual([{ type: 'task.progress', ...key('task-1', 2), finding }]);
  });

  it('goes nowhere once the lease is over, or the attempt was stopped or has ended', async () => {
    const { clock, executor, held, session } = begin({ capacity: 3 });
    executor.assign(composeAssign({ leaseMs: 11_000 }), session);
    clock.advance(11_000);
    held.at(0).context.tell(finding);
    executor.assign(composeAssign({ taskId: 'task-2' }), session);
    executor.cancel({ type: 'task.cancel', ...key('task-2'), reason: 'enough' });
    held.at(1).context.tell(finding);
    executor.assign(composeAssign({ taskId: 'task-3' }), session);
    held.at(2).end(created);
    await settle();
    held.at(2).context.tell(finding);
    expect(told(session.sent)).toEqual([]);
  });

  it('is cut to what the protocol allows, in length and in number', () => {
    const { executor, held, session } = begin();
    executor.assign(composeAssign(), session);
    const long = { probe: 'p'.repeat(100), status: 'failed', message: 'm'.repeat(9_000), remedy: 'r'.repeat(9_000) };
    for (let n = 0; n < limits.maxProgressFindings + 10; n += 1) held.at(0).context.tell({ ...long, status: 'failed' });
    const sent = told(session.sent);
    expect(sent).toHaveLength(limits.maxProgressFindings);
    for (const message of sent) expect(decodeFromDelegate(JSON.stringify(message))).toHaveProperty('message');
  });
});
