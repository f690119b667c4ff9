import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import type { Candidate } from '../../../manager/core/delegates.ts';
import { writeTime } from '../../../manager/core/time-text.ts';
import { explain, explainTask } from '../../../manager/core/why.ts';
import { candidate, demand } from './candidates.ts';
import { assignment, endedAttempt, failed, now as recordsNow, taskRecord } from './task-records.ts';

const now = 100_000;

function why(selectors: string[], candidates: Candidate[]): string {
  return explain(demand({ type: 'connection.test', selectors }), candidates, now).summary;
}

describe('why a task waits', () => {
  it('says that no delegate has ever connected', () => {
    expect(why([], [])).toBe('no delegate has ever connected');
  });

  it('names the missing selector, the nearest one, and who was considered', () => {
    expect(why(['dc2'], [candidate('a'), candidate('b')])).toBe(
      'no delegate holds the selector "dc2" (the nearest is "dc1"); considered: a (lacks "dc2"), b (lacks "dc2")',
    );
  });

  it('offers no nearest selector when none is similar', () => {
    expect(why(['mainframe-west'], [candidate('a')])).not.toContain('nearest');
  });

  it('tells a delegate that is down from a selector that never existed', () => {
    const down = candidate('b', { tags: ['dc2'], state: 'offline' });
    expect(why(['dc2'], [candidate('a'), down])).toContain(
      'no delegate with the selector "dc2" is online now, though one has been',
    );
  });

  it('tells that no single delegate holds all selectors', () => {
    const others = [candidate('a'), candidate('b', { tags: ['prod'] })];
    expect(why(['dc1', 'prod'], others)).toContain('no single delegate holds all of dc1, prod');
  });

  it('tells that those who could take it are full', () => {
    expect(why(['dc1'], [candidate('a', { freeSlots: 0 })])).toBe(
      'every online delegate that could take it is full; considered: a (full: no free slot)',
    );
  });

  it('does not blame the policy of one for others that are down', () => {
    const refusing = candidate('a', { policy: { taskTypes: ['ticket.read'] } });
    expect(why(['dc1'], [refusing, candidate('b', { state: 'offline' })])).toMatch(
      /^no delegate that could take it is online; considered: a \(its policy .*\), b \(offline/,
    );
  });

  it('tells since when a delegate is gone', () => {
    expect(why([], [candidate('a', { state: 'offline' })])).toContain('a (offline, last seen 30 s ago)');
  });

  it('names those that come near, and counts the others of a large fleet', () => {
    const far = Array.from({ length: 20 }, (_, n) => candidate(`f${n}`, { tags: [] }));
    const summary = why(['dc1'], [...far, candidate('near', { freeSlots: 0 })]);
    expect(summary).toMatch(/considered: near \(full: no free slot\), f0 .* and 13 more$/);
  });

  it('tells that it is being taken', () => {
    expect(why(['dc1'], [candidate('a')])).toContain('a delegate can take it');
  });

  it.each([
    { change: { state: 'stuck' as const }, says: 'stuck: it heartbeats and answers no canary' },
    { change: { state: 'pending' as const }, says: "waits for an administrator's approval" },
    { change: { state: 'joining' as const }, says: 'has just connected and has not answered its first canary' },
    { change: { state: 'draining' as const }, says: 'every online delegate that could take it is draining' },
    { change: { standing: { kind: 'unchecked' as const } }, says: 'first checks that it reaches the instance' },
    { change: { policy: { hosts: ['other.example.org'] } }, says: 'does not allow the host example.service-now.com' },
    { change: { policy: { taskTypes: ['ticket.read'] } }, says: 'does not allow the task type connection.test' },
    {
      change: { standing: { kind: 'set-aside' as const, untilMs: 400_000, because: 'ECONNREFUSED' } },
      says: 'a (set aside until 1970-01-01 00:06:40 UTC, so tried last: ECONNREFUSED)',
    },
  ])('says "$says"', ({ change, says }) => {
    expect(why(['dc1'], [candidate('a', change)])).toContain(says);
  });
});

describe('why a task that has been tried stands as it does', () => {
  const tell = (record: Parameters<typeof explainTask>[0]) =>
    explainTask(record, [candidate('a', { tags: [] })], recordsNow, 75_000);

  it('names who has it, and when it would go to another', () => {
    const record = taskRecord({ state: 'running', attempt: 1, assignment: assignment({ leaseUntil: recordsNow + 1 }) });
    const { summary, givesUpAt } = tell(record);
    expect(summary).toContain('delegate a has it, and runs it, since');
    expect(summary).toContain(`to another one at ${writeTime(recordsNow + 75_001)}`);
    expect(givesUpAt).toBe(new Date(record.spec.deadlineAt).toISOString());
  });

  it.each([
    { change: { state: 'offline' as const }, leaseUntil: recordsNow + 5_000, state: 'offline' },
    { change: {}, leaseUntil: recordsNow - 1, state: 'online' },
  ])('says that who was given it does not say that it has it, being $state', ({ change, leaseUntil, state }) => {
    const record = taskRecord({ state: 'running', attempt: 1, assignment: assignment({ leaseUntil }) });
    const { summary, remedy } = explainTask(record, [candidate('a', { id: 'a.1', ...change })], recordsNow, 75_000);
    expect(summary).toContain('delegate a was given it at');
    expect(summary).toContain(`is ${state} now, and does not say that it still has it`);
    expect(remedy).toContain('Look at the delegate');
  });

  it('says that it is being cancelled, and promises no other attempt', () => {
    const record = taskRecord({
      state: 'running',
      attempt: 1,
      assignment: assignment(),
      cancelReason: 'cancelled by a caller',
    });
    const { summary } = explainTask(record, [candidate('a', { id: 'a.1' })], recordsNow, 75_000);
    expect(summary).toContain('it is being cancelled (cancelled by a caller), and ends at');
    expect(summary).not.toContain('goes to another one');
  });

  it('names the failure that it waits after, and until when', () => {
    const attempts = [endedAttempt(1, 'a.1', failed('servicenow-unreachable'))];
    const { summary } = tell(taskRecord({ attempt: 1, attempts, notBefore: recordsNow + 1_000 }));
    expect(summary).toContain(`waits until ${writeTime(recordsNow + 1_000)} for its next attempt`);
    expect(summary).toContain('attempt 1 on a.1: servicenow-unreachable');
  });

  it('tells how it ended, with the remedy of its failure', () => {
    const reason = failure('outcome-unknown', 'nobody knows', 'Look at ServiceNow.');
    const { summary, remedy, givesUpAt } = tell(taskRecord({ outcome: { kind: 'failed', failure: reason } }));
    expect(summary).toBe('it ended: failed: nobody knows; no delegate ever had it');
    expect(remedy).toBe('Look at ServiceNow.');
    expect(givesUpAt).toBeUndefined();
  });
});

it('writes times as people read them', () => {
  expect(writeTime(1_700_000_000_123)).toBe('2023-11-14 22:13:20 UTC');
});
