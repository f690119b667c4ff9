import type { ApprovalView, Evidence, EvidenceOfReading, Reading, Webhook } from '#protocol/approval.ts';
import type { Criteria } from '#protocol/criteria.ts';
import type { Failure } from '#protocol/failure.ts';
import type { PendingApprover } from '#protocol/ticket.ts';
import { describeCriteria } from './criteria.ts';
import { isFollowable, readWindow, warnOfShortWindow } from './gate-decision.ts';
import { shownUrl } from './shown-url.ts';
import { isoTime } from './task-record.ts';
import type { TaskOrigin } from './tasks.ts';
import { unwatched, type Watch } from './watch.ts';

/** What was asked for; it never changes. Times are milliseconds since the epoch. */
export interface ApprovalSpec {
  readonly id: string;
  /** Names all approvals that one read can serve: same instance, same user, same route, same table. */
  readonly groupId: string;
  readonly origin: TaskOrigin;
  readonly table: string;
  /** Exactly as the caller named the ticket. */
  readonly ticket: { readonly number: string } | { readonly sysId: string };
  readonly approve: Criteria;
  readonly reject: Criteria | undefined;
  readonly window: { readonly startField: string; readonly endField: string } | undefined;
  readonly intervalMs: number;
  /** How long what the gate holds up takes: a window that is shorter is warned of. */
  readonly expectedDurationMs: number | undefined;
  /** Where its end is told; how that goes is in the deliveries. */
  readonly webhook: Webhook | undefined;
  readonly workNotes: boolean;
  /** What could not be checked, or is odd, when it was started. */
  readonly warnings: readonly string[];
  readonly createdAt: number;
  readonly deadlineAt: number;
}

/** What polling has learnt so far. */
export interface ApprovalProgress {
  /** The last one that succeeded. */
  readonly reading: Reading | undefined;
  /** When that reading was given out: what was given out before it tells nothing new. Absent: never. */
  readonly begunAt?: number;
  /** Undefined: not known. */
  readonly waitingFor: readonly PendingApprover[] | undefined;
  readonly waitingBecause: string;
  /** When the ticket, or whom it waits for, was last seen to differ from the reading before. */
  readonly changedAt: number | undefined;
  readonly lastPolledAt: number | undefined;
  readonly nextPollAt: number;
  readonly lastFailure: Failure | undefined;
  /** Readings in a row, an interval apart, that failed for a reason that would be final if it stayed. */
  readonly failuresInRow: number;
  /** When the last of them was counted. */
  readonly failedAt?: number;
  /** Its reading failed by itself, for what may be a reason of this ticket alone: then no other is read with it. */
  readonly isReadAlone?: boolean;
}

/** How an approval ends. That `approved` needs a reading is invariant 9: without it, this cannot be written down. */
export type ApprovalEnd =
  | { readonly state: 'approved'; readonly evidence: EvidenceOfReading }
  | { readonly state: 'rejected'; readonly evidence: EvidenceOfReading }
  | { readonly state: 'expired'; readonly evidence: Evidence; readonly failure: Failure }
  | { readonly state: 'failed'; readonly evidence: Evidence; readonly failure: Failure }
  | { readonly state: 'cancelled'; readonly evidence: Evidence };

export interface ApprovalRecord {
  readonly spec: ApprovalSpec;
  readonly progress: ApprovalProgress;
  readonly end: (ApprovalEnd & { readonly endedAt: number }) | undefined;
}

/** Shows a record as the API does; `watch`: what its poll group as a whole knows. */
export function viewApproval({ spec, progress, end }: ApprovalRecord, watch: Watch = unwatched): ApprovalView {
  return {
    id: spec.id,
    state: end?.state ?? 'waiting',
    connectorId: spec.origin.connectorId,
    ticket: viewTicket(spec, progress),
    criteria: {
      approve: describeCriteria(spec.approve),
      ...(spec.reject ? { reject: describeCriteria(spec.reject) } : {}),
    },
    ...(spec.window ? { window: viewWindow(spec.window, progress) } : {}),
    ...(spec.expectedDurationMs === undefined ? {} : { expectedDurationMs: spec.expectedDurationMs }),
    ...(spec.webhook ? { webhook: { ...spec.webhook, url: shownUrl(spec.webhook.url) } } : {}),
    workNotes: spec.workNotes,
    warnings: [...spec.warnings, ...warningsOf(spec, progress, end?.endedAt)],
    createdAt: isoTime(spec.createdAt),
    deadlineAt: isoTime(spec.deadlineAt),
    intervalMs: spec.intervalMs,
    current: progress.reading?.ticket.fields ?? {},
    ...(end ? viewEnd(end, progress) : viewWaiting(spec, progress, watch)),
  };
}

function viewTicket({ table, ticket }: ApprovalSpec, { reading }: ApprovalProgress): ApprovalView['ticket'] {
  if (reading) return { table, number: reading.ticket.number, sysId: reading.ticket.sysId, link: reading.ticket.link };
  return {
    table,
    number: 'number' in ticket ? ticket.number : '',
    sysId: 'sysId' in ticket ? ticket.sysId : '',
    link: '',
  };
}

function viewWindow(
  window: { readonly startField: string; readonly endField: string },
  { reading }: ApprovalProgress,
): NonNullable<ApprovalView['window']> {
  const times = reading && readWindow(window, reading.ticket.fields);
  return { ...window, ...(times ? { startsAt: isoTime(times.startsAt), endsAt: isoTime(times.endsAt) } : {}) };
}

/** As of the end, or of the last poll. */
function warningsOf(
  { window, expectedDurationMs }: ApprovalSpec,
  { reading, lastPolledAt = 0 }: ApprovalProgress,
  endedAt = lastPolledAt,
): string[] {
  const times = window && reading && readWindow(window, reading.ticket.fields);
  if (!times || expectedDurationMs === undefined) return [];
  return [warnOfShortWindow(times, expectedDurationMs, endedAt)].flatMap((warning) => warning ?? []);
}

type Standing = Pick<
  ApprovalView,
  'waitingFor' | 'waitingBecause' | 'lastPolledAt' | 'nextPollAt' | 'lastFailure' | 'endedAt' | 'evidence' | 'failure'
>;

function viewWaiting(spec: ApprovalSpec, progress: ApprovalProgress, watch: Watch): Standing {
  const { reading, waitingFor, waitingBecause, lastPolledAt } = progress;
  const lastFailure = progress.lastFailure ?? watch.lastFailure;
  // That its group has not heard of a change is as good as a reading, where changes tell of all that the rules look at.
  const followedAt = reading && isFollowable(spec) ? (watch.followedAt ?? 0) : 0;
  const seenAt = Math.max(lastPolledAt ?? 0, followedAt);
  const dueAt = followedAt === 0 ? progress.nextPollAt : Math.min(progress.nextPollAt, followedAt + spec.intervalMs);
  return {
    ...(waitingFor ? { waitingFor: [...waitingFor] } : {}),
    waitingBecause: watch.held ? `${waitingBecause}; ${watch.held.because}` : waitingBecause,
    ...(seenAt === 0 ? {} : { lastPolledAt: isoTime(seenAt) }),
    nextPollAt: isoTime(Math.max(dueAt, watch.held?.untilMs ?? 0)),
    ...(lastFailure ? { lastFailure } : {}),
  };
}

function viewEnd(end: ApprovalEnd & { readonly endedAt: number }, progress: ApprovalProgress): Standing {
  const { lastPolledAt, lastFailure } = progress;
  return {
    ...(lastPolledAt === undefined ? {} : { lastPolledAt: isoTime(lastPolledAt) }),
    ...(lastFailure ? { lastFailure } : {}),
    endedAt: isoTime(end.endedAt),
    evidence: end.evidence,
    ...('failure' in end ? { failure: end.failure } : {}),
  };
}
