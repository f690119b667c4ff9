import type { ApprovalView, Evidence, Webhook } from '#protocol/approval.ts';
import type { Criteria } from '#protocol/criteria.ts';
import { failure } from '#protocol/failure.ts';
import {
  type ApprovalEnd,
  type ApprovalProgress,
  type ApprovalRecord,
  type ApprovalSpec,
  viewApproval,
} from './approval-record.ts';
import type { ApprovalFilter, ApprovalStore } from './approval-store.ts';
import type { Clock, NewId } from './clock.ts';
import { lookInBatches } from './in-batches.ts';
import type { PollGroups } from './poll-groups.ts';
import { Refusal } from './refusal.ts';
import { isoTime } from './task-record.ts';
import type { Idempotency } from './task-store.ts';
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
  readonly expectedDurationMs: number | undefined;
  readonly webhook: Webhook | undefined;
  readonly workNotes: boolean;
  readonly idempotencyKey: string | undefined;
}

interface Deps {
  readonly store: ApprovalStore;
  readonly groups: Pick<PollGroups, 'watchOf'>;
  readonly notices: Notices;
  readonly waiters: Waiters;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly hash: (text: string) => string;
}

/** Starts approvals, shows them, waits for them and ends them; gate-poller.ts polls them. */
export class Approvals {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The approval that a request has started already, by its idempotency key: then nothing of it is to be checked again. */
  async recall(request: ApprovalRequest): Promise<ApprovalRecord | undefined> {
    const idempotency = this.#idempotencyOf(request);
    const record = idempotency && (await this.#deps.store.recall(idempotency));
    if (record === 'key-reused') throw keyReused(request);
    return record;
  }

  /** Starts an approval: whoever holds its group reads its ticket at once. `warnings`: what could not be checked. */
  async start(request: ApprovalRequest, warnings: readonly string[]): Promise<ApprovalRecord> {
    const { store, notices, clock, newId, hash } = this.#deps;
    const now = clock.now();
    const { idempotencyKey: _, selectors, timeoutMs, origin, ...asked } = request;
    const own = { ...origin, selectors: selectors.length > 0 ? selectors : origin.selectors };
    const spec: ApprovalSpec = {
      ...asked,
      id: newId('apr'),
      // The whole origin: a connector that is edited meanwhile is another instance, or another user.
      groupId: `${asked.table}-${hash(JSON.stringify(own)).slice(0, 24)}`,
      origin: own,
      warnings,
      createdAt: now,
      deadlineAt: now + timeoutMs,
    };
    const record = await store.create(spec, emptyProgress(now), this.#idempotencyOf(request));
    if (record === 'key-reused') throw keyReused(request);
    notices.publish({ kind: 'poll-group-due', groupId: record.spec.groupId });
    notices.publish({ kind: 'approval-started', approvalId: record.spec.id });
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
    filter: ApprovalFilter = {},
  ): Promise<{ approvals: ApprovalRecord[]; cursor: string | undefined }> {
    const page = await this.#deps.store.list(cursor, limit, filter);
    const records = await this.#deps.store.readMany(page.approvalIds);
    return { approvals: records.filter((record) => record !== undefined), cursor: page.cursor };
  }

  async show(approvalId: string): Promise<ApprovalView> {
    return this.view(await this.read(approvalId));
  }

  async view(record: ApprovalRecord): Promise<ApprovalView> {
    return viewApproval(record, record.end ? undefined : await this.#deps.groups.watchOf(record.spec.groupId));
  }

  /** Shows approvals as the API does, each with what its poll group knows. */
  async viewAll(records: readonly ApprovalRecord[]): Promise<ApprovalView[]> {
    const groupIds = new Set(records.flatMap(({ spec, end }) => (end ? [] : [spec.groupId])));
    const watches = await Promise.all([...groupIds].map((id) => this.#deps.groups.watchOf(id)));
    const byGroup = new Map([...groupIds].map((id, index) => [id, watches[index]]));
    return records.map((record) => viewApproval(record, byGroup.get(record.spec.groupId)));
  }

  /** `by`: the name of the token whose holder cancels. */
  async cancel(approvalId: string, by: string): Promise<ApprovalRecord> {
    const record = await this.read(approvalId);
    const evidence = this.evidenceOf(record, `cancelled by ${by}`);
    if (!(await this.end(record, record.progress, { state: 'cancelled', evidence }, 'other')))
      throw new Refusal('approval-ended', `approval ${approvalId} has already ended`, 'Nothing to do.');
    return this.read(approvalId);
  }

  /** Records how an approval ended, once, then tells of it. After its time-out none is approved. */
  async end(
    { spec }: ApprovalRecord,
    progress: ApprovalProgress,
    end: ApprovalEnd,
    by: 'reading' | 'other',
  ): Promise<boolean> {
    const { store, notices, clock } = this.#deps;
    const endedAt = clock.now();
    if (end.state === 'approved' && endedAt >= spec.deadlineAt) return false;
    const ended = await store.end(spec, progress, { ...end, endedAt }, by);
    if (ended) notices.publish({ kind: 'approval-ended', approvalId: spec.id });
    return ended;
  }

  /** What is known of a ticket when its approval ends, with the reason in words. */
  evidenceOf({ progress: { reading } }: Pick<ApprovalRecord, 'progress'>, rule: string): Evidence {
    return { rule, decidedAt: isoTime(this.#deps.clock.now()), ...(reading ? { reading } : {}) };
  }

  /** Ends approvals whose time-out is over, whether or not ServiceNow can be read. */
  async expireDue(): Promise<void> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    await lookInBatches(
      (most) => store.due(now, most),
      async (approvalId) => {
        const record = await store.read(approvalId);
        if (!record) return store.forget(approvalId);
        await this.expire(record);
      },
    );
  }

  /** Ends an approval whose time-out is over. */
  async expire(record: ApprovalRecord): Promise<void> {
    const evidence = this.evidenceOf(record, 'the time-out was over');
    await this.end(record, record.progress, { state: 'expired', evidence, failure: timedOut(record) }, 'other');
  }

  #idempotencyOf(request: ApprovalRequest): Idempotency | undefined {
    const { hash } = this.#deps;
    const { idempotencyKey } = request;
    return idempotencyKey === undefined
      ? undefined
      : { key: hash(idempotencyKey), fingerprint: hash(JSON.stringify(asAsked(request))) };
  }

  /** The waiting approvals of which this holds, in words. */
  async usersOf(isUsed: (spec: ApprovalSpec) => boolean): Promise<string[]> {
    const users: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.list(cursor, 500);
      for (const { spec, end } of page.approvals) if (!end && isUsed(spec)) users.push(`approval ${spec.id}`);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return users;
  }
}

function emptyProgress(now: number): ApprovalProgress {
  return {
    reading: undefined,
    waitingFor: undefined,
    waitingBecause: 'not polled yet',
    changedAt: undefined,
    lastPolledAt: undefined,
    nextPollAt: now,
    lastFailure: undefined,
    failuresInRow: 0,
  };
}

/** What the caller said: a connector that is edited meanwhile makes no other request of it. */
function asAsked({ origin, ...asked }: ApprovalRequest): unknown {
  return { ...asked, connectorId: origin.connectorId };
}

function keyReused({ idempotencyKey }: ApprovalRequest): Refusal {
  return new Refusal(
    'idempotency-key-reused',
    `idempotency key ${JSON.stringify(idempotencyKey)} was used for another approval`,
    'Use a key that names this one step, such as pipeline, run and stage.',
  );
}

function timedOut({ progress: { lastFailure, waitingBecause } }: ApprovalRecord) {
  const last = lastFailure ? `; the last poll failed: ${lastFailure.message}` : '';
  return failure(
    'gate-timed-out',
    `the time-out of the approval is over; ${waitingBecause}${last}`,
    'Get the ticket approved, then start another approval, with a longer time-out if need be.',
  );
}
