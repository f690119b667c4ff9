import type { Failure } from '#protocol/failure.ts';
import type { Changes, Params, Result } from '#protocol/task-types.ts';
import type { GroupSize } from './poll-groups.ts';

/**
 * What a poll group as a whole knows. A small group reads all its tickets at each look, which misses nothing. A large one
 * asks which tickets have changed, reads those, and every ticket now and then.
 */
export interface Watch {
  readonly tickets: ReadUpTo | undefined;
  readonly approvals: ReadUpTo | undefined;
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

/** Where the changes were read up to. */
interface ReadUpTo {
  /** The newest stamp that was seen, as a stored time of the instance (trap 33). */
  readonly stamp: string;
  /** When it was asked what first told it. */
  readonly seenAt: number;
  /** Whether nothing more can come that is stamped so, or before. */
  readonly isSettled: boolean;
}

export const unwatched: Watch = {
  tickets: undefined,
  approvals: undefined,
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

/** A change is stamped before it is committed, nodes' clocks differ, and replicas lag (section 9.6): so much is read again. */
const overlapMs = 60_000;
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

/** What to ask next: everything since where the last answer ended, less the overlap. */
export function changesSince(table: string, { tickets, approvals }: Watch): Params<'ticket.changes'> {
  return {
    table,
    ...(tickets ? { ticketsSince: sinceOf(tickets) } : {}),
    ...(approvals ? { approvalsSince: sinceOf(approvals) } : {}),
  };
}

/** What an answer leads to: what is to be known from now on, and the tickets to read now; `all`: it cannot tell which. */
export interface Learnt {
  readonly watch: Watch;
  readonly changed: readonly string[] | 'all';
}

/** Takes an answer to a question that was asked at `askedAt`. */
export function learnChanges(watch: Watch, { tickets, approvals }: Result<'ticket.changes'>, askedAt: number): Learnt {
  if (tickets.kind === 'refused')
    return { watch: { ...watch, askedAt, ...unfollowed(askedAt + refusedMs) }, changed: 'all' };
  const next: Watch = {
    ...watch,
    tickets: moveOn(watch.tickets, tickets, askedAt),
    approvals: moveOn(watch.approvals, approvals, askedAt),
    askedAt,
    followedAt: askedAt,
    failuresInRow: 0,
    lastFailure: undefined,
  };
  // What changed between the readings of the tickets and the first question is in no answer.
  const isFirst = !watch.tickets || (!watch.approvals && next.approvals !== undefined);
  if (isFirst || !isComplete(tickets) || !isComplete(approvals)) return { watch: next, changed: 'all' };
  return { watch: next, changed: [...tickets.sysIds, ...(approvals.kind === 'read' ? approvals.sysIds : [])] };
}

/** Takes a failure to answer. What was read up to stays: when it is answered again, nothing has been missed. */
export function learnFailure(watch: Watch, lastFailure: Failure, askedAt: number): Watch {
  const failing = { ...watch, askedAt, failuresInRow: watch.failuresInRow + 1, lastFailure };
  return failing.failuresInRow < mostFailures ? failing : { ...failing, ...unfollowed(askedAt + unansweredMs) };
}

/** Every ticket is to be read by itself, until the changes are asked for again. */
function unfollowed(refusedUntil: number): Pick<Watch, 'followedAt' | 'refusedUntil' | 'failuresInRow'> {
  return { followedAt: undefined, refusedUntil, failuresInRow: 0 };
}

/** That the user may not see approvals hides whom a ticket waits for, and no change of the ticket itself. */
function isComplete(changes: Changes): boolean {
  return changes.kind === 'refused' || changes.complete;
}

/** A time that is far ahead was noted before the clock was put back: it is as good as none. */
function distance(now: number, at: number): number {
  return Math.abs(now - at);
}

function sinceOf({ stamp, isSettled }: ReadUpTo): string {
  const at = Date.parse(`${stamp.replace(' ', 'T')}Z`) + (isSettled ? 1_000 : -overlapMs);
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * A stamp that was still the newest when the overlap was over is asked for no more: else what changed last in a table
 * that is quiet would be told, and read, again and again.
 */
function moveOn(upTo: ReadUpTo | undefined, changes: Changes, askedAt: number): ReadUpTo | undefined {
  if (changes.kind === 'refused') return upTo;
  const { newest } = changes;
  if (newest !== undefined && (!upTo || newest > upTo.stamp))
    return { stamp: newest, seenAt: askedAt, isSettled: false };
  return upTo && askedAt - upTo.seenAt >= overlapMs ? { ...upTo, isSettled: true } : upTo;
}
