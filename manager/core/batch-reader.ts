import { type Failure, failure } from '#protocol/failure.ts';
import type { Result } from '#protocol/task-types.ts';
import { sysIdPattern, type Ticket } from '#protocol/ticket.ts';
import type { ApprovalRecord } from './approval-record.ts';
import type { Clock } from './clock.ts';
import { describeMissing, type Found, type GateReadings } from './gate-readings.ts';
import type { PollGroups, Reread } from './poll-groups.ts';
import { type AskPoll, failureOf } from './poll-tasks.ts';
import { halve, keyOf, type ReadBatch, suspicionOf } from './read-batch.ts';
import { isoTime, type TaskRecord } from './task-record.ts';

interface Deps {
  readonly groupId: string;
  readonly managerId: string;
  readonly groups: Pick<PollGroups, 'reschedule'>;
  readonly readings: GateReadings;
  readonly ask: AskPoll;
  /** Whether nothing more is to be asked, such as because another batch was stopped. */
  readonly isOver: () => boolean;
  /** Whether it is in doubt that the instance answers at all. */
  readonly isDoubtful: () => boolean;
  readonly clock: Clock;
}

/** What of its group counts for a reading. */
export interface Circumstances {
  /** The changes of the group's tickets are asked for. */
  readonly isFollowed: boolean;
  /** The tickets that the instance told of just now. */
  readonly told: ReadonlySet<string>;
}

/**
 * What came of a batch; `stopped`: for a reason that concerns every gate of the group alike; `suspect`: for one that may
 * be of the only gate in it.
 */
export type BatchRead = { readonly kind: 'read' } | { readonly kind: 'suspect' | 'stopped'; readonly because: Failure };

/**
 * So many readings in a row that perhaps failed for one gate each are the instance's doing. A batch is halved eight times
 * until a gate is alone.
 */
const mostSuspectsInRow = 10;
/** So many in a row that failed for what some gate asked: more of them wait for the next look. */
const mostFaultsInRow = 60;

/** Gates that are judged in one go. */
const mostAtOnce = 20;

const sysIdForm = new RegExp(sysIdPattern);

/** Reads the tickets of a batch in one task, and lets each gate take what was found of its own. */
export class BatchReader {
  readonly #deps: Deps;
  #suspectsInRow = 0;
  #faultsInRow = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * A reading that fails for what one of its gates asked is halved until that gate is alone; so is one that may have, as
   * long as not too many do in a row.
   */
  async read(batch: ReadBatch, circumstances: Circumstances): Promise<BatchRead> {
    const [first] = batch.records;
    if (!first) return { kind: 'read' };
    const task = await this.#deps.ask('ticket.read', first.spec.origin, batch.params);
    const { outcome } = task;
    if (outcome.kind === 'succeeded') {
      this.#suspectsInRow = 0;
      this.#faultsInRow = 0;
      await this.#take(batch, task, outcome.result as Result<'ticket.read'>, circumstances);
      return { kind: 'read' };
    }
    const because = failureOf(outcome);
    const suspicion = suspicionOf(because);
    this.#suspectsInRow = suspicion === 'perhaps-one' ? this.#suspectsInRow + 1 : 0;
    this.#faultsInRow = suspicion === 'one' ? this.#faultsInRow + 1 : 0;
    const isOfOne = suspicion === 'one' || (suspicion === 'perhaps-one' && this.#suspectsInRow < mostSuspectsInRow);
    // What surely is of one gate must never be put down to the others, not even in doubt.
    const halves = isOfOne && (suspicion === 'one' || !this.#deps.isDoubtful()) ? halve(batch) : undefined;
    if (halves && this.#faultsInRow >= mostFaultsInRow) return { kind: 'stopped', because };
    if (halves) return this.#readHalves(halves, circumstances);
    const isAlone = batch.records.length === 1;
    await this.#settle(batch.records, (record) =>
      this.#deps.readings.fail(record, because, circumstances.isFollowed, {
        ...(suspicion === 'perhaps-one' && isAlone ? { isReadAlone: true } : {}),
        isOfOther: suspicion !== 'none' && !isAlone,
      }),
    );
    const isReadAlone = suspicion === 'perhaps-one' && isAlone;
    if (suspicion === 'one') return { kind: 'read' };
    return { kind: isOfOne && isReadAlone ? 'suspect' : 'stopped', because };
  }

  /** What was read of any of them tells that the instance answers. */
  async #readHalves(halves: readonly ReadBatch[], circumstances: Circumstances): Promise<BatchRead> {
    let all: BatchRead | undefined;
    for (const half of halves) {
      if (this.#deps.isOver()) break;
      const read = await this.read(half, circumstances);
      if (read.kind === 'stopped') return read;
      if (all?.kind !== 'read') all = read;
    }
    return all ?? { kind: 'read' };
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
      if (!sysIdForm.test(ticket.sysId)) return readings.fail(record, describeOddId(ticket), isFollowed);
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
    const judged: PromiseSettledResult<Reread | undefined>[] = [];
    // Criteria are judged in one go: other work of this manager must come in between.
    for (let at = 0; at < records.length; at += mostAtOnce)
      judged.push(...(await Promise.allSettled(records.slice(at, at + mostAtOnce).map(judge))));
    const rereads = judged.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []));
    await groups.reschedule(groupId, managerId, rereads);
    // One that could not be judged stays due, and must not keep the others from what was read of them.
    const fault = judged.find((each) => each.status === 'rejected');
    if (fault) throw fault.reason;
  }
}

/** A later reading could not ask for it, and would keep the others of its batch from being read. */
function describeOddId({ table, number, sysId }: Ticket): Failure {
  return failure(
    'ticket-unreadable',
    `${table} ${number} has the sys_id ${JSON.stringify(sysId.slice(0, 64))}, which is not 32 hexadecimal digits: it cannot be read by it`,
    'Gate on another ticket: this record was made in an unusual way, such as by a data load that sets sys_id.',
  );
}
