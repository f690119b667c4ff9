import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import type { Changes, Result } from '#protocol/task-types.ts';
import {
  changesSince,
  isFollowed,
  isLarge,
  learnChanges,
  learnFailure,
  mostPerRead,
  planLook,
  unwatched,
  type Watch,
} from '../../../manager/core/watch.ts';

const intervalMs = 60_000;
const start = Date.parse('2026-03-01T10:00:00Z');
const large = { members: mostPerRead + 1, intervalMs };
const failed = failure('servicenow-unreachable', 'connection refused', 'Wait.');
const stored = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
type ReadChanges = Extract<Changes, { kind: 'read' }>;
const quiet: ReadChanges = { kind: 'read', rows: [], newest: '2026-03-01 09:00:00', complete: true };
const row = (ticket: string, stampedAt = '2026-03-01 09:00:00', count = 1) => ({
  ticket,
  version: `${ticket}/${count}`,
  stampedAt,
});
const answer = (tickets: Changes, approvals: Changes = quiet): Result<'ticket.changes'> => ({ tickets, approvals });

/** What is known after a first question and a quiet table. */
const followed = learnChanges(unwatched, answer(quiet), start).watch;

describe('what a look does of changes', () => {
  it.each<[string, Partial<Watch>, number, number, ReturnType<typeof planLook>]>([
    ['a small group reads every ticket', {}, 180, start, 'read-all'],
    ['a large one asks', {}, 181, start, 'ask'],
    ['one that has asked just now goes by that', { askedAt: start }, 181, start + 47_999, 'asked'],
    ['one whose time has nearly come asks', { askedAt: start }, 181, start + 48_000, 'ask'],
    ['one that is refused reads every ticket', { refusedUntil: start + 1 }, 181, start, 'read-all'],
    ['one that was refused asks again', { refusedUntil: start }, 181, start, 'ask'],
    [
      'one that asked in the future, since the clock was put back, asks',
      { askedAt: start + 3_600_000 },
      181,
      start,
      'ask',
    ],
  ])('%s', (_what, change, members, now, plan) => {
    expect(planLook({ ...unwatched, ...change }, { members, intervalMs }, now)).toBe(plan);
  });

  it('is for as many as one reading takes to read them all', () => {
    expect([mostPerRead, mostPerRead + 1].map(isLarge)).toEqual([false, true]);
  });

  it.each([
    ['just asked', start, true],
    ['asked nearly two intervals ago', start + 119_999, true],
    ['asked two intervals ago', start + 120_000, false],
    ['asked a little later than now', start - 500, true],
    ['asked in the future, since the clock was put back', start - 3_600_000, false],
  ])('one is followed or not: %s', (_what, now, expected) => {
    expect(isFollowed(followed, intervalMs, now)).toBe(expected);
    expect(isFollowed(unwatched, intervalMs, now)).toBe(false);
  });
});

describe('asking for changes', () => {
  it('begins a minute before the newest stamp that was seen, of each table by itself (trap 33)', () => {
    expect(changesSince('change_request', unwatched)).toEqual({ table: 'change_request' });
    const told = answer({ ...quiet, newest: '2026-03-01 00:00:30' }, { ...quiet, newest: '2026-01-01 12:00:00' });
    expect(changesSince('change_request', learnChanges(unwatched, told, start).watch)).toEqual({
      table: 'change_request',
      ticketsSince: '2026-02-28 23:59:30',
      approvalsSince: '2026-01-01 11:59:00',
    });
  });

  it('asks no more for a stamp that was still the newest after a minute', () => {
    const since = (watch: Watch) => changesSince('change_request', watch).ticketsSince;
    const early = learnChanges(followed, answer(quiet), start + 59_999).watch;
    expect(since(early)).toBe('2026-03-01 08:59:00');
    const settled = learnChanges(early, answer(quiet), start + 60_000).watch;
    expect(since(settled)).toBe('2026-03-01 09:00:01');
    expect(since(learnFailure(early, failed, start + 60_000))).toBe('2026-03-01 08:59:00');
    const none: Changes = { kind: 'read', rows: [], complete: true };
    expect(since(learnChanges(settled, answer(none), start + 120_000).watch)).toBe('2026-03-01 09:00:01');
    const moved = learnChanges(settled, answer({ ...quiet, newest: '2026-03-01 10:02:00' }), start + 120_000).watch;
    expect(since(moved)).toBe('2026-03-01 10:01:00');
  });

  it('goes by the tickets and the approvals that are told', () => {
    const told = answer({ ...quiet, rows: [row('a')] }, { ...quiet, rows: [row('b')] });
    expect(learnChanges(followed, told, start + 1).changed).toEqual(['a', 'b']);
  });

  it('hears of a change once, however often the overlap brings its row again, and of the next one', () => {
    const hear = (watch: Watch, ...rows: ReadChanges['rows']) =>
      learnChanges(watch, answer({ ...quiet, rows }), start + 1);
    const once = hear(followed, row('a'));
    expect(once.changed).toEqual(['a']);
    const again = hear(once.watch, row('a'), row('b'));
    expect(again.changed).toEqual(['b']);
    expect(hear(again.watch, row('a', '2026-03-01 09:00:00', 2), row('b')).changed).toEqual(['a']);
    expect(hear(again.watch, row('a', '2026-03-01 09:00:07'), row('b')).changed).toEqual(['a']);
  });

  it.each<[string, Watch, Result<'ticket.changes'>]>([
    ['the first answer', unwatched, answer(quiet)],
    ['more tickets have changed than are told', followed, answer({ ...quiet, complete: false })],
    ['more approvals have changed than are told', followed, answer(quiet, { ...quiet, complete: false })],
    ['the instance refuses the question', followed, answer({ kind: 'refused', reason: '403' })],
    ['the table is empty', unwatched, answer({ kind: 'read', rows: [], complete: true })],
    [
      'approvals are seen for the first time',
      { ...followed, approvals: unwatched.approvals },
      answer(quiet, { ...quiet, newest: '2026-03-01 10:00:00' }),
    ],
  ])('reads every ticket when it cannot tell which have changed: %s', (_what, watch, told) => {
    expect(learnChanges(watch, told, start).changed).toBe('all');
  });

  it('goes by the tickets alone where approvals may not be seen', () => {
    const blind = learnChanges(unwatched, answer(quiet, { kind: 'refused', reason: '403' }), start).watch;
    const told = answer({ ...quiet, rows: [row('a')] }, { kind: 'refused', reason: '403' });
    expect(learnChanges(blind, told, start + intervalMs)).toMatchObject({
      changed: ['a'],
      watch: { followedAt: start + intervalMs },
    });
  });

  it.each(['0000-00-00 00:00:00', '2026-02-30 10:00:00', '2026-13-01 00:00:00', '2026-03-01 25:00:00'])(
    'takes no stamp that is no moment for where it has read up to: %s',
    (newest) => {
      const told = learnChanges(followed, answer({ ...quiet, rows: [row('a', newest)], newest }), start + 1);
      expect(told.changed).toEqual(['a']);
      expect(changesSince('change_request', told.watch)).toEqual(changesSince('change_request', followed));
      expect(
        changesSince('change_request', learnChanges(unwatched, answer({ ...quiet, newest }), start).watch),
      ).toEqual({
        table: 'change_request',
        ticketsSince: '1970-01-01 00:00:00',
        approvalsSince: '2026-03-01 08:59:00',
      });
    },
  );

  it('never goes back', () => {
    const earlier = answer({ ...quiet, newest: '2026-02-01 00:00:00' });
    expect(learnChanges(followed, earlier, start).watch.tickets).toEqual(followed.tickets);
  });

  it('does not ask an instance that refuses for an hour, and then as if for the first time', () => {
    const { watch } = learnChanges(followed, answer({ kind: 'refused', reason: '403' }), start);
    expect(watch.followedAt).toBeUndefined();
    expect(planLook(watch, large, start + 3_599_999)).toBe('read-all');
    expect(planLook(watch, large, start + 3_600_000)).toBe('ask');
    expect(watch.tickets).toEqual(unwatched.tickets);
  });

  it('reads every ticket by itself after three failures, for five minutes', () => {
    const once = learnFailure(followed, failed, start);
    const twice = learnFailure(once, failed, start + intervalMs);
    const thrice = learnFailure(twice, failed, start + 2 * intervalMs);
    expect([once, twice, thrice].map(({ failuresInRow }) => failuresInRow)).toEqual([1, 2, 0]);
    expect([once, twice, thrice].map(({ followedAt }) => followedAt)).toEqual([start, start, undefined]);
    expect(planLook(thrice, large, start + 2 * intervalMs + 299_999)).toBe('read-all');
    expect(planLook(thrice, large, start + 2 * intervalMs + 300_000)).toBe('ask');
  });

  it('forgets failures when it is answered', () => {
    const once = learnFailure(followed, failed, start);
    expect(learnChanges(once, answer(quiet), start).watch).toMatchObject({ failuresInRow: 0, lastFailure: undefined });
  });
});

/** A table of an instance, and what its answers tell: rows are stamped, and seen only once they are committed. */
class StampedTable {
  readonly #rows = new Map<string, { readonly stamp: string; readonly count: number }>();
  #uncommitted: { readonly sysId: string; readonly stamp: string; readonly committedAt: number }[] = [];

  change(sysId: string, stampedAt: number, committedAt: number): void {
    this.#uncommitted.push({ sysId, stamp: stored(stampedAt), committedAt });
  }

  tell(since: string | undefined, now: number, mostRows: number): Changes {
    for (const { sysId, stamp } of this.#uncommitted.filter(({ committedAt }) => committedAt <= now))
      this.#rows.set(sysId, { stamp, count: (this.#rows.get(sysId)?.count ?? 0) + 1 });
    this.#uncommitted = this.#uncommitted.filter(({ committedAt }) => committedAt > now);
    const matching = [...this.#rows]
      .map(([sysId, { stamp, count }]) => row(sysId, stamp, count))
      .filter(({ stampedAt }) => stampedAt >= (since ?? ''))
      .sort((a, b) => (a.stampedAt > b.stampedAt ? -1 : 1));
    const rows = matching.slice(0, mostRows);
    const newest = rows.map(({ stampedAt }) => stampedAt).find((stamp) => stamp <= stored(now));
    return { kind: 'read', rows, ...(newest === undefined ? {} : { newest }), complete: matching.length <= mostRows };
  }
}

type Step =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'change'; readonly of: 'tickets' | 'approvals'; readonly ticket: number; readonly lateMs: number }
  | { readonly kind: 'import'; readonly of: 'tickets' | 'approvals'; readonly ticket: number }
  | { readonly kind: 'ask'; readonly refused: 'nothing' | 'tickets' | 'approvals' }
  | { readonly kind: 'fail' };

const anyOf = fc.constantFrom('tickets' as const, 'approvals' as const);
const anyTicket = fc.integer({ min: 0, max: 7 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 90_000 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      of: anyOf,
      ticket: anyTicket,
      lateMs: fc.integer({ min: 0, max: 58_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('import' as const), of: anyOf, ticket: anyTicket }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      refused: fc.constantFrom('nothing' as const, 'nothing' as const, 'tickets' as const, 'approvals' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const) }) },
);

describe('whatever an instance stamps', () => {
  it('is told by a later answer, or every ticket is read (traps 33 and 34)', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, mostRows) => {
        const tables = { tickets: new StampedTable(), approvals: new StampedTable() };
        let watch = unwatched;
        let now = start;
        let untold: { readonly ticket: string; readonly committedAt: number; readonly of: string }[] = [];
        const ask = (refused: 'nothing' | 'tickets' | 'approvals') => {
          const { ticketsSince, approvalsSince } = changesSince('change_request', watch);
          const hidden: Changes = { kind: 'refused', reason: 'a query ACL' };
          const told = learnChanges(
            watch,
            {
              tickets: refused === 'tickets' ? hidden : tables.tickets.tell(ticketsSince, now, mostRows),
              approvals: refused === 'approvals' ? hidden : tables.approvals.tell(approvalsSince, now, mostRows),
            },
            now,
          );
          watch = told.watch;
          untold = untold.filter(({ ticket, committedAt, of }) => {
            if (committedAt > now || (of === 'approvals' && refused === 'approvals')) return true;
            return told.changed !== 'all' && !told.changed.includes(ticket);
          });
        };
        for (const step of steps)
          switch (step.kind) {
            case 'pass':
              now += step.ms;
              break;
            case 'change':
            case 'import': {
              const stampedAt = step.kind === 'import' ? Date.parse('2030-01-01T00:00:00Z') : now;
              const committedAt = now + (step.kind === 'import' ? 0 : step.lateMs);
              tables[step.of].change(String(step.ticket), stampedAt, committedAt);
              untold = [...untold, { ticket: String(step.ticket), committedAt, of: step.of }];
              break;
            }
            case 'ask':
              ask(step.refused);
              break;
            case 'fail':
              watch = learnFailure(watch, failed, now);
          }
        now += 60_000;
        ask('nothing');
        expect(untold).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
