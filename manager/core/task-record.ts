import type { Attempt, Outcome, TaskState, TaskView } from '#protocol/task.ts';
import type { TaskType } from '#protocol/task-types.ts';

/** What was submitted; it never changes. Times are milliseconds since the epoch. */
export interface TaskSpec {
  readonly id: string;
  readonly type: TaskType;
  readonly params: unknown;
  /** Empty for the test of a draft. */
  readonly connectorId: string;
  /** The connector as it was at submission; the secret's value is looked up when the task is assigned. */
  readonly target: TaskTarget;
  readonly selectors: readonly string[];
  readonly createdAt: number;
  readonly pickUpBy: number;
  readonly deadlineAt: number;
  readonly runMs: number;
  readonly correlationId: string;
  /** The caller's idempotency key may have served an earlier, forgotten task: look before doing. */
  readonly lookFirst: boolean;
}

export interface TaskTarget {
  readonly baseUrl: string;
  readonly username: string;
  readonly secretName: string;
}

/** One task given to one delegate for one attempt. */
export interface Assignment {
  readonly attempt: number;
  readonly delegateId: string;
  readonly delegateName: string;
  readonly assignedAt: number;
  /** Until when the delegate may begin requests, by the manager's clock, network margin included. */
  readonly leaseUntil: number;
  readonly accepted: boolean;
}

/** A task as Redis holds it. */
export interface TaskRecord {
  readonly spec: TaskSpec;
  readonly state: TaskState;
  /** The newest attempt's number, 0 before the first; it only grows. */
  readonly attempt: number;
  /** Present exactly while a delegate may have the task. */
  readonly assignment: Assignment | undefined;
  readonly attempts: readonly Attempt[];
  /** When the next attempt may begin, after one that failed; 0 before the first. */
  readonly notBefore: number;
  readonly cancelReason: string | undefined;
  readonly outcome: Outcome | undefined;
  readonly endedAt: number | undefined;
}

/**
 * What a delegate must be and do for a task: tasks of one route are interchangeable for matching, so they share one
 * queue. docs/decisions/0002.
 */
export interface Route {
  readonly id: string;
  readonly type: TaskType;
  readonly selectors: readonly string[];
}

/** Names the route of a task. The id is legible and safe in a key: `ticket.create` or `ticket.create+dc1+prod`. */
export function routeOf(type: TaskType, selectors: readonly string[]): Route {
  return { id: [type, ...selectors].map(encodeURIComponent).join('+').replaceAll('%', '='), type, selectors };
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Shows a record as the API does. */
export function viewTask(record: TaskRecord): TaskView {
  const { spec, outcome, endedAt } = record;
  return {
    id: spec.id,
    type: spec.type,
    state: record.state,
    connectorId: spec.connectorId,
    selectors: [...spec.selectors],
    createdAt: isoTime(spec.createdAt),
    pickUpBy: isoTime(spec.pickUpBy),
    deadlineAt: isoTime(spec.deadlineAt),
    attempts: [...record.attempts],
    ...(endedAt === undefined ? {} : { endedAt: isoTime(endedAt) }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}
