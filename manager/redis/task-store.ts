import type { Redis } from 'ioredis';
import type { AssignmentKey } from '#protocol/messages.ts';
import type { Attempt, Outcome, TaskState } from '#protocol/task.ts';
import { taskTypes } from '#protocol/task-types.ts';
import {
  type Assignment,
  attemptOf,
  isListed,
  isPoll,
  type TaskRecord,
  type TaskSpec,
  withAssignment,
} from '../core/task-record.ts';
import type {
  CreateResult,
  FinishResult,
  Grounds,
  Idempotency,
  Lease,
  RequeueResult,
  TaskFilter,
  TaskStore,
} from '../core/task-store.ts';
import type { Keys } from './keys.ts';
import { listNewest } from './newest.ts';
import * as scripts from './task-scripts.ts';
import { searchTasks } from './task-search.ts';

export interface Retention {
  /** How long ended tasks are kept, in milliseconds, and how many at most. */
  readonly keptMs: number;
  readonly most: number;
}

/** How many tasks may be under way at one instance at once; 0: no limit. Background work leaves some to the others. */
export interface InstancePlaces {
  readonly all: number;
  readonly background: number;
}

/** A task is one hash: `spec`, `state`, `attempt`, the assignment, `attempt:<n>` for each attempt, `outcome`. */
export class RedisTaskStore implements TaskStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #retention: Retention;
  readonly #settleMs: number;
  readonly #places: InstancePlaces;
  readonly #onChange: (spec: TaskSpec) => void;

  /** `onChange` is called when a change of a task has been written. */
  constructor(
    redis: Redis,
    keys: Keys,
    retention: Retention,
    settleMs: number,
    places: InstancePlaces,
    onChange: (spec: TaskSpec) => void = () => {},
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#retention = retention;
    this.#settleMs = settleMs;
    this.#places = places;
    this.#onChange = onChange;
  }

  async create(
    spec: TaskSpec,
    idempotency: Idempotency | undefined,
    assignment: Assignment | undefined,
  ): Promise<CreateResult> {
    const { id, createdAt, pickUpBy, deadlineAt } = spec;
    const holder = idempotency && JSON.stringify({ id, fingerprint: idempotency.fingerprint });
    const keptMs = this.#retention.keptMs + deadlineAt - createdAt;
    const keys = [...this.#keysOf(spec), this.#keys.taskIdempotency(idempotency?.key ?? '')];
    const begun = assignment && attemptOf(assignment);
    const assigned = assignment && begun ? JSON.stringify(this.#write(spec, assignment, begun)) : '';
    const written = [JSON.stringify(spec), createdAt, pickUpBy, listed(spec), holder ?? '', keptMs, assigned];
    const args = [id, ...written, spec.type, spec.connectorId];
    const reply = await scripts.create.run(this.#redis, keys, args);
    if (typeof reply === 'string' && reply !== holder) return this.#recall(reply, spec, idempotency);
    // Sent again after it had been assigned, lost and given on: the task is as it is now.
    if (reply === 0) return { kind: 'known', record: (await this.read(id)) ?? freshRecord(spec) };
    this.#onChange(spec);
    const fresh = freshRecord(spec);
    return { kind: 'fresh', record: assignment && reply === 1 ? withAssignment(fresh, assignment, begun) : fresh };
  }

  async read(taskId: string): Promise<TaskRecord | undefined> {
    return readRecord(await this.#redis.hgetall(this.#keys.task(taskId)));
  }

  async readMany(taskIds: readonly string[]): Promise<(TaskRecord | undefined)[]> {
    return Promise.all(taskIds.map((taskId) => this.read(taskId)));
  }

  async list(
    cursor: string | undefined,
    limit: number,
    filter: TaskFilter = {},
  ): Promise<{ taskIds: string[]; cursor: string | undefined }> {
    const page =
      Object.keys(filter).length > 0
        ? await searchTasks(this.#redis, this.#keys, filter, cursor, limit)
        : await listNewest(this.#redis, this.#keys.taskIndex(), cursor, limit);
    return { taskIds: page.ids, cursor: page.cursor };
  }

  async assign(spec: TaskSpec, assignment: Assignment): Promise<'assigned' | 'not-due' | 'no-place'> {
    const args = [spec.id, JSON.stringify(this.#write(spec, assignment, attemptOf(assignment)))];
    switch (await scripts.assign.run(this.#redis, this.#keysOf(spec), args)) {
      case 1:
        this.#onChange(spec);
        return 'assigned';
      case 2:
        return 'no-place';
      default:
        return 'not-due';
    }
  }

  async accept(taskId: string, attempt: number, spec: TaskSpec | undefined): Promise<boolean> {
    const reply = await scripts.accept.run(this.#redis, this.#keysOfTask(taskId), [taskId, attempt]);
    if (reply === 1 && spec) this.#onChange(spec);
    return reply === 1;
  }

  async extendLease(key: AssignmentKey, delegateId: string, leaseUntil: number, now: number): Promise<Lease> {
    const { taskId, attempt } = key;
    const args = [taskId, attempt, delegateId, leaseUntil, now];
    const reply = await scripts.extendLease.run(this.#redis, this.#keysOfTask(taskId), args);
    if (!Array.isArray(reply)) return { kind: 'superseded' };
    const [granted, cancelReason] = reply as [string, string];
    return { kind: 'extended', leaseUntil: Number(granted), cancelReason: cancelReason || undefined };
  }

  async requeue(
    spec: TaskSpec,
    notBefore: number,
    grounds: Extract<Grounds, { attempt: Attempt }>,
  ): Promise<RequeueResult> {
    const [attempt, end, seenLease, cancelReason] = describeGrounds(grounds);
    const lookAt = Math.min(spec.deadlineAt, notBefore + jobMissedMs);
    const args = [spec.id, attempt, end, notBefore, lookAt, cancelReason, seenLease];
    const result = (await scripts.requeue.run(this.#redis, this.#keysOf(spec), args)) as RequeueResult;
    if (result === 'requeued') this.#onChange(spec);
    return result;
  }

  async finish(spec: TaskSpec, outcome: Outcome, endedAt: number, grounds: Grounds): Promise<FinishResult> {
    const end = [JSON.stringify(outcome), outcome.kind, endedAt, this.#keptMs(spec), listed(spec)];
    const args = [spec.id, ...end, ...describeGrounds(grounds)];
    const result = (await scripts.finish.run(this.#redis, this.#keysOf(spec), args)) as FinishResult;
    if (result === 'recorded') this.#onChange(spec);
    return result;
  }

  async requestCancel(taskId: string, attempt: number, reason: string): Promise<'requested' | 'superseded'> {
    const args = [taskId, attempt, reason];
    const reply = await scripts.requestCancel.run(this.#redis, this.#keysOfTask(taskId), args);
    return reply === 1 ? 'requested' : 'superseded';
  }

  overLimit(now: number, most: number): Promise<string[]> {
    return this.#redis.zrangebyscore(this.#keys.taskLimits(), '-inf', now, 'LIMIT', 0, most);
  }

  overLease(now: number, most: number): Promise<string[]> {
    return this.#redis.zrangebyscore(this.#keys.taskLeases(), '-inf', now, 'LIMIT', 0, most);
  }

  async remindAt(taskId: string, at: number): Promise<void> {
    await this.#redis.zadd(this.#keys.taskLimits(), 'XX', at, taskId);
  }

  async forget(taskId: string): Promise<void> {
    await scripts.forget.run(this.#redis, this.#keysOfTask(taskId), [taskId]);
  }

  async trim(now: number): Promise<void> {
    for (let batch = 0; batch < mostTrimBatches; batch += 1) if ((await this.#trimSome(now)) < trimBatch) return;
  }

  /** The key was used before: the task that it stands for, if the submission was the same. */
  async #recall(holder: string, spec: TaskSpec, idempotency: Idempotency | undefined): Promise<CreateResult> {
    const first = JSON.parse(holder) as { id: string; fingerprint: string };
    if (first.fingerprint !== idempotency?.fingerprint) return { kind: 'key-reused', taskId: first.id };
    const record = await this.read(first.id);
    if (record) return { kind: 'known', record };
    const created = await this.create({ ...spec, id: first.id }, undefined, undefined);
    return created.kind === 'fresh' ? { kind: 'revived', record: created.record } : created;
  }

  async #trimSome(now: number): Promise<number> {
    const ended = this.#keys.tasksEnded();
    const excess = (await this.#redis.zcard(ended)) - this.#retention.most;
    const tooMany = excess > 0 ? await this.#redis.zrange(ended, '0', String(Math.min(excess, trimBatch) - 1)) : [];
    const tooOld = await this.#redis.zrangebyscore(ended, '-inf', now - this.#retention.keptMs, 'LIMIT', 0, trimBatch);
    const ids = [...new Set([...tooMany, ...tooOld])];
    if (ids.length > 0)
      await this.#redis
        .multi()
        .unlink(...ids.map(this.#keys.task))
        .zrem(this.#keys.taskIndex(), ...ids)
        .zrem(ended, ...ids)
        .exec();
    return ids.length;
  }

  #write(spec: TaskSpec, assignment: Assignment, begun: Attempt): object {
    return {
      ...assignment,
      quietMs: taskTypes[spec.type].sideEffect ? this.#settleMs : 0,
      most: spec.target ? this.#places[spec.isBackground ? 'background' : 'all'] : 0,
      begun: JSON.stringify(begun),
    };
  }

  #keptMs(spec: TaskSpec): number {
    if (spec.type === 'canary') return canaryKeptMs;
    return isPoll(spec) ? pollKeptMs : this.#retention.keptMs;
  }

  #keysOf({ id, target }: TaskSpec): string[] {
    return [...this.#keysOfTask(id), this.#keys.instanceTasks(target?.baseUrl ?? '')];
  }

  #keysOfTask(taskId: string): string[] {
    const { task, taskLimits, taskLeases, tasksEnded, taskIndex } = this.#keys;
    return [task(taskId), taskLimits(), taskLeases(), tasksEnded(), taskIndex()];
  }
}

/** The attempt, its end or '', the lease that was seen or '', the request to cancel that is known of or ''. */
function describeGrounds(grounds: Grounds): [string | number, string, string | number, string] {
  if ('seen' in grounds) return [grounds.seen.attempt, '', grounds.seen.assignment?.leaseUntil ?? '', ''];
  const { attempt, seenLease, cancelReason } = grounds;
  return [attempt.attempt, JSON.stringify(attempt), seenLease ?? '', cancelReason ?? ''];
}

const trimBatch = 1_000;
const mostTrimBatches = 50;
/** A task that waits for its next attempt is looked at so long after that is due: its job may never have been added. */
const jobMissedMs = 10_000;
/** Nobody looks at a canary that has ended, but its own sender. */
const canaryKeptMs = 60_000;
/** A poll holds all that it read of up to 180 tickets, and comes every few seconds: what mattered of it is in the gates. */
const pollKeptMs = 600_000;

function listed(spec: TaskSpec): string {
  return isListed(spec) ? '1' : '0';
}

function freshRecord(spec: TaskSpec): TaskRecord {
  return {
    spec,
    state: 'queued',
    attempt: 0,
    assignment: undefined,
    attempts: [],
    notBefore: 0,
    cancelReason: undefined,
    outcome: undefined,
    endedAt: undefined,
  };
}

function readRecord(hash: Record<string, string>): TaskRecord | undefined {
  const { spec, state, attempt, outcome, endedAt } = hash;
  if (spec === undefined) return undefined;
  const number = Number(attempt);
  return {
    spec: JSON.parse(spec) as TaskSpec,
    state: state as TaskState,
    attempt: number,
    assignment: readAssignment(hash, number),
    attempts: Array.from({ length: number }, (_, index) => hash[`attempt:${index + 1}`]).flatMap((text) =>
      text === undefined ? [] : [JSON.parse(text) as Attempt],
    ),
    notBefore: Number(hash.notBefore ?? 0),
    cancelReason: hash.cancelReason,
    outcome: outcome === undefined ? undefined : (JSON.parse(outcome) as Outcome),
    endedAt: endedAt === undefined ? undefined : Number(endedAt),
  };
}

function readAssignment(hash: Record<string, string>, attempt: number): Assignment | undefined {
  const { delegateId, delegateName, assignedAt, leaseUntil, leaseLimit, state } = hash;
  if (delegateId === undefined || delegateName === undefined) return undefined;
  return {
    attempt,
    delegateId,
    delegateName,
    assignedAt: Number(assignedAt),
    leaseUntil: Number(leaseUntil),
    leaseLimit: Number(leaseLimit),
    accepted: state === 'running',
  };
}
