import type { Failure, FailureCode } from '#protocol/failure.ts';
import { failure } from '#protocol/failure.ts';
import type { Result } from '#protocol/task-types.ts';
import type { Ticket } from '#protocol/ticket.ts';
import type { ApprovalProgress, ApprovalRecord } from './approval-record.ts';
import type { ApprovalStore, PollSchedule } from './approval-store.ts';
import type { Approvals } from './approvals.ts';
import type { Clock } from './clock.ts';
import { decideGate, fieldsNeeded } from './gate-decision.ts';
import type { InstanceBudget } from './instance-budget.ts';
import type { Log } from './log.ts';
import { isoTime, type TaskRecord } from './task-record.ts';
import type { Tasks } from './tasks.ts';

interface Deps {
  readonly store: ApprovalStore;
  readonly schedule: PollSchedule;
  readonly approvals: Approvals;
  readonly tasks: Tasks;
  readonly budget: InstanceBudget;
  readonly clock: Clock;
  readonly log: Log;
  /** How often a group looks which of its approvals are due. */
  readonly tickMs: number;
}

const mostPerRead = 200;

/** A reading that nobody takes is given up, and the next one says so. */
const readPickUpMs = 30_000;
const readDeadlineMs = 60_000;

/** Failures that are the gate's own fault. They end it at once; after a good reading only when they stay. */
const decisive: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'ticket-not-found',
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

/**
 * Polls the approvals of a group and decides them. Noise (network errors, 429, 5xx, lost delegates, nobody to take the
 * task) never ends a gate: it waits on, inside its deadline. docs/decisions/0004.
 */
export class GatePoller {
  readonly #deps: Deps;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Makes sure that every group has its ticks, whatever instant an earlier manager died at. */
  async resume(): Promise<void> {
    const { store, schedule, tickMs } = this.#deps;
    for (const groupId of await store.groups()) await schedule.ensure(groupId, tickMs);
  }

  /** One tick of a group: reads the tickets of all approvals that are due. */
  async pollGroup(groupId: string): Promise<void> {
    const { store, clock, tickMs } = this.#deps;
    const members = await store.membersOf(groupId);
    if (members.length === 0) return this.#endGroup(groupId);
    const records = await store.readMany(members);
    const due: ApprovalRecord[] = [];
    const now = clock.now();
    for (const [index, record] of records.entries()) {
      const member = members[index];
      if (member !== undefined && (!record || record.end)) await store.leaveGroup(groupId, member);
      else if (record && record.progress.nextPollAt <= now) due.push(record);
    }
    if (await this.#postpone(due, now)) return;
    // Ticks come faster than readings end: what is being read is not due until its reading must be over.
    for (const record of due) await this.#save(record, { nextPollAt: now + readDeadlineMs + tickMs });
    // The first reading of each proves its own ticket and fields; later ones share requests.
    const fresh = due.filter(({ progress }) => !progress.resolved);
    const shared = batches(due.filter(({ progress }) => progress.resolved));
    // A tick does not wait for its readings: one that nobody takes must not hold up the ticks of other groups.
    for (const record of fresh) this.#track(this.#pollOne(record));
    for (const batch of shared) this.#track(this.#pollBatch(batch));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay);
  }

  /** An approval may join while its group's ticks are being ended: then they go on. */
  async #endGroup(groupId: string): Promise<void> {
    const { store, schedule, tickMs } = this.#deps;
    await schedule.remove(groupId);
    if ((await store.membersOf(groupId)).length > 0) await schedule.ensure(groupId, tickMs);
    else await store.forgetGroup(groupId);
  }

  /** While the instance is not to be asked, a reading would only wait in a queue and expire there. */
  async #postpone(due: readonly ApprovalRecord[], now: number): Promise<boolean> {
    const { budget, tickMs } = this.#deps;
    const baseUrl = due[0]?.spec.origin.target?.baseUrl;
    const hold = budget.holdFor({ baseUrl, isBackground: true });
    if (!hold || hold.untilMs - now <= tickMs) return false;
    const waitingBecause = `the instance is not asked before ${isoTime(hold.untilMs)}: ${hold.because}`;
    for (const record of due) await this.#save(record, { nextPollAt: hold.untilMs, waitingBecause });
    return true;
  }

  async #pollOne(record: ApprovalRecord): Promise<void> {
    const { spec, progress } = record;
    const by = progress.resolved ?? spec.ticket;
    await this.#read([record], 'sysId' in by ? { sysIds: [by.sysId] } : { numbers: [by.number] });
  }

  async #pollBatch(records: readonly ApprovalRecord[]): Promise<void> {
    await this.#read(records, {
      sysIds: [...new Set(records.flatMap(({ progress }) => progress.resolved?.sysId ?? []))],
    });
  }

  async #read(records: readonly ApprovalRecord[], by: { sysIds: string[] } | { numbers: string[] }): Promise<void> {
    const [first] = records;
    if (!first) return;
    const { origin, table } = first.spec;
    const params = { table, ...by, fields: fieldsNeeded(first.spec), approvers: true };
    const task = await this.#deps.tasks.run(
      {
        type: 'ticket.read',
        isBackground: true,
        params,
        origin,
        selectors: [],
        limits: { pickUpMs: readPickUpMs, deadlineMs: readDeadlineMs },
      },
      this.#closing.signal,
    );
    const { outcome } = task;
    for (const record of records) {
      if (outcome.kind === 'succeeded') await this.#onReading(record, task, outcome.result as Result<'ticket.read'>);
      else if (outcome.kind !== 'cancelled') await this.#onFailure(record, outcome.failure);
      else await this.#save(record, { nextPollAt: this.#nextPollAt(record) });
    }
  }

  async #onReading(record: ApprovalRecord, task: TaskRecord, result: Result<'ticket.read'>): Promise<void> {
    const { clock, approvals } = this.#deps;
    const ticket = result.tickets.find((candidate) => isTicketOf(record, candidate));
    if (!ticket) return this.#onFailure(record, notFound(record));
    const now = clock.now();
    const progress: ApprovalProgress = {
      ...record.progress,
      resolved: { number: ticket.number, sysId: ticket.sysId, link: ticket.link },
      current: pick(ticket.fields, fieldsNeeded(record.spec)),
      waitingFor: result.approvers?.[ticket.sysId],
      waitingBecause: undefined,
      lastPolledAt: now,
      nextPollAt: this.#nextPollAt(record),
      lastFailure: undefined,
      failuresInRow: 0,
    };
    const decision = decideGate(record.spec, ticket.fields, now);
    switch (decision.kind) {
      case 'waiting':
        await this.#deps.store.saveProgress(record.spec.id, { ...progress, waitingBecause: decision.because });
        return;
      case 'approved':
      case 'rejected': {
        const by = task.attempts.at(-1);
        const evidence = {
          rule: decision.rule,
          ticket,
          decidedAt: isoTime(now),
          taskId: task.spec.id,
          delegateId: by?.delegateId ?? '',
          delegateName: by?.delegateName ?? '',
        };
        await approvals.end(record, progress, { state: decision.kind, evidence });
        return;
      }
      case 'unreadable':
        return this.#onFailure(record, decision.failure);
      case 'expired':
      case 'failed':
        await approvals.end(record, progress, { state: decision.kind, failure: decision.failure });
    }
  }

  async #onFailure(record: ApprovalRecord, reason: Failure): Promise<void> {
    const { progress } = record;
    const isDecisive = decisive.has(reason.code);
    const failuresInRow = isDecisive ? progress.failuresInRow + 1 : progress.failuresInRow;
    const because = progress.resolved ? progress.waitingBecause : 'no poll has succeeded yet';
    const seen = { lastFailure: reason, failuresInRow, lastPolledAt: this.#deps.clock.now(), waitingBecause: because };
    this.#deps.log.warn({ approvalId: record.spec.id, code: reason.code, isDecisive }, 'poll failed');
    if (isDecisive && (!progress.resolved || failuresInRow >= decisiveInRow))
      await this.#deps.approvals.end(record, { ...progress, ...seen }, { state: 'failed', failure: reason });
    else await this.#save(record, { ...seen, nextPollAt: this.#nextPollAt(record) });
  }

  async #save(record: ApprovalRecord, change: Partial<ApprovalProgress>): Promise<void> {
    await this.#deps.store.saveProgress(record.spec.id, { ...record.progress, ...change });
  }

  #nextPollAt({ spec }: ApprovalRecord): number {
    return this.#deps.clock.now() + spec.intervalMs;
  }

  #track(step: Promise<void>): void {
    const tracked = step
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#deps.log.error({ err: error }, 'polling failed');
      })
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}

/** Approvals of one group that read the same fields share a request. */
function batches(records: readonly ApprovalRecord[]): ApprovalRecord[][] {
  const byFields = Map.groupBy(records, ({ spec }) => fieldsNeeded(spec).join());
  return [...byFields.values()].flatMap((alike) =>
    Array.from({ length: Math.ceil(alike.length / mostPerRead) }, (_, page) =>
      alike.slice(page * mostPerRead, (page + 1) * mostPerRead),
    ),
  );
}

/** What was asked for, without what every answer has. */
function pick(fields: Ticket['fields'], names: readonly string[]): Ticket['fields'] {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

function isTicketOf({ spec, progress }: ApprovalRecord, ticket: Ticket): boolean {
  const by = progress.resolved ?? spec.ticket;
  return 'sysId' in by ? ticket.sysId === by.sysId : ticket.number === by.number;
}

function notFound({ spec }: ApprovalRecord): Failure {
  const name = 'number' in spec.ticket ? spec.ticket.number : spec.ticket.sysId;
  return failure(
    'ticket-not-found',
    `there is no ${spec.table} ${name}, or the connector's user may not read it`,
    'Check the number and the table, and that the user has the role itil (ServiceNow does not tell the two apart).',
  );
}
