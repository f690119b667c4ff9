import { describe, expect, it } from 'vitest';
import { createDelegateWorld as begin, brokenOff, type FakeDial } from './delegate-world.ts';
import { composeAssign, created, key, settle, welcome } from './fixtures.ts';

describe('a delegate', () => {
  it('dials until it is welcomed, waiting between the dials as the policy says', async () => {
    const { clock, delegate, dials, states, getWelcomed } = begin();
    void delegate.start();
    for (let dialled = 1; dialled <= 5; dialled++) {
      expect(dials).toHaveLength(dialled);
      dials.at(-1)?.events.ended(brokenOff);
      await settle();
      clock.advance(999);
      await settle();
      expect(dials).toHaveLength(dialled);
      clock.advance(1);
      await settle();
    }
    await getWelcomed();
    expect(states).toEqual(['ready']);
  });

  it('dials again when the session is lost, and lets what runs run on', async () => {
    const { clock, delegate, dials, states, held, getWelcomed } = begin();
    void delegate.start();
    const first = await getWelcomed();
    first.events.received(composeAssign());
    first.events.ended(brokenOff);
    await settle();
    expect(held.at(0).context.mayBegin()).toBe(true);
    held.at(0).end(created);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(dials).toHaveLength(2);
    const second = await getWelcomed();
    expect(second.types()).toEqual(['task.report']);
    expect(states).toEqual(['ready', 'connecting', 'ready']);
  });

  it('tells the redial policy how long the session lasted, from its welcome', async () => {
    const { clock, delegate, histories, lastDial, getWelcomed } = begin();
    void delegate.start();
    clock.advance(500);
    await getWelcomed();
    clock.advance(20_000);
    lastDial().events.ended(brokenOff);
    await settle();
    clock.advance(1_000);
    await settle();
    lastDial().events.ended({ ...brokenOff, after: 'redial-slowly' });
    expect(histories).toEqual([
      { after: 'redial', lastedMs: 20_000, failures: 0 },
      { after: 'redial-slowly', lastedMs: 0, failures: 1 },
    ]);
  });

  it('tells the redial policy the longest wait that the last welcome gave', async () => {
    const { clock, delegate, histories, lastDial } = begin();
    void delegate.start();
    for (const given of [{ redialMaxMs: 500 }, {}]) {
      lastDial().events.welcomed({ ...welcome, ...given });
      lastDial().events.ended(brokenOff);
      await settle();
      clock.advance(1_000);
      await settle();
      lastDial().events.ended(brokenOff);
      await settle();
      clock.advance(1_000);
      await settle();
    }
    expect(histories.map(({ redialMaxMs }) => redialMaxMs)).toEqual([500, 500, undefined, undefined]);
  });

  it('answers a reach check while it runs tasks and while it drains, and never in another session', async () => {
    const { clock, delegate, probes, dials, getWelcomed } = begin();
    void delegate.start();
    const first = await getWelcomed();
    const check = (session: FakeDial, checkId: string) =>
      session.events.received({ type: 'reach.check', checkId, baseUrl: 'https://example.service-now.com' });
    check(first, 'check-1');
    first.events.ended(brokenOff);
    await settle();
    expect(probes[0]?.signal.aborted).toBe(true);
    clock.advance(1_000);
    await settle();
    const second = await getWelcomed();
    second.events.received(composeAssign());
    void delegate.close();
    check(second, 'check-2');
    await settle();
    for (const { end } of probes) end();
    await settle();
    expect(dials[0]?.types()).toEqual([]);
    expect(second.types()).toEqual(['task.accept', 'drain', 'reach.result']);
  });

  it('logs how a refused token is mended, and asks again', async () => {
    const { clock, delegate, dials, log, lastDial } = begin();
    void delegate.start();
    const remedy = 'make a new one';
    lastDial().events.ended({ ...brokenOff, by: 'manager', closeName: 'token-expired', code: 4402, remedy });
    await settle();
    expect(log.lines.find(({ level }) => level === 'warn')).toMatchObject({
      phrase: 'no session with the manager',
      fields: { closeName: 'token-expired', remedy, redialInMs: 1_000 },
    });
    clock.advance(1_000);
    await settle();
    expect(dials).toHaveLength(2);
  });
});

describe('closing a delegate', () => {
  it('leaves at once with 1000 when nothing is in flight, and leaves no timer', async () => {
    const { clock, delegate, states, getWelcomed } = begin();
    void delegate.start();
    const session = await getWelcomed();
    await delegate.close();
    expect(session.types()).toEqual(['drain']);
    expect(session.closes).toEqual([{ name: 'normal', reason: 'drained' }]);
    expect(states).toEqual(['ready', 'draining', 'closed']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('drops the reach checks that are under way, and waits for none', async () => {
    const { clock, delegate, probes, getWelcomed } = begin();
    void delegate.start();
    const session = await getWelcomed();
    session.events.received({ type: 'reach.check', checkId: 'check-1', baseUrl: 'https://example.service-now.com' });
    await delegate.close();
    expect(probes[0]?.signal.aborted).toBe(true);
    expect([session.types(), clock.pendingTimers]).toEqual([['drain'], 0]);
  });

  it('is one promise however often it is called', async () => {
    const { delegate } = begin();
    const ended = delegate.start();
    expect(delegate.close()).toBe(ended);
    expect(delegate.close()).toBe(ended);
    await ended;
  });

  it.each(['dialling', 'waiting'])('ends a delegate that is still %s', async (place) => {
    const { clock, delegate, lastDial } = begin();
    void delegate.start();
    if (place === 'waiting') lastDial().events.ended(brokenOff);
    await settle();
    await delegate.close();
    expect([delegate.state, clock.pendingTimers]).toEqual(['closed', 0]);
  });

  it('takes nothing new, even in the same batch of frames, and waits for the report to be acknowledged', async () => {
    const { delegate, held, getWelcomed } = begin();
    void delegate.start();
    const session = await getWelcomed();
    session.events.received(composeAssign());
    const closed = delegate.close();
    session.events.received(composeAssign({ taskId: 'task-2' }));
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.reject', code: 'delegate-draining' });
    held.at(0).end(created);
    await settle();
    expect(session.types()).toEqual(['task.accept', 'task.reject', 'drain', 'task.report']);
    expect(session.closes).toEqual([]);
    session.events.received({ type: 'task.report.ack', ...key('task-1'), status: 'recorded' });
    await closed;
    expect(session.closes).toMatchObject([{ name: 'normal' }]);
  });

  it('dials for a report that it has no session for, and says drain there before the report', async () => {
    const { clock, delegate, held, dials, getWelcomed } = begin();
    void delegate.start();
    const first = await getWelcomed();
    first.events.received(composeAssign());
    const closed = delegate.close();
    await settle();
    first.events.ended(brokenOff);
    held.at(0).end(created);
    await settle();
    clock.advance(1_000);
    await settle();
    expect(dials).toHaveLength(2);
    const second = await getWelcomed();
    expect(second.types()).toEqual(['drain', 'task.report']);
    second.events.received({ type: 'task.report.ack', ...key('task-1'), status: 'recorded' });
    await closed;
  });

  it('stops what still runs when the bound is over, and leaves shortly after with a word on what is abandoned', async () => {
    const { clock, delegate, held, log, getWelcomed } = begin();
    void delegate.start();
    const session = await getWelcomed();
    session.events.received(composeAssign());
    session.events.received(composeAssign({ taskId: 'task-2' }));
    const closed = delegate.close();
    await settle();
    expect(delegate.abandoned()).toEqual({ running: [key('task-1'), key('task-2')], unacknowledged: [] });
    clock.advance(29_999);
    await settle();
    expect(held.at(0).context.signal.aborted).toBe(false);
    clock.advance(1);
    await settle();
    expect(held.at(0).context.signal.aborted).toBe(true);
    held.at(0).end(created);
    await settle();
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.report', ...key('task-1') });
    clock.advance(2_000);
    await closed;
    expect(log.lines.find(({ phrase }) => phrase === 'left with work in flight')?.fields).toEqual({
      running: [key('task-2')],
      unacknowledged: [key('task-1')],
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is also what a drain of the manager does', async () => {
    const { delegate, getWelcomed } = begin();
    const ended = delegate.start();
    const session = await getWelcomed();
    session.events.received({ type: 'drain', reason: 'an administrator asked' });
    await ended;
    expect(session.closes).toMatchObject([{ name: 'normal' }]);
  });
});
