import type { Failure } from '#protocol/failure.ts';
import type { Changes, Params, Result } from '#protocol/task-types.ts';
import type { GroupSize } from './poll-groups.ts';
import { readDateTime, writeDateTime } from './stored-values.ts';

/**
 * What a poll group as a whole knows. A small group reads all its tickets at each look, which misses nothing. A large one
 * asks which tickets have changed, reads those, and every ticket now and then.
 */
export interface Watch {
  readonly tickets: Followed;
  readonly approvals: Followed;
  /** When changes were last asked for; 0: never. */
  readonly askedAt: number;
  /** When the changes were last known in full; undefined: never, or they cannot be asked for. */
  readonly followedAt: number | undefined;
  /** Not asked for again before: the instance refuses the question. */
  readonly refusedUntil: number;
  readonly failuresInRow: number;
  /** Why nothing is asked now, and until when. */
  readonly held: { readonly untilMs: number; readonly because: string } | undefined;
  readonly lastFailure: Failure | undefined;
}

/** How far the changes of a table have been followed, in stored times of the instance (trap 33). */
export interface Followed {
  /** Changes that were stamped from then on are asked for; undefined: where the table stands is not known. */
  readonly since: string | undefined;
  /** The newest stamp that was seen. */
  readonly upTo: string | undefined;
  /** When it was asked what first told of it. */
  readonly seenAt: number;
  /** The rows stamped from `since` on that were heard of, by their versions, with their stamps. */
  readonly heard: Readonly<Record<string, string>>;
}

const unfollowedTable: Followed = { since: undefined, upTo: undefined, seenAt: 0, heard: {} };

export const unwatched: Watch = {
  tickets: unfollowedTable,
  approvals: unfollowedTable,
  askedAt: 0,
  followedAt: undefined,
  refusedUntil: 0,
  failuresInRow: 0,
  held: undefined,
  lastFailure: undefined,
};

/**
 * As many tickets as one request takes: 180 sys_ids of 35 bytes each leave room for the names of the fields below what
 * ServiceNow takes for an address (trap 37).
 */
export const mostPerRead = 180;

/** Up to here reading every ticket costs no more than asking for changes, and misses nothing. */
export function isLarge(members: number): boolean {
  return members > mostPerRead;
}

/** A change is stamped before it is committed, nodes' clocks differ, and replicas lag: so much is read again. */
const overlapMs = 60_000;
/** Of an empty table everything that comes is new. */
const ever = '1970-01-01 00:00:00';
/** How long an instance that refuses the question is not asked it. */
const refusedMs = 3_600_000;
/** A question that is not answered, such as where all delegates are older than it, must not stop the gates. */
const mostFailures = 3;
const unansweredMs = 300_000;
/** A look that comes for another reason asks as well when the time for it has nearly come. */
const nearly = 0.8;

/** What a look is to do of changes: ask for them, go by what was asked just now, or read every ticket by itself. */
export function planLook(watch: Watch, { members, intervalMs }: GroupSize, now: number): 'ask' | 'asked' | 'read-all' {
  if (!isLarge(members) || now < watch.refusedUntil) return 'read-all';
  return distance(now, watch.askedAt) < nearly * intervalMs ? 'asked' : 'ask';
}

/** Whether no change since the last look can have been missed: then a ticket need not be read to know that it is as it was. */
export function isFollowed({ followedAt }: Watch, intervalMs: number, now: number): boolean {
  return followedAt !== undefined && distance(now, followedAt) < 2 * intervalMs;
}

/** What to ask next. */
export function changesSince(table: string, { tickets, approvals }: Watch): Params<'ticket.changes'> {
  return {
    table,
    ...(tickets.since === undefined ? {} : { ticketsSince: tickets.since }),
    ...(approvals.since === undefined ? {} : { approvalsSince: approvals.since }),
  };
}

/** What an answer leads to: what is to be known from now on, and the tickets to read now; `all`: it cannot tell which. */
export interface Learnt {
  readonly watch: Watch;
  readonly changed: readonly string[] | 'all';
}

/** Takes an answer to a question that was asked at `askedAt`. */
export function learnChanges(watch: Watch, answer: Result<'ticket.changes'>, askedAt: number): Learnt {
  if (answer.tickets.kind === 'refused')
    return { watch: { ...watch, askedAt, ...unfollowed(askedAt + refusedMs) }, changed: 'all' };
  const tickets = follow(watch.tickets, answer.tickets, askedAt);
  const approvals =
    // That the user may not see approvals hides whom a ticket waits for, and no change of the ticket itself.
    answer.approvals.kind === 'refused'
      ? { followed: unfollowedTable, changed: [] }
      : follow(watch.approvals, answer.approvals, askedAt);
  const next: Watch = {
    ...watch,
    tickets: tickets.followed,
    approvals: approvals.followed,
    askedAt,
    followedAt: askedAt,
    failuresInRow: 0,
    lastFailure: undefined,
  };
  const isAll = tickets.changed === 'all' || approvals.changed === 'all';
  return { watch: next, changed: isAll ? 'all' : [...new Set([...tickets.changed, ...approvals.changed])] };
}

interface Step {
  readonly followed: Followed;
  readonly changed: readonly string[] | 'all';
}

/**
 * Takes an answer for one table. Of rows that are told again because of the overlap only those count that were not heard
 * of in this version. A stamp that was still the newest when the overlap was over is asked for no more.
 */
function follow(
  before: Followed,
  { rows, newest, complete }: Extract<Changes, { kind: 'read' }>,
  askedAt: number,
): Step {
  const isNewer = isMoment(newest) && (before.upTo === undefined || newest > before.upTo);
  const upTo = isNewer ? newest : before.upTo;
  const seenAt = isNewer ? askedAt : before.seenAt;
  const upToMs = upTo === undefined ? undefined : readDateTime(upTo);
  const since =
    upToMs === undefined ? ever : writeDateTime(upToMs + (askedAt - seenAt < overlapMs ? -overlapMs : 1_000));
  const heard = rows.filter(({ stampedAt }) => stampedAt >= since).map((row) => [row.version, row.stampedAt]);
  const followed = { since, upTo, seenAt, heard: Object.fromEntries(heard) };
  // What changed between the readings of the tickets and the first question may be in no answer.
  if (before.since === undefined || !complete) return { followed, changed: 'all' };
  const changed = rows.filter(({ version, stampedAt }) => before.heard[version] !== stampedAt);
  return { followed, changed: changed.map(({ ticket }) => ticket) };
}

/** Databases have stamps such as `0000-00-00 00:00:00`, which have the form of a moment and are none. */
function isMoment(stored: string | undefined): stored is string {
  return stored !== undefined && readDateTime(stored) !== undefined;
}

/** Takes a failure to answer. What was read up to stays: when it is answered again, nothing has been missed. */
export function learnFailure(watch: Watch, lastFailure: Failure, askedAt: number): Watch {
  const failing = { ...watch, askedAt, failuresInRow: watch.failuresInRow + 1, lastFailure };
  return failing.failuresInRow < mostFailures ? failing : { ...failing, ...unfollowed(askedAt + unansweredMs) };
}

/** Every ticket is to be read by itself, until the changes are asked for again, as if for the first time. */
export function unfollowed(refusedUntil: number): Partial<Watch> {
  const tables = { tickets: unfollowedTable, approvals: unfollowedTable };
  return { ...tables, followedAt: undefined, refusedUntil, failuresInRow: 0 };
}

/** A time that is far ahead was noted before the clock was put back: it is as good as none. */
function distance(now: number, at: number): number {
  return Math.abs(now - at);
}
