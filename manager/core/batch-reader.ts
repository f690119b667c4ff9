import type { Failure } from '#protocol/failure.ts';
import type { Result } from '#protocol/task-types.ts';
import type { ApprovalRecord } from './approval-record.ts';
import type { Clock } from './clock.ts';
import { describeMissing, type Found, type GateReadings } from './gate-readings.ts';
import type { PollGroups, Reread } from './poll-groups.ts';
import { type AskPoll, failureOf } from './poll-tasks.ts';
import { halve, isOfOneGate, keyOf, type ReadBatch } from './read-batch.ts';
import { isoTime, type TaskRecord } from './task-record.ts';

interface Deps {
  readonly groupId: string;
  readonly managerId: string;
  readonly groups: Pick<PollGroups, 'reschedule'>;
  readonly readings: GateReadings;
  readonly ask: AskPoll;
  /** Whether nothing more is to be asked, such as because another batch was stopped. */
  readonly isOver: () => boolean;
  readonly clock: Clock;
}

/** What of its group counts for a reading. */
export interface Circumstances {
  /** The changes of the group's tickets are asked for. */
  readonly isFollowed: boolean;
  /** The tickets that the instance told of just now. */
  readonly told: ReadonlySet<string>;
}

/** What came of a batch; `stopped`: for a reason that concerns every gate of the group alike. */
export type BatchRead = { readonly kind: 'read' } | { readonly kind: 'stopped'; readonly because: Failure };

/** Reads the tickets of a batch in one task, and lets each gate take what was found of its own. */
export class BatchReader {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** A reading that fails for what one of its gates asked is halved until that gate is alone. */
  async read(batch: ReadBatch, circumstances: Circumstances): Promise<BatchRead> {
    const [first] = batch.records;
    if (!first) return { kind: 'read' };
    const task = await this.#deps.ask('ticket.read', first.spec.origin, batch.params);
    const { outcome } = task;
    if (outcome.kind === 'succeeded') {
      await this.#take(batch, task, outcome.result as Result<'ticket.read'>, circumstances);
      return { kind: 'read' };
    }
    const because = failureOf(outcome);
    const halves = isOfOneGate(because) ? halve(batch) : undefined;
    if (halves) return this.#readHalves(halves, circumstances);
    await this.#settle(batch.records, (record) => this.#deps.readings.fail(record, because, circumstances.isFollowed));
    return isOfOneGate(because) ? { kind: 'read' } : { kind: 'stopped', because };
  }

  async #readHalves(halves: readonly ReadBatch[], circumstances: Circumstances): Promise<BatchRead> {
    for (const half of halves) {
      if (this.#deps.isOver()) break;
      const read = await this.read(half, circumstances);
      if (read.kind === 'stopped') return read;
    }
    return { kind: 'read' };
  }

  async #take(
    { records }: ReadBatch,
    task: TaskRecord,
    result: Result<'ticket.read'>,
    { isFollowed, told }: Circumstances,
  ): Promise<void> {
    const { readings, clock } = this.#deps;
    const bySysId = new Map(result.tickets.map((ticket) => [ticket.sysId, ticket]));
    const byNumber = new Map(result.tickets.map((ticket) => [ticket.number.toLowerCase(), ticket]));
    const hidden = new Set(result.hidden);
    const by = task.attempts.at(-1);
    const read = {
      readAt: isoTime(task.endedAt ?? clock.now()),
      taskId: task.spec.id,
      attempt: by?.attempt ?? 0,
      delegateId: by?.delegateId ?? '',
      delegateName: by?.delegateName ?? '',
      ...(result.requestIds ? { requestIds: result.requestIds } : {}),
    };
    const begunAt = by ? Date.parse(by.assignedAt) : task.spec.createdAt;
    await this.#settle(records, (record) => {
      const key = keyOf(record);
      const ticket = key.by === 'sysId' ? bySysId.get(key.value) : byNumber.get(key.value.toLowerCase());
      if (!ticket) return readings.fail(record, describeMissing(record, hidden.has(key.value)), isFollowed);
      const found: Found = {
        reading: { ticket, ...read },
        begunAt,
        isTold: told.has(ticket.sysId),
        waitingFor: result.approvers?.[ticket.sysId],
      };
      return readings.take(record, found, isFollowed);
    });
  }

  async #settle(
    records: readonly ApprovalRecord[],
    judge: (record: ApprovalRecord) => Promise<Reread | undefined>,
  ): Promise<void> {
    const { groups, groupId, managerId } = this.#deps;
    const judged = await Promise.allSettled(records.map(judge));
    const rereads = judged.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []));
    await groups.reschedule(groupId, managerId, rereads);
    // One that could not be judged stays due, and must not keep the others from what was read of them.
    const fault = judged.find((each) => each.status === 'rejected');
    if (fault) throw fault.reason;
  }
}
