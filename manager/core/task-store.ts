import type { AssignmentKey } from '#protocol/messages.ts';
import type { Attempt, Outcome, TaskState } from '#protocol/task.ts';
import type { TaskType } from '#protocol/task-types.ts';
import type { Assignment, TaskRecord, TaskSpec } from './task-record.ts';

export type Lease =
  | { readonly kind: 'extended'; readonly leaseUntil: number; readonly cancelReason: string | undefined }
  | { readonly kind: 'superseded' };

/**
 * How a submission fared. `fresh`: it was written now, with the assignment if one was given and its instance has a place. `revived`: its key stands for
 * a task that was forgotten, and which was written anew, under its own id and without an assignment.
 */
export type CreateResult =
  | { readonly kind: 'fresh'; readonly record: TaskRecord }
  | { readonly kind: 'known' | 'revived'; readonly record: TaskRecord }
  | { readonly kind: 'key-reused'; readonly taskId: string };

/** `cancel-asked`: somebody asked to cancel, which whoever decided did not know: decide again. */
export type FinishResult = 'recorded' | 'already-ended' | 'superseded' | 'unknown-task' | 'cancel-asked';
export type RequeueResult = 'requeued' | 'superseded' | 'cancel-asked';

/**
 * On what grounds a task is ended: by the end of its newest attempt, with the request to cancel that was known of, and,
 * when the attempt is only thought to be lost, with the lease that was seen to be over; or by
 * what was seen of a record that nobody may have changed since.
 */
export type Grounds =
  | { readonly attempt: Attempt; readonly cancelReason: string | undefined; readonly seenLease?: number }
  | { readonly seen: TaskRecord };

/** What a list of tasks is narrowed to; all of it holds. */
export interface TaskFilter {
  readonly states?: readonly TaskState[];
  readonly type?: TaskType;
  readonly connectorId?: string;
  /** A delegate that has, or had, the task. */
  readonly delegateId?: string;
  /** A part of the id. */
  readonly text?: string;
}

/**
 * The outcome store. Every write is one atomic step in Redis that checks what it relies on, and may be sent twice: a
 * connection that breaks before the answer sends it again.
 */
export interface TaskStore {
  /**
   * Writes the task, already assigned if an assignment is given, unless there is one already. With an idempotency key,
   * the same key and fingerprint lead to the first submission's task; another fingerprint is `key-reused`.
   */
  create(
    spec: TaskSpec,
    idempotency: Idempotency | undefined,
    assignment: Assignment | undefined,
  ): Promise<CreateResult>;
  read(taskId: string): Promise<TaskRecord | undefined>;
  readMany(taskIds: readonly string[]): Promise<(TaskRecord | undefined)[]>;
  /** Newest first. The cursor is what the page before answered. A page with few that match may have a next one. */
  list(
    cursor: string | undefined,
    limit: number,
    filter?: TaskFilter,
  ): Promise<{ taskIds: string[]; cursor: string | undefined }>;
  /**
   * Begins the attempt `assignment.attempt` if the task is queued and had exactly one attempt less: else it is `not-due`.
   * `no-place`: as many tasks are under way at its instance as may be at once.
   */
  assign(spec: TaskSpec, assignment: Assignment): Promise<'assigned' | 'not-due' | 'no-place'>;
  /**
   * Marks the attempt as running, if it is the newest one of a task that has not ended. With its spec, where that is known,
   * those who look are told.
   */
  accept(taskId: string, attempt: number, spec: TaskSpec | undefined): Promise<boolean>;
  /**
   * Moves the lease of a delegate's attempt, if it is the newest one of a task that has not ended and does not count as
   * lost; at most to its limit.
   */
  extendLease(key: AssignmentKey, delegateId: string, leaseUntil: number, now: number): Promise<Lease>;
  /** Ends the newest attempt without ending the task: it is queued again. */
  requeue(spec: TaskSpec, notBefore: number, grounds: Extract<Grounds, { attempt: Attempt }>): Promise<RequeueResult>;
  /**
   * Ends the task if it has not ended and the grounds still hold; else it is `superseded`. An attempt's own end is kept
   * in either case.
   */
  finish(spec: TaskSpec, outcome: Outcome, endedAt: number, grounds: Grounds): Promise<FinishResult>;
  /** Marks that a task is to be cancelled, if a delegate has this attempt of it. */
  requestCancel(taskId: string, attempt: number, reason: string): Promise<'requested' | 'superseded'>;
  /** Waiting tasks whose next limit is over, and assigned ones whose lease is. */
  overLimit(now: number, most: number): Promise<string[]>;
  overLease(now: number, most: number): Promise<string[]>;
  /** Looks at a waiting task again at a later limit. */
  remindAt(taskId: string, at: number): Promise<void>;
  /** Drops the reminders of a task that is not there any more. */
  forget(taskId: string): Promise<void>;
  /** Deletes ended tasks that are older than the retention, or more than are kept. */
  trim(now: number): Promise<void>;
}

export interface Idempotency {
  readonly key: string;
  /** Tells whether a repeated submission is the same. */
  readonly fingerprint: string;
}
