import type { ApprovalView, Evidence } from '#protocol/approval.ts';
import type { Criteria } from '#protocol/criteria.ts';
import type { Failure } from '#protocol/failure.ts';
import type { FieldValue, PendingApprover } from '#protocol/ticket.ts';
import { describeCriteria } from './criteria.ts';
import { isoTime } from './task-record.ts';
import type { TaskOrigin } from './tasks.ts';

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
  /** Known from the first successful reading on. */
  readonly resolved: { readonly number: string; readonly sysId: string; readonly link: string } | undefined;
  readonly current: Readonly<Record<string, FieldValue>>;
  readonly waitingFor: readonly PendingApprover[] | undefined;
  readonly waitingBecause: string | undefined;
  readonly lastPolledAt: number | undefined;
  readonly nextPollAt: number;
  readonly lastFailure: Failure | undefined;
  /** Readings in a row that failed for a reason that would be final if it stayed. */
  readonly failuresInRow: number;
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

/** Shows a record as the API does. */
export function viewApproval({ spec, progress, end }: ApprovalRecord): ApprovalView {
  const { resolved, lastPolledAt, waitingFor, waitingBecause, lastFailure } = progress;
  return {
    id: spec.id,
    state: end?.state ?? 'waiting',
    connectorId: spec.origin.connectorId,
    ticket: {
      table: spec.table,
      number: resolved?.number ?? ('number' in spec.ticket ? spec.ticket.number : ''),
      sysId: resolved?.sysId ?? ('sysId' in spec.ticket ? spec.ticket.sysId : ''),
      link: resolved?.link ?? '',
    },
    criteria: {
      approve: describeCriteria(spec.approve),
      ...(spec.reject ? { reject: describeCriteria(spec.reject) } : {}),
    },
    ...(spec.window ? { window: { ...spec.window } } : {}),
    createdAt: isoTime(spec.createdAt),
    deadlineAt: isoTime(spec.deadlineAt),
    intervalMs: spec.intervalMs,
    current: { ...progress.current },
    ...(waitingFor && !end ? { waitingFor: [...waitingFor] } : {}),
    ...(waitingBecause !== undefined && !end ? { waitingBecause } : {}),
    ...(lastPolledAt === undefined ? {} : { lastPolledAt: isoTime(lastPolledAt) }),
    ...(lastFailure ? { lastFailure } : {}),
    ...(end ? { endedAt: isoTime(end.endedAt) } : { nextPollAt: isoTime(progress.nextPollAt) }),
    ...(end && 'evidence' in end ? { evidence: end.evidence } : {}),
    ...(end && 'failure' in end ? { failure: end.failure } : {}),
  };
}
