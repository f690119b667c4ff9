import type { Attempt, Outcome } from '#protocol/task.ts';
import type { Assignment, TaskRecord, TaskSpec } from './task-record.ts';

export type Lease =
  | { readonly kind: 'extended'; readonly cancelReason: string | undefined }
  | { readonly kind: 'superseded' };

export type FinishResult = 'recorded' | 'already-ended' | 'superseded' | 'unknown-task';

/** On what grounds a task is ended: by the end of its newest attempt, or by what was seen of a record that nobody may have changed since. */
export type Grounds = { readonly attempt: Attempt } | { readonly seen: TaskRecord };

/** The outcome store. Every write is one atomic step in Redis that checks what it relies on. */
export interface TaskStore {
  /**
   * Writes the task, and when to look at it again, unless there is one already; answers with the record that is there. With an idempotency key, the
   * same key and fingerprint lead to the first submission's id; another fingerprint is `key-reused`.
   */
  create(spec: TaskSpec, idempotency: Idempotency | undefined): Promise<TaskRecord | 'key-reused'>;
  read(taskId: string): Promise<TaskRecord | undefined>;
  readMany(taskIds: readonly string[]): Promise<(TaskRecord | undefined)[]>;
  /** Newest first. The cursor is what the page before answered. */
  list(cursor: string | undefined, limit: number): Promise<{ taskIds: string[]; cursor: string | undefined }>;
  /** Begins the attempt `assignment.attempt` if the task is queued and had exactly one attempt less. */
  assign(taskId: string, assignment: Assignment): Promise<boolean>;
  /** Marks the attempt as running, if it is the newest one of a task that has not ended. */
  accept(taskId: string, attempt: number): Promise<boolean>;
  /** Moves the lease, if the attempt is the newest one of a task that has not ended; at most to `graceMs` after its deadline. */
  extendLease(taskId: string, attempt: number, leaseUntil: number, graceMs: number): Promise<Lease>;
  /** Ends the newest attempt without ending the task: it is queued again, for a time. False if the attempt is not the newest. */
  requeue(taskId: string, attempt: Attempt, notBefore: number): Promise<boolean>;
  /**
   * Ends the task if it has not ended and the grounds still hold; else it is `superseded`. An attempt's own end is kept
   * in either case.
   */
  finish(taskId: string, outcome: Outcome, endedAt: number, grounds: Grounds): Promise<FinishResult>;
  /** Ends the task as cancelled if nobody has it, else marks that it is to be cancelled. */
  cancel(taskId: string, reason: string, at: number): Promise<'ended' | 'requested' | 'already-ended' | 'unknown-task'>;
  /** Tasks whose next limit is over, and when to look at one again. */
  due(now: number, limit: number): Promise<string[]>;
  remindAt(taskId: string, at: number): Promise<void>;
  forgetReminder(taskId: string): Promise<void>;
}

export interface Idempotency {
  readonly key: string;
  /** Tells whether a repeated submission is the same. */
  readonly fingerprint: string;
}
