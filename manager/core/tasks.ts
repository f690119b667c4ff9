import { type Failure, failure } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import type { Clock, NewId } from './clock.ts';
import { candidateOf, type DelegateDirectory, type Demand } from './delegates.ts';
import { Refusal } from './refusal.ts';
import type { TaskQueue } from './task-queue.ts';
import { routeOf, type TaskRecord, type TaskSpec, type TaskTarget } from './task-record.ts';
import type { FinishResult, Grounds, TaskStore } from './task-store.ts';
import type { Notices, Waiters } from './waiters.ts';
import { type Explanation, explain } from './why.ts';

/** What a connector, stored or a draft, contributes to a task. */
export interface TaskOrigin {
  readonly connectorId: string;
  readonly target: TaskTarget;
  readonly selectors: readonly string[];
}

export interface Submission {
  readonly type: TaskType;
  readonly params: unknown;
  readonly origin: TaskOrigin;
  /** The step's selectors; an empty list leaves the connector's in force. */
  readonly selectors: readonly string[];
  readonly limits: { readonly pickUpMs?: number; readonly runMs?: number; readonly deadlineMs?: number };
  readonly idempotencyKey?: string;
}

/** Submits tasks, shows them, waits for them and ends them. */
export class Tasks {
  readonly #store: TaskStore;
  readonly #queue: TaskQueue;
  readonly #directory: DelegateDirectory;
  readonly #notices: Notices;
  readonly #waiters: Waiters;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #hash: (text: string) => string;
  readonly #heartbeatTimeoutMs: number;

  constructor(deps: {
    store: TaskStore;
    queue: TaskQueue;
    directory: DelegateDirectory;
    notices: Notices;
    waiters: Waiters;
    clock: Clock;
    newId: NewId;
    hash: (text: string) => string;
    heartbeatTimeoutMs: number;
  }) {
    this.#store = deps.store;
    this.#queue = deps.queue;
    this.#directory = deps.directory;
    this.#notices = deps.notices;
    this.#waiters = deps.waiters;
    this.#clock = deps.clock;
    this.#newId = deps.newId;
    this.#hash = deps.hash;
    this.#heartbeatTimeoutMs = deps.heartbeatTimeoutMs;
  }

  /**
   * Accepts a task: when this resolves, it is in Redis and will end exactly once (invariant 1). A repetition with the
   * same idempotency key finishes what an interrupted submission had begun.
   */
  async submit(submission: Submission): Promise<TaskRecord> {
    const spec = this.#specify(submission);
    const { idempotencyKey } = submission;
    const fingerprint = this.#hash(JSON.stringify([spec.type, spec.params, spec.target, spec.selectors]));
    const record = await this.#store.create(
      spec,
      idempotencyKey === undefined ? undefined : { key: this.#hash(idempotencyKey), fingerprint },
    );
    if (record === 'key-reused')
      throw new Refusal(
        'idempotency-key-reused',
        `idempotency key ${JSON.stringify(idempotencyKey)} was used for another submission`,
        'Use a key that names this one step, such as pipeline, run and stage.',
      );
    if (!record.outcome)
      await this.#queue.enqueue(routeOf(spec.type, spec.selectors), record.spec.id, taskTypes[spec.type].priority);
    return record;
  }

  async read(taskId: string): Promise<TaskRecord> {
    const record = await this.#store.read(taskId);
    if (!record) throw unknownTask(taskId);
    return record;
  }

  /** Waits for the end, at most `ms`; answers with the task as it is then. */
  wait(taskId: string, ms: number, gone: AbortSignal): Promise<TaskRecord> {
    return this.#waiters.wait(taskId, () => this.read(taskId), isEnded, ms, gone);
  }

  /** Submits a task and waits for its outcome; undefined when the signal aborts first. */
  async run(submission: Submission, gone: AbortSignal): Promise<TaskRecord & { outcome: Outcome }> {
    const { spec } = await this.submit(submission);
    const ms = spec.deadlineAt - this.#clock.now() + outcomeGraceMs;
    const record = await this.wait(spec.id, ms, gone);
    if (record.outcome) return { ...record, outcome: record.outcome };
    throw new Refusal(
      'manager-closing',
      `task ${spec.id} had not ended when the wait for it did`,
      'Ask for the task again.',
    );
  }

  async list(cursor: string | undefined, limit: number): Promise<{ tasks: TaskRecord[]; cursor: string | undefined }> {
    const page = await this.#store.list(cursor, limit);
    const records = await this.#store.readMany(page.taskIds);
    return { tasks: records.filter((record) => record !== undefined), cursor: page.cursor };
  }

  /** Cancels: at once if nobody has the task, else by telling its delegate to stop. */
  async cancel(taskId: string, reason: string): Promise<TaskRecord> {
    const result = await this.#store.cancel(taskId, reason, this.#clock.now());
    const record = await this.read(taskId);
    if (result === 'already-ended')
      throw new Refusal('task-ended', `task ${taskId} has already ended: ${record.state}`, 'Nothing to do.');
    if (result === 'ended') await this.#announceEnd(record.spec);
    if (result === 'requested') this.#notices.publish({ kind: 'task-cancel-requested', taskId, reason });
    return record;
  }

  /** Records the outcome, then tells of it (invariant 1). */
  async finish(spec: TaskSpec, outcome: Outcome, grounds: Grounds): Promise<FinishResult> {
    const result = await this.#store.finish(spec.id, outcome, this.#clock.now(), grounds);
    if (result === 'recorded') await this.#announceEnd(spec);
    return result;
  }

  /** Ends a task that nobody took in time, or that is over its deadline, with the reason that is true. */
  async expire(record: TaskRecord): Promise<void> {
    const { spec } = record;
    // Somebody may take it while this is described: then it has not expired, and is looked at again.
    await this.finish(spec, { kind: 'expired', failure: await this.#describeExpiry(record) }, { seen: record });
  }

  /** Explains who could take such a task now, and why the others cannot. */
  async why(demand: Demand): Promise<Explanation> {
    const now = this.#clock.now();
    const entries = await this.#directory.list();
    return explain(
      demand,
      entries.map((entry) => candidateOf(entry, now, this.#heartbeatTimeoutMs)),
      now,
    );
  }

  async #describeExpiry(record: TaskRecord): Promise<Failure> {
    if (record.attempt === 0) {
      const { summary, remedy } = await this.why(record.spec);
      return failure('no-eligible-delegate', `nobody took the task in time: ${summary}`, remedy);
    }
    const last = describeLastAttempt(record);
    if (record.assignment && taskTypes[record.spec.type].sideEffect)
      return failure(
        'outcome-unknown',
        `the deadline is over and the delegate that had the task did not report how it ended; ${last}`,
        `Look at ServiceNow for what it did; a created ticket has the correlation id ${record.spec.correlationId}.`,
      );
    return failure(
      'deadline-exceeded',
      `the deadline is over after ${record.attempt} attempt(s); the last: ${last}`,
      'Look at the attempts of the task for what went wrong.',
    );
  }

  #specify({ type, params, origin, selectors, limits, idempotencyKey }: Submission): TaskSpec {
    const id = this.#newId('tsk');
    const now = this.#clock.now();
    const defaults = taskTypes[type];
    const deadlineAt = now + (limits.deadlineMs ?? defaults.deadlineMs);
    return {
      id,
      type,
      params,
      connectorId: origin.connectorId,
      target: origin.target,
      selectors: selectors.length > 0 ? selectors : origin.selectors,
      createdAt: now,
      pickUpBy: Math.min(now + (limits.pickUpMs ?? defaults.pickUpMs), deadlineAt),
      deadlineAt,
      runMs: limits.runMs ?? defaults.runMs,
      // By the caller's key where there is one: then even a task that was long forgotten is found at ServiceNow.
      correlationId:
        idempotencyKey === undefined
          ? `ticketgate-${id}`
          : `ticketgate-${this.#hash(JSON.stringify([origin.target.baseUrl, idempotencyKey])).slice(0, 40)}`,
      lookFirst: idempotencyKey !== undefined,
    };
  }

  async #announceEnd(spec: TaskSpec): Promise<void> {
    this.#notices.publish({ kind: 'task-ended', taskId: spec.id });
    await this.#store.forgetReminder(spec.id);
    await this.#queue.discard(routeOf(spec.type, spec.selectors), spec.id);
  }
}

/** How long after its deadline a task's outcome may be written: the sweep runs every second. */
const outcomeGraceMs = 30_000;

function isEnded(record: TaskRecord): boolean {
  return record.outcome !== undefined;
}

function unknownTask(taskId: string): Refusal {
  return new Refusal(
    'task-not-found',
    `there is no task ${taskId}`,
    'Ended tasks are kept for a while only; list those that are known.',
  );
}

function describeLastAttempt(record: TaskRecord): string {
  const last = record.attempts.at(-1);
  if (!last) return 'none';
  const { outcome, delegateName } = last;
  if (!outcome) return `delegate ${delegateName} had not reported`;
  return outcome.kind === 'failed' ? `delegate ${delegateName}: ${outcome.failure.message}` : outcome.kind;
}
