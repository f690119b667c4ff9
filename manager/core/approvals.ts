import type { Criteria } from '#protocol/criteria.ts';
import { failure } from '#protocol/failure.ts';
import type { ApprovalEnd, ApprovalProgress, ApprovalRecord, ApprovalSpec } from './approval-record.ts';
import type { ApprovalStore, PollSchedule } from './approval-store.ts';
import type { Clock, NewId } from './clock.ts';
import { Refusal } from './refusal.ts';
import type { TaskOrigin } from './tasks.ts';
import type { Notices, Waiters } from './waiters.ts';

export interface ApprovalRequest {
  readonly origin: TaskOrigin;
  readonly selectors: readonly string[];
  readonly table: string;
  readonly ticket: { readonly number: string } | { readonly sysId: string };
  readonly approve: Criteria;
  readonly reject: Criteria | undefined;
  readonly window: { readonly startField: string; readonly endField: string } | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly idempotencyKey: string | undefined;
}

interface Deps {
  readonly store: ApprovalStore;
  readonly schedule: PollSchedule;
  readonly notices: Notices;
  readonly waiters: Waiters;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly hash: (text: string) => string;
  /** How often a poll group looks which of its approvals are due. */
  readonly tickMs: number;
}

/** Starts approvals, shows them, waits for them and ends them; gate-poller.ts polls them. */
export class Approvals {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Starts an approval: its group's next tick reads its ticket. */
  async start(request: ApprovalRequest): Promise<ApprovalRecord> {
    const { store, schedule, clock, newId, hash, tickMs } = this.#deps;
    const now = clock.now();
    const { idempotencyKey, selectors, timeoutMs, origin, ...asked } = request;
    const own = { ...origin, selectors: selectors.length > 0 ? selectors : origin.selectors };
    const spec: ApprovalSpec = {
      ...asked,
      id: newId('apr'),
      // The whole origin: a connector that is edited meanwhile is another instance, or another user.
      groupId: `${asked.table}-${hash(JSON.stringify(own)).slice(0, 24)}`,
      origin: own,
      createdAt: now,
      deadlineAt: now + timeoutMs,
    };
    const idempotency =
      idempotencyKey === undefined
        ? undefined
        : { key: hash(idempotencyKey), fingerprint: hash(JSON.stringify(request)) };
    const record = await store.create(spec, emptyProgress(now), idempotency);
    if (record === 'key-reused')
      throw new Refusal(
        'idempotency-key-reused',
        `idempotency key ${JSON.stringify(idempotencyKey)} was used for another approval`,
        'Use a key that names this one step, such as pipeline, run and stage.',
      );
    await schedule.ensure(record.spec.groupId, tickMs);
    return record;
  }

  async read(approvalId: string): Promise<ApprovalRecord> {
    const record = await this.#deps.store.read(approvalId);
    if (!record)
      throw new Refusal('approval-not-found', `there is no approval ${approvalId}`, 'List those that are known.');
    return record;
  }

  wait(approvalId: string, ms: number, gone: AbortSignal): Promise<ApprovalRecord> {
    const isOver = (record: ApprovalRecord) => record.end !== undefined;
    return this.#deps.waiters.wait(approvalId, () => this.read(approvalId), isOver, ms, gone);
  }

  async list(
    cursor: string | undefined,
    limit: number,
  ): Promise<{ approvals: ApprovalRecord[]; cursor: string | undefined }> {
    const page = await this.#deps.store.list(cursor, limit);
    const records = await this.#deps.store.readMany(page.approvalIds);
    return { approvals: records.filter((record) => record !== undefined), cursor: page.cursor };
  }

  async cancel(approvalId: string): Promise<ApprovalRecord> {
    const record = await this.read(approvalId);
    if (!(await this.end(record, record.progress, { state: 'cancelled' })))
      throw new Refusal('approval-ended', `approval ${approvalId} has already ended`, 'Nothing to do.');
    return this.read(approvalId);
  }

  /** Records how an approval ended, once, then tells of it. */
  async end(record: ApprovalRecord, progress: ApprovalProgress, end: ApprovalEnd): Promise<boolean> {
    const { store, notices, clock } = this.#deps;
    const { id } = record.spec;
    const ended = await store.end(id, progress, { ...end, endedAt: clock.now() });
    await store.leaveGroup(record.spec.groupId, id);
    if (ended) notices.publish({ kind: 'approval-ended', approvalId: id });
    return ended;
  }

  /** Ends approvals whose time-out is over, whether or not ServiceNow can be read. */
  async expireDue(): Promise<void> {
    const { store, clock } = this.#deps;
    for (const approvalId of await store.due(clock.now(), 200)) {
      const record = await store.read(approvalId);
      if (record) await this.end(record, record.progress, { state: 'expired', failure: timedOut(record) });
      else await store.forget(approvalId);
    }
  }

  /** The waiting approvals whose origin is such a one, in words. */
  async usersOf(isUsed: (origin: TaskOrigin) => boolean): Promise<string[]> {
    const users: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.list(cursor, 500);
      for (const { spec, end } of page.approvals) if (!end && isUsed(spec.origin)) users.push(`approval ${spec.id}`);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return users;
  }
}

function emptyProgress(now: number): ApprovalProgress {
  return {
    resolved: undefined,
    current: {},
    waitingFor: undefined,
    waitingBecause: 'not polled yet',
    lastPolledAt: undefined,
    nextPollAt: now,
    lastFailure: undefined,
    failuresInRow: 0,
  };
}

function timedOut({ progress }: ApprovalRecord) {
  const last = progress.lastFailure ? `; the last poll failed: ${progress.lastFailure.message}` : '';
  return failure(
    'gate-timed-out',
    `the time-out of the approval is over; ${progress.waitingBecause ?? 'it was still waiting'}${last}`,
    'Get the ticket approved, then start another approval, with a longer time-out if need be.',
  );
}
