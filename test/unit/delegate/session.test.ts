import { describe, expect, it } from 'vitest';
import { encode } from '#protocol/codec.ts';
import { revision } from '#protocol/version.ts';
import type { LinkEnd } from '../../../delegate/core/link.ts';
import { Session } from '../../../delegate/link/session.ts';
import { composeAssign, identity, key, RecordingLog, welcome } from './fixtures.ts';
import { ManualClock } from './manual-clock.ts';

/** Writes the conversation down: `→` what the delegate sends, `×` its close, `·` what the core is told. */
function begin() {
  const clock = new ManualClock();
  const lines: string[] = [];
  const ends: LinkEnd[] = [];
  const socket = {
    send: (frame: string) => lines.push(`→ ${JSON.parse(frame).type}`),
    close: (code: number, reason: string) => lines.push(`× ${code} ${reason}`),
  };
  const inFlight = [key('task-1')];
  const session = new Session(socket, {
    identity,
    keys: { sealKey: 'AAAA', open: () => undefined },
    clock,
    log: new RecordingLog(),
    inFlight: () => inFlight,
    welcomeTimeoutMs: 10_000,
    events: {
      welcomed: () => lines.push('· welcomed'),
      received: ({ type }) => lines.push(`· ${type}`),
      ended: (end) => {
        ends.push(end);
      },
    },
  });
  return { clock, session, lines, ends };
}

function open() {
  const world = begin();
  world.session.opened();
  world.session.received(encode(welcome));
  world.lines.length = 0;
  return world;
}

describe('a session', () => {
  it('says hello, hears welcome, beats, and passes on what it hears', () => {
    const { clock, session, lines } = begin();
    session.opened();
    session.received(encode(welcome));
    session.received(encode(composeAssign()));
    session.send({ type: 'task.accept', ...key('task-1') });
    clock.advance(5_000);
    session.received('{"type":"heartbeat.ack"}');
    expect(lines).toEqual(['→ hello', '· welcomed', '· task.assign', '→ task.accept', '→ heartbeat']);
  });

  it('sends nothing between hello and welcome', () => {
    const { session, lines } = begin();
    session.opened();
    session.send({ type: 'drain', reason: '' });
    expect(lines).toEqual(['→ hello']);
  });

  it('closes with 4408 when no welcome comes in time', () => {
    const { clock, session, lines, ends } = begin();
    session.opened();
    clock.advance(10_000);
    expect(lines.at(-1)).toBe('× 4408 no welcome within 10000 ms');
    session.closed(4408, '');
    expect(ends).toMatchObject([{ by: 'delegate', closeName: 'timeout', after: 'redial' }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('closes with 4408 when nothing is heard for heartbeatTimeoutMs', () => {
    const { clock, lines } = open();
    clock.advance(10_000);
    expect(lines).toEqual(['→ heartbeat', expect.stringMatching(/^× 4408 /)]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not take an assignment that is read after the silence, as on a machine that was suspended', () => {
    const { clock, session, lines } = open();
    clock.leap(10_000);
    session.received(encode(composeAssign()));
    expect(lines).toEqual([expect.stringMatching(/^× 4408 /)]);
  });

  it.each([
    ['a frame that is no JSON', 'nonsense', 'the frame is not JSON'],
    ['an unknown message', '{"type":"task.pause"}', 'unknown message "task.pause"'],
    [
      'a message with a bad field',
      '{"type":"task.cancel","taskId":"t","attempt":0,"reason":""}',
      /^task\.cancel: \/attempt/,
    ],
    ['a message that travels the other way', '{"type":"heartbeat","inFlight":[]}', 'heartbeat travels the other way'],
    ['a second welcome', encode(welcome), 'welcome came twice'],
    ['an ack without a heartbeat', '{"type":"heartbeat.ack"}', 'heartbeat.ack came without a heartbeat'],
  ])('closes with 4400 that names the fault, for %s', (_what, frame, fault) => {
    const { session, lines } = open();
    session.received(frame);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^× 4400 /);
    expect(lines[0]?.slice('× 4400 '.length)).toMatch(fault);
  });

  it('closes with 4400 for a binary frame', () => {
    const { session, lines } = open();
    session.receivedBinary();
    expect(lines).toEqual([expect.stringMatching(/^× 4400 a binary frame/)]);
  });

  it('closes with 4400 for anything before welcome', () => {
    const { session, lines } = begin();
    session.opened();
    session.received(encode(composeAssign()));
    expect(lines).toEqual(['→ hello', '× 4400 task.assign came before welcome']);
  });

  it('closes with 4400 for intervals that cannot be kept', () => {
    const { session, lines } = begin();
    session.opened();
    session.received(encode({ ...welcome, heartbeatMs: 10_000 }));
    expect(lines.at(-1)).toMatch(/^× 4400 welcome: \/heartbeatMs/);
  });

  it('closes with 4406 for a revision that it does not speak', () => {
    const { session, lines } = begin();
    session.opened();
    session.received(encode({ ...welcome, revision: revision + 1 }));
    expect(lines.at(-1)).toMatch(/^× 4406 /);
  });

  it('passes a reach check on when both sides have the feature, and closes with 4400 for one that comes without', () => {
    const check = encode({ type: 'reach.check', checkId: 'check-1', baseUrl: 'https://example.service-now.com' });
    const without = open();
    without.session.received(check);
    expect(without.lines).toEqual(['× 4400 reach.check came without the feature reach-check']);
    const { session, lines } = begin();
    session.opened();
    session.received(encode({ ...welcome, features: ['time-travel', 'reach-check'] }));
    session.received(check);
    expect(lines.at(-1)).toBe('· reach.check');
  });

  it('sends progress only when the manager has the feature', () => {
    const finding = { probe: 'reach', status: 'passed', message: 'reached' } as const;
    const progress = { type: 'task.progress', ...key('task-1'), finding } as const;
    const older = open();
    older.session.send(progress);
    expect(older.lines).toEqual([]);
    const { session, lines } = begin();
    session.opened();
    session.received(encode({ ...welcome, features: ['task-progress'] }));
    session.send(progress);
    expect(lines.at(-1)).toBe('→ task.progress');
  });

  it('sends what was encoded before only while it is open', () => {
    const { session, lines } = begin();
    const frame = encode({ type: 'task.accept', ...key('task-1') });
    session.opened();
    session.sendEncoded(frame);
    session.received(encode(welcome));
    session.sendEncoded(frame);
    session.close('normal', 'drained');
    session.sendEncoded(frame);
    expect(lines).toEqual(['→ hello', '· welcomed', '→ task.accept', '× 1000 drained']);
  });

  it('closes with 1009 for a frame over the limit of the welcome, and before it for one over maxHelloBytes', () => {
    const opened = open();
    opened.session.received(encode({ type: 'drain', reason: 'x'.repeat(100_000) }));
    expect(opened.lines).toEqual([expect.stringMatching(/^× 1009 /)]);
    const waiting = begin();
    waiting.session.opened();
    waiting.session.received(encode({ ...welcome, features: ['x'.repeat(65_536)] }));
    expect(waiting.lines.at(-1)).toMatch(/^× 1009 /);
  });

  it('reads and sends nothing after it was closed, and tells its end once the socket is gone', () => {
    const { session, lines, ends } = open();
    session.close('normal', 'drained');
    session.close('protocol-error', 'too late');
    session.received(encode(composeAssign()));
    session.send({ type: 'drain', reason: '' });
    expect(lines).toEqual(['× 1000 drained']);
    expect(ends).toEqual([]);
    session.closed(1000, 'drained');
    expect(ends).toMatchObject([{ by: 'delegate', closeName: 'normal' }]);
  });

  it.each([
    [1001, 'going-away', 'redial'],
    [1009, 'frame-too-large', 'redial-slowly'],
    [4400, 'protocol-error', 'redial-slowly'],
    [4401, 'token-unknown', 'redial-slowly'],
    [4402, 'token-expired', 'redial-slowly'],
    [4403, 'token-revoked', 'redial-slowly'],
    [4406, 'revision-unsupported', 'redial-slowly'],
    [4408, 'timeout', 'redial'],
    [4409, 'identity-conflict', 'redial-slowly'],
    [4410, 'replaced', 'redial'],
    [4429, 'flooding', 'redial-slowly'],
    [4500, 'internal', 'redial'],
    [1006, undefined, 'redial'],
    [1000, 'normal', 'redial'],
  ])('that the other side closes with %i (%s) is followed by %s', (code, closeName, after) => {
    const { session, ends, clock } = open();
    session.closed(code, 'why');
    expect(ends).toMatchObject([{ code, closeName, after, reason: 'why', remedy: expect.stringMatching(/./) }]);
    expect(clock.pendingTimers).toBe(0);
  });
});
