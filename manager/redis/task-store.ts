import type { Redis } from 'ioredis';
import type { Attempt, Outcome, TaskState } from '#protocol/task.ts';
import { type Assignment, isoTime, type TaskRecord, type TaskSpec } from '../core/task-record.ts';
import type { FinishResult, Grounds, Idempotency, Lease, TaskStore } from '../core/task-store.ts';
import { claimIdempotencyKey } from './idempotency.ts';
import type { Keys } from './keys.ts';
import { listNewest } from './newest.ts';
import * as scripts from './task-scripts.ts';

/** A task is one hash: `spec`, `state`, `attempt`, the assignment, `attempt:<n>` for each attempt, `outcome`. */
export class RedisTaskStore implements TaskStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keptMs: number;

  constructor(redis: Redis, keys: Keys, keptMs: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keptMs = keptMs;
  }

  async create(spec: TaskSpec, idempotency: Idempotency | undefined): Promise<TaskRecord | 'key-reused'> {
    const keptMs = this.#keptMs + spec.deadlineAt - spec.createdAt;
    const id = await claimIdempotencyKey(this.#redis, this.#keys.taskIdempotency, spec.id, idempotency, keptMs);
    if (id === undefined) return 'key-reused';
    const fresh: TaskSpec = { ...spec, id };
    // What points at the task first: a pointer without a task is dropped, a task without one would stay for ever.
    await this.#redis.zadd(this.#keys.taskIndex(), 'NX', spec.createdAt, id);
    await this.#redis.zadd(this.#keys.taskReminders(), 'NX', spec.pickUpBy, id);
    await scripts.create.run(this.#redis, [this.#keys.task(id)], [JSON.stringify(fresh), fresh.deadlineAt]);
    const record = await this.read(id);
    if (!record) throw new Error('a task that was just written is not there');
    return record;
  }

  async read(taskId: string): Promise<TaskRecord | undefined> {
    return readRecord(await this.#redis.hgetall(this.#keys.task(taskId)));
  }

  async readMany(taskIds: readonly string[]): Promise<(TaskRecord | undefined)[]> {
    return Promise.all(taskIds.map((taskId) => this.read(taskId)));
  }

  async list(cursor: string | undefined, limit: number): Promise<{ taskIds: string[]; cursor: string | undefined }> {
    const index = this.#keys.taskIndex();
    await this.#redis.zremrangebyscore(index, 0, Date.now() - this.#keptMs - longestLifeMs);
    const page = await listNewest(this.#redis, index, cursor, limit);
    return { taskIds: page.ids, cursor: page.cursor };
  }

  async assign(taskId: string, assignment: Assignment): Promise<boolean> {
    const { attempt, delegateId, delegateName, assignedAt, leaseUntil } = assignment;
    const begun: Attempt = { attempt, delegateId, delegateName, assignedAt: isoTime(assignedAt) };
    const args = [attempt, delegateId, delegateName, assignedAt, leaseUntil, JSON.stringify(begun)];
    return (await scripts.assign.run(this.#redis, [this.#keys.task(taskId)], args)) === 1;
  }

  async accept(taskId: string, attempt: number): Promise<boolean> {
    return (await scripts.accept.run(this.#redis, [this.#keys.task(taskId)], [attempt])) === 1;
  }

  async extendLease(taskId: string, attempt: number, leaseUntil: number, graceMs: number): Promise<Lease> {
    const args = [attempt, leaseUntil, graceMs];
    const reply = await scripts.extendLease.run(this.#redis, [this.#keys.task(taskId)], args);
    if (typeof reply !== 'string') return { kind: 'superseded' };
    return { kind: 'extended', cancelReason: reply === '' ? undefined : reply };
  }

  async requeue(taskId: string, attempt: Attempt, notBefore: number): Promise<boolean> {
    const args = [attempt.attempt, JSON.stringify(attempt), notBefore];
    return (await scripts.requeue.run(this.#redis, [this.#keys.task(taskId)], args)) === 1;
  }

  async finish(taskId: string, outcome: Outcome, endedAt: number, grounds: Grounds): Promise<FinishResult> {
    const basis =
      'attempt' in grounds
        ? [grounds.attempt.attempt, JSON.stringify(grounds.attempt), '']
        : [grounds.seen.attempt, '', grounds.seen.assignment?.leaseUntil ?? ''];
    const args = [JSON.stringify(outcome), outcome.kind, endedAt, this.#keptMs, ...basis];
    return (await scripts.finish.run(this.#redis, [this.#keys.task(taskId)], args)) as FinishResult;
  }

  async cancel(
    taskId: string,
    reason: string,
    at: number,
  ): Promise<'ended' | 'requested' | 'already-ended' | 'unknown-task'> {
    const outcome: Outcome = { kind: 'cancelled', reason };
    const args = [JSON.stringify(outcome), reason, at, this.#keptMs];
    return (await scripts.cancel.run(this.#redis, [this.#keys.task(taskId)], args)) as 'ended';
  }

  async due(now: number, limit: number): Promise<string[]> {
    return this.#redis.zrangebyscore(this.#keys.taskReminders(), '-inf', now, 'LIMIT', 0, limit);
  }

  async remindAt(taskId: string, at: number): Promise<void> {
    await this.#redis.zadd(this.#keys.taskReminders(), at, taskId);
  }

  async forgetReminder(taskId: string): Promise<void> {
    await this.#redis.zrem(this.#keys.taskReminders(), taskId);
  }
}

/** A task older than this has ended, whatever its deadline was. */
const longestLifeMs = 30 * 86_400_000;

function readRecord(hash: Record<string, string>): TaskRecord | undefined {
  const { spec, state, attempt, delegateId, delegateName, assignedAt, leaseUntil, outcome, endedAt } = hash;
  if (spec === undefined) return undefined;
  const number = Number(attempt);
  return {
    spec: JSON.parse(spec) as TaskSpec,
    state: state as TaskState,
    attempt: number,
    assignment:
      delegateId === undefined || delegateName === undefined
        ? undefined
        : {
            attempt: number,
            delegateId,
            delegateName,
            assignedAt: Number(assignedAt),
            leaseUntil: Number(leaseUntil),
            accepted: state === 'running',
          },
    attempts: Array.from({ length: number }, (_, index) => hash[`attempt:${index + 1}`]).flatMap((text) =>
      text === undefined ? [] : [JSON.parse(text) as Attempt],
    ),
    notBefore: Number(hash.notBefore ?? 0),
    cancelReason: hash.cancelReason,
    outcome: outcome === undefined ? undefined : (JSON.parse(outcome) as Outcome),
    endedAt: endedAt === undefined ? undefined : Number(endedAt),
  };
}
