import type { Outcome } from '#protocol/task.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import type { Clock, NewId } from './clock.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Refusal } from './refusal.ts';
import type { TaskEnds } from './task-ends.ts';
import type { TaskProgress } from './task-progress.ts';
import type { TaskRecord, TaskSpec, TaskTarget } from './task-record.ts';
import type { TaskFilter, TaskStore } from './task-store.ts';
import type { Notices, Waiters } from './waiters.ts';

/** What a connector, stored or a draft, contributes to a task. */
export interface TaskOrigin {
  /** Empty for a draft, and for a task that concerns no instance. */
  readonly connectorId: string;
  readonly target: TaskTarget | undefined;
  readonly selectors: readonly string[];
}

export interface Submission {
  readonly type: TaskType;
  readonly params: unknown;
  readonly origin: TaskOrigin;
  /** The step's selectors; an empty list leaves the connector's in force. */
  readonly selectors: readonly string[];
  readonly meantFor?: NonNullable<TaskSpec['meantFor']>;
  readonly isBackground?: true;
  readonly limits: { readonly pickUpMs?: number; readonly runMs?: number; readonly deadlineMs?: number };
  readonly idempotencyKey?: string;
}

interface Deps {
  readonly store: TaskStore;
  readonly progress: TaskProgress;
  readonly dispatcher: Dispatcher;
  readonly ends: TaskEnds;
  readonly notices: Notices;
  readonly waiters: Waiters;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly hash: (text: string) => string;
}

/** Submits tasks, shows them, waits for them and ends them. */
export class Tasks {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Accepts a task: when this resolves, it is in Redis and will end exactly once (invariant 1). A repetition with the
   * same idempotency key finishes what an interrupted submission had begun.
   */
  async submit(submission: Submission): Promise<TaskRecord> {
    const { dispatcher, hash } = this.#deps;
    const spec = this.#specify(submission);
    const { idempotencyKey } = submission;
    const created = await dispatcher.begin(
      spec,
      idempotencyKey === undefined
        ? undefined
        : {
            key: hash(idempotencyKey),
            fingerprint: hash(JSON.stringify([spec.type, spec.params, spec.target, spec.selectors])),
          },
    );
    if (created.kind !== 'key-reused') return created.record;
    throw new Refusal(
      'idempotency-key-reused',
      `idempotency key ${JSON.stringify(idempotencyKey)} was used for another submission: ${created.taskId}`,
      'Use a key that names this one step, such as pipeline, run and stage.',
    );
  }

  async read(taskId: string): Promise<TaskRecord> {
    const record = await this.#deps.store.read(taskId);
    if (!record) throw unknownTask(taskId);
    return record;
  }

  /** Adds what the newest attempt has found so far, while it runs. */
  withFindings(record: TaskRecord): Promise<TaskRecord> {
    return this.#deps.progress.lookAt(record);
  }

  /** Waits for the end, at most `ms`; answers with the task as it is then. */
  wait(taskId: string, ms: number, gone: AbortSignal): Promise<TaskRecord> {
    return this.#deps.waiters.wait(taskId, () => this.read(taskId), isEnded, ms, gone);
  }

  /** Submits a task and waits for its end, at most `ms`; answers with the task as it is then. */
  async submitAndWait(submission: Submission, ms: number, gone: AbortSignal): Promise<TaskRecord> {
    const record = await this.submit(submission);
    if (ms <= 0) return record;
    const { id } = record.spec;
    // One that was assigned just now ends by a message that has not been read yet: it need not be read again first.
    const known = record.state === 'assigned' ? record : undefined;
    return this.#deps.waiters.wait(id, () => this.read(id), isEnded, ms, gone, known);
  }

  /** Submits a task and waits for its outcome. Throws a Refusal when the signal aborts first. */
  async run(submission: Submission, gone: AbortSignal): Promise<EndedTask> {
    const ms = (submission.limits.deadlineMs ?? taskTypes[submission.type].deadlineMs) + outcomeGraceMs;
    return requireOutcome(await this.submitAndWait(submission, ms, gone));
  }

  /** Waits for the outcome of a task that goes on. Throws a Refusal when the signal aborts first. */
  async outcomeOf({ spec }: TaskRecord, gone: AbortSignal): Promise<EndedTask> {
    const ms = spec.deadlineAt + outcomeGraceMs - this.#deps.clock.now();
    return requireOutcome(await this.wait(spec.id, ms, gone));
  }

  /** Newest first. */
  async list(
    cursor: string | undefined,
    limit: number,
    filter: TaskFilter = {},
  ): Promise<{ tasks: TaskRecord[]; cursor: string | undefined }> {
    const page = await this.#deps.store.list(cursor, limit, filter);
    const records = await this.#deps.store.readMany(page.taskIds);
    return { tasks: records.filter((record) => record !== undefined), cursor: page.cursor };
  }

  /** Cancels: at once if nobody has the task, else by telling its delegate to stop. */
  async cancel(taskId: string, reason: string): Promise<TaskRecord> {
    const { store, ends, notices } = this.#deps;
    // Until it stays as it was seen for long enough: it is given out, or comes back, meanwhile.
    for (;;) {
      const record = await this.read(taskId);
      if (record.outcome)
        throw new Refusal('task-ended', `task ${taskId} has already ended: ${record.state}`, 'Nothing to do.');
      if (record.assignment) {
        if ((await store.requestCancel(taskId, record.attempt, reason)) !== 'requested') continue;
        notices.publish({ kind: 'task-cancel-requested', taskId, reason });
        return this.read(taskId);
      }
      if ((await ends.finishWaiting(record, { kind: 'cancelled', reason })) === 'recorded') return this.read(taskId);
    }
  }

  #specify(submission: Submission): TaskSpec {
    const { type, params, origin, selectors, meantFor, isBackground, limits, idempotencyKey } = submission;
    const id = this.#deps.newId('tsk');
    const now = this.#deps.clock.now();
    const defaults = taskTypes[type];
    const deadlineAt = now + (limits.deadlineMs ?? defaults.deadlineMs);
    return {
      id,
      type,
      params,
      connectorId: origin.connectorId,
      target: origin.target,
      selectors: selectors.length > 0 ? selectors : origin.selectors,
      ...(meantFor === undefined ? {} : { meantFor }),
      ...(isBackground === undefined ? {} : { isBackground }),
      createdAt: now,
      pickUpBy: Math.min(now + (limits.pickUpMs ?? defaults.pickUpMs), deadlineAt),
      deadlineAt,
      runMs: limits.runMs ?? defaults.runMs,
      // By the caller's key where there is one: then even a task that was long forgotten is found at ServiceNow.
      correlationId:
        idempotencyKey === undefined
          ? `ticketgate-${id}`
          : `ticketgate-${this.#deps.hash(JSON.stringify([origin.target?.baseUrl, idempotencyKey])).slice(0, 40)}`,
      lookFirst: idempotencyKey !== undefined,
    };
  }
}

/** How long after its deadline a task's outcome may be written: a side effect that was lost settles first. */
const outcomeGraceMs = 120_000;

type EndedTask = TaskRecord & { outcome: Outcome };

function requireOutcome(record: TaskRecord): EndedTask {
  if (record.outcome) return { ...record, outcome: record.outcome };
  throw new Refusal(
    'manager-closing',
    `task ${record.spec.id} had not ended when the wait for it did`,
    'Ask for the task again.',
  );
}

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
