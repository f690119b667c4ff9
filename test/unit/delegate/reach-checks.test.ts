import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import { messages, type ReachFinding } from '#protocol/messages.ts';
import type { Policy } from '#protocol/policy.ts';
import { compileCheck } from '#protocol/validation.ts';
import { ReachChecks } from '../../../delegate/core/reach-checks.ts';
import { RecordingLog, RecordingSession, settle } from './fixtures.ts';
import { ManualClock } from './manual-clock.ts';

const live: ReachFinding = { kind: 'live' };
const here = 'https://example.service-now.com';

interface HeldProbe {
  readonly baseUrl: string;
  readonly signal: AbortSignal;
  readonly end: (found: ReachFinding) => void;
  readonly throw: (error: unknown) => void;
}

/** Probes that wait for the test to end each. */
function begin(policy: Policy = {}) {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const probes: HeldProbe[] = [];
  const checks = new ReachChecks({
    probe: (baseUrl, signal) =>
      new Promise((resolve, reject) => {
        probes.push({ baseUrl, signal, end: resolve, throw: reject });
      }),
    policy,
    clock,
    log,
  });
  const session = new RecordingSession();
  const check = (checkId: string, baseUrl = here, from = session) =>
    checks.check({ type: 'reach.check', checkId, baseUrl }, from);
  const at = (index: number) => {
    const probe = probes[index];
    if (!probe) throw new Error(`only ${probes.length} probes were begun`);
    return probe;
  };
  return { clock, log, probes, checks, session, check, at };
}

describe('a reach check', () => {
  it('is answered with what the probe found, and logged', async () => {
    const { clock, log, session, check, at } = begin();
    check('check-1');
    expect(at(0)).toMatchObject({ baseUrl: here });
    at(0).end(live);
    await settle();
    expect(session.sent).toEqual([{ type: 'reach.result', checkId: 'check-1', found: live }]);
    expect(log.lines).toEqual([{ level: 'info', phrase: 'reach checked', fields: { baseUrl: here, found: 'live' } }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('shares the request with others of the same base URL that come meanwhile, each answered by its own id', async () => {
    const { probes, session, check, at } = begin();
    const second = new RecordingSession();
    check('check-1');
    check('check-2');
    check('check-3', here, second);
    expect(probes).toHaveLength(1);
    at(0).end(live);
    await settle();
    expect(session.sent).toMatchObject([{ checkId: 'check-1' }, { checkId: 'check-2' }]);
    expect(second.sent).toMatchObject([{ checkId: 'check-3' }]);
    check('check-4');
    expect(probes).toHaveLength(2);
  });

  it('waits when many are under way, and begins when one has ended', async () => {
    const { probes, check, at } = begin();
    for (let index = 0; index < 10; index++) check(`check-${index}`, `https://i${index}.example.com`);
    expect(probes).toHaveLength(8);
    at(3).end(live);
    await settle();
    expect(probes.map(({ baseUrl }) => baseUrl)).toEqual(
      Array.from({ length: 9 }, (_, index) => `https://i${index}.example.com`),
    );
  });

  it('is answered in time, whatever the probe does, and the request is dropped', async () => {
    const { clock, session, check, at } = begin();
    check('check-1');
    clock.advance(17_999);
    expect(session.sent).toEqual([]);
    clock.advance(1);
    expect(session.sent).toMatchObject([
      { checkId: 'check-1', found: { kind: 'unreachable', failure: { code: 'delegate-full' } } },
    ]);
    expect(at(0).signal.aborted).toBe(true);
    at(0).end(live);
    await settle();
    expect(session.sent).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that the policy forbids is refused, and nothing is asked', () => {
    const { probes, session, check, log } = begin({ hosts: ['*.example.com'], taskTypes: [] });
    check('check-1');
    check('check-2', 'https://a.example.com/');
    expect(session.sent).toMatchObject([
      {
        checkId: 'check-1',
        found: {
          kind: 'refused',
          failure: { code: 'policy-refused', message: expect.stringContaining('example.service-now.com') },
        },
      },
    ]);
    expect(probes.map(({ baseUrl }) => baseUrl)).toEqual(['https://a.example.com/']);
    expect(log.lines[0]).toMatchObject({ phrase: 'reach checked', fields: { found: 'refused' } });
  });

  it('whose probe throws is answered as a fault of the delegate, and the log has the error', async () => {
    const { session, check, at, log } = begin();
    check('check-1');
    at(0).throw(new TypeError('not a function'));
    await settle();
    expect(session.sent).toMatchObject([{ found: { kind: 'unreachable', failure: { code: 'delegate-fault' } } }]);
    expect(JSON.stringify(session.sent)).not.toContain('not a function');
    expect(log.lines[0]).toMatchObject({ level: 'error', phrase: 'reach check threw' });
  });

  it('is answered with a failure that the protocol allows, however long its words are', async () => {
    const { session, check, at } = begin();
    check('check-1');
    const found = failure('servicenow-not-json', 'm'.repeat(20_000), 'r'.repeat(20_000));
    at(0).end({ kind: 'not-live', failure: found });
    await settle();
    const [answer] = session.sent;
    expect(compileCheck(messages['reach.result'].schema)(answer)).toEqual({ value: answer });
  });
});

describe('when a session is over', () => {
  it('what was asked in it is dropped, and what was asked in another is not', async () => {
    const { checks, clock, session, check, at } = begin();
    const next = new RecordingSession();
    check('check-1');
    check('check-2', 'https://both.example.com');
    check('check-3', 'https://both.example.com', next);
    checks.keepOnly(next);
    expect([at(0).signal.aborted, at(1).signal.aborted]).toEqual([true, false]);
    at(0).end(live);
    at(1).end(live);
    await settle();
    expect(session.sent).toEqual([]);
    expect(next.sent).toMatchObject([{ checkId: 'check-3' }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('a new check of the same base URL asks anew', async () => {
    const { checks, probes, check, at } = begin();
    const next = new RecordingSession();
    check('check-1');
    checks.keepOnly(next);
    check('check-2', here, next);
    expect(probes).toHaveLength(2);
    at(0).end({ kind: 'unreachable', failure: failure('servicenow-unreachable', 'aborted', '') });
    await settle();
    expect(next.sent).toEqual([]);
    at(1).end(live);
    await settle();
    expect(next.sent).toMatchObject([{ checkId: 'check-2', found: live }]);
  });
});
