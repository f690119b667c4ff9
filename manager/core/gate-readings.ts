import type { Reading } from '#protocol/approval.ts';
import { type Failure, type FailureCode, failure } from '#protocol/failure.ts';
import type { PendingApprover } from '#protocol/ticket.ts';
import type { ApprovalProgress, ApprovalRecord } from './approval-record.ts';
import type { ApprovalStore } from './approval-store.ts';
import type { Approvals } from './approvals.ts';
import type { Clock } from './clock.ts';
import type { DeadEnds } from './dead-ends.ts';
import { decideGate, fieldsNeeded, type GateDecision, type GateRules, isFollowable } from './gate-decision.ts';
import type { Log } from './log.ts';
import type { Reread } from './poll-groups.ts';
import { nextReadingAt } from './poll-pace.ts';
import { isoTime } from './task-record.ts';
import type { Notices } from './waiters.ts';

/** What a poll found of one gate's ticket. */
export interface Found {
  readonly reading: Reading;
  /** The ticket was read after this. */
  readonly begunAt: number;
  /** The instance told just now that the ticket changed: a reading that does not show it may lag behind. */
  readonly isTold: boolean;
  /** Undefined: not known. */
  readonly waitingFor: readonly PendingApprover[] | undefined;
}

interface FailedHow {
  readonly isReadAlone?: boolean;
  readonly isOfOther?: boolean;
}

interface Deps {
  readonly store: ApprovalStore;
  readonly approvals: Approvals;
  readonly deadEnds: Pick<DeadEnds, 'describe'>;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly log: Log;
}

/** Failures that are the gate's own fault. They end it at once; after a good reading only when they stay. */
const decisive: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'ticket-not-found',
  'ticket-unreadable',
  'ticket-ambiguous',
  'field-unknown',
  'servicenow-table-unknown',
  'servicenow-unauthenticated',
  'servicenow-forbidden',
  'servicenow-bad-request',
  'servicenow-redirect',
  'connector-gone',
]);
const decisiveInRow = 3;
/** A gate may be read before it is due, with others: failures that are closer together than this share of its interval are one. */
const apartShare = 0.8;
/** A gate that is read once a day must not lose a day to a lost connection. */
const longestRetryMs = 60_000;

/**
 * Takes what polls found, gate by gate: ends it, or says when it is read next; undefined when it has ended. Noise (network
 * errors, 429, 5xx, lost delegates, nobody to take the task) never ends a gate: it waits on, inside its deadline.
 * docs/decisions/0004.
 */
export class GateReadings {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** `isFollowed`: the changes of the group's tickets are asked for. */
  async take(record: ApprovalRecord, found: Found, isFollowed: boolean): Promise<Reread | undefined> {
    const { store, approvals, deadEnds, clock } = this.#deps;
    const { spec } = record;
    const now = clock.now();
    if (now >= spec.deadlineAt) {
      const known = await store.read(spec.id);
      if (known && !known.end) await approvals.expire(known);
      return undefined;
    }
    const reading = withFields(found.reading, fieldsNeeded(spec));
    const decision = decide(spec, reading, found.begunAt, now);
    if (decision.kind === 'unreadable') return this.fail(record, decision.failure, isFollowed);

    const isNews = differs(record.progress, reading, found.waitingFor);
    const changedAt = isNews || found.isTold ? now : record.progress.changedAt;
    const opensAt = decision.kind === 'waiting' ? decision.opensAt : undefined;
    const inVain = decision.kind === 'waiting' ? deadEnds.describe(spec, found.reading) : undefined;
    const waitingBecause = decision.kind === 'waiting' ? [decision.because, inVain].filter(Boolean).join('; ') : '';
    const nextPollAt = nextReadingAt(
      { intervalMs: spec.intervalMs, changedAt, opensAt, isFollowed: isFollowed && isFollowable(spec) },
      now,
    );
    const progress: ApprovalProgress = {
      reading,
      begunAt: found.begunAt,
      waitingFor: found.waitingFor,
      waitingBecause,
      changedAt,
      lastPolledAt: now,
      nextPollAt,
      lastFailure: undefined,
      failuresInRow: 0,
    };
    switch (decision.kind) {
      case 'waiting':
        await this.#save(record, progress, isNews || waitingBecause !== record.progress.waitingBecause);
        return { approvalId: spec.id, dueAt: nextPollAt, sysId: reading.ticket.sysId };
      case 'approved':
      case 'rejected': {
        const evidence = { rule: decision.rule, decidedAt: isoTime(now), reading };
        await approvals.end(record, progress, { state: decision.kind, evidence }, 'reading');
        return undefined;
      }
      case 'expired':
      case 'failed': {
        const evidence = { rule: decision.failure.message, decidedAt: isoTime(now), reading };
        await approvals.end(record, progress, { state: decision.kind, evidence, failure: decision.failure }, 'reading');
        return undefined;
      }
    }
  }

  /**
   * Takes a poll that failed for this gate; `isReadAlone`: from now on nobody is read with it, until it was read well;
   * `isOfOther`: it may have failed for what another gate asked that was read with it, so that it ends nothing.
   */
  async fail(
    record: ApprovalRecord,
    reason: Failure,
    isFollowed: boolean,
    { isReadAlone = record.progress.isReadAlone ?? false, isOfOther = false }: FailedHow = {},
  ): Promise<Reread | undefined> {
    const { store, approvals, clock, log } = this.#deps;
    const { spec } = record;
    // Where two managers look at once, after a lease was lost, the other one may have read it well meanwhile.
    const known = await store.read(spec.id);
    if (!known || known.end) return undefined;
    const { progress } = known;
    const now = clock.now();
    const isDecisive = decisive.has(reason.code) && !isOfOther;
    const counted = isDecisive && isCounted(progress, spec.intervalMs, now);
    const failuresInRow = progress.failuresInRow + (counted ? 1 : 0);
    const waitingBecause = progress.reading ? progress.waitingBecause : 'no poll has succeeded yet';
    const nextPollAt = now + (isDecisive ? spec.intervalMs : Math.min(spec.intervalMs, longestRetryMs));
    const failed = {
      ...progress,
      lastFailure: reason,
      failuresInRow,
      ...(counted ? { failedAt: now } : {}),
      isReadAlone,
      lastPolledAt: now,
      waitingBecause,
      nextPollAt,
    };
    log.warn({ approvalId: spec.id, code: reason.code, isDecisive, isFollowed }, 'poll failed');
    if (isDecisive && (!progress.reading || failuresInRow >= decisiveInRow)) {
      const evidence = approvals.evidenceOf(known, reason.message);
      await approvals.end(known, failed, { state: 'failed', evidence, failure: reason }, 'reading');
      return undefined;
    }
    await this.#save(known, failed, progress.lastFailure?.message !== reason.message);
    return { approvalId: spec.id, dueAt: nextPollAt, sysId: undefined };
  }

  async #save({ spec }: ApprovalRecord, progress: ApprovalProgress, isNews: boolean): Promise<void> {
    const { store, notices } = this.#deps;
    const saved = await store.saveProgress(spec.id, progress);
    if (saved && isNews) notices.publish({ kind: 'approval-changed', approvalId: spec.id });
  }
}

function isCounted({ failuresInRow, failedAt = 0 }: ApprovalProgress, intervalMs: number, now: number): boolean {
  return failuresInRow === 0 || now - failedAt >= apartShare * intervalMs;
}

/** The failure of a ticket that a reading did not show. */
export function describeMissing({ spec }: ApprovalRecord, isHidden: boolean): Failure {
  const name = 'number' in spec.ticket ? spec.ticket.number : spec.ticket.sysId;
  return isHidden
    ? failure(
        'ticket-unreadable',
        `${spec.table} ${name} is there, but the connector's user may not read it`,
        'Give the user the right to read this ticket: see the read ACLs and the domain of the table.',
      )
    : failure(
        'ticket-not-found',
        `there is no ${spec.table} ${name}: it was deleted, it never was, or a query rule hides it from the connector's user`,
        'Check the number and the table, and that the user has the role itil.',
      );
}

/** A reading that was on its way for long must not open a gate whose window has only opened since. */
function decide(rules: GateRules, { ticket }: Reading, begunAt: number, now: number): GateDecision {
  const decision = decideGate(rules, ticket.fields, now);
  return decision.kind === 'approved' ? stricter(decideGate(rules, ticket.fields, begunAt), decision) : decision;
}

function stricter(atBeginning: GateDecision, decision: GateDecision): GateDecision {
  return atBeginning.kind === 'approved' ? decision : atBeginning;
}

/** A shared reading has the fields of other gates, too; in the order of the names, so that alike readings are equal. */
function withFields(reading: Reading, names: readonly string[]): Reading {
  const { ticket } = reading;
  const fields = names.flatMap((name) => {
    const field = Object.hasOwn(ticket.fields, name) ? ticket.fields[name] : undefined;
    return field ? [[name, field] as const] : [];
  });
  return { ...reading, ticket: { ...ticket, fields: Object.fromEntries(fields) } };
}

function differs(
  { reading, waitingFor }: ApprovalProgress,
  now: Reading,
  waitingForNow: readonly PendingApprover[] | undefined,
): boolean {
  if (!reading) return false;
  return (
    JSON.stringify(reading.ticket.fields) !== JSON.stringify(now.ticket.fields) ||
    JSON.stringify(waitingFor) !== JSON.stringify(waitingForNow)
  );
}
