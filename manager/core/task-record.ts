import type { Authentication, AuthenticationKind, SecretRef } from '#protocol/authentication.ts';
import { featuresNeeded } from '#protocol/features.ts';
import type { Finding } from '#protocol/finding.ts';
import type { Attempt, Outcome, TaskState, TaskView } from '#protocol/task.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import type { Demand } from './delegates.ts';

/** What was submitted; it never changes. Times are milliseconds since the epoch. */
export interface TaskSpec {
  readonly id: string;
  readonly type: TaskType;
  readonly params: unknown;
  /** Empty for the test of a draft. */
  readonly connectorId: string;
  /** The connector as it was at submission; the secret's value is looked up when the task is assigned. Of a canary, none. */
  readonly target: TaskTarget | undefined;
  readonly selectors: readonly string[];
  /** Of a canary: the one delegate that it is for, at the manager that sent it. */
  readonly meantFor?: { readonly managerId: string; readonly delegateId: string };
  /** Nobody waits for it in person: the polls of gates yield to what somebody does. */
  readonly isBackground?: true;
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
  readonly authentication: Authentication<SecretRef>;
}

/** One task given to one delegate for one attempt. */
export interface Assignment {
  readonly attempt: number;
  readonly delegateId: string;
  readonly delegateName: string;
  readonly assignedAt: number;
  /** Until when the delegate may begin requests, by the manager's clock, network margin included. */
  readonly leaseUntil: number;
  /** A lease is not extended beyond this: the time to run is over by then, and the time to stop. */
  readonly leaseLimit: number;
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
  /** What the newest attempt has found so far; kept apart, and there only when it was asked for. */
  readonly found?: readonly Finding[];
}

/**
 * What a delegate must be and do for a task: tasks of one route are interchangeable for matching, so they share one
 * queue. docs/decisions/0002.
 */
export interface Route extends Demand {
  readonly isBackground: boolean;
  /** Legible, and safe in a key: `ticket.create@https=3A=2F=2Fexample.service-now.com=2F+dc1+prod`. */
  readonly id: string;
}

/** Names the route of a task. */
export function routeOf(task: {
  readonly type: TaskType;
  readonly params?: unknown;
  readonly selectors: readonly string[];
  readonly target: { readonly baseUrl: string; readonly authentication?: { kind: AuthenticationKind } } | undefined;
  readonly meantFor?: { readonly managerId: string };
  readonly isBackground?: true;
}): Route {
  const { type, params, selectors } = task;
  const isBackground = task.isBackground ?? false;
  const features = featuresNeeded({ type, params, authentication: task.target?.authentication?.kind });
  const managerId = task.meantFor?.managerId;
  const baseUrl = task.target?.baseUrl;
  const parts = [type, ...selectors].map(encodeURIComponent).join('+');
  const where = baseUrl === undefined ? '' : `@${encodeURIComponent(baseUrl)}`;
  const whose = managerId === undefined ? '' : `!${encodeURIComponent(managerId)}`;
  const how = `${features.map((feature) => `*${feature}`).join('')}${isBackground ? '~' : ''}`;
  const id = `${parts}${where}${whose}${how}`.replaceAll('%', '=');
  return { id, type, selectors, baseUrl, managerId, features, isBackground };
}

/** The attempt that an assignment begins, as the task's history shows it. */
export function attemptOf({ attempt, delegateId, delegateName, assignedAt }: Assignment): Attempt {
  return { attempt, delegateId, delegateName, assignedAt: isoTime(assignedAt) };
}

/** A queued record as it is once an assignment is written. */
export function withAssignment(record: TaskRecord, assignment: Assignment, begun = attemptOf(assignment)): TaskRecord {
  const { attempt } = assignment;
  return { ...record, state: 'assigned', attempt, assignment, attempts: [...record.attempts, begun] };
}

/** What managers ask by themselves again and again is not shown among the tasks. */
export function isListed(spec: TaskSpec): boolean {
  return spec.type !== 'canary' && !isPoll(spec);
}

export function isPoll({ type, isBackground }: Pick<TaskSpec, 'type' | 'isBackground'>): boolean {
  return isBackground === true && !taskTypes[type].sideEffect;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Shows a record as the API does. */
export function viewTask(record: TaskRecord): TaskView {
  const { spec, outcome, endedAt, assignment, found } = record;
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
    ...(assignment === undefined || outcome !== undefined || found === undefined
      ? {}
      : { progress: { attempt: assignment.attempt, delegateName: assignment.delegateName, findings: [...found] } }),
    ...(record.cancelReason === undefined ? {} : { cancelAsked: record.cancelReason }),
    ...(endedAt === undefined ? {} : { endedAt: isoTime(endedAt) }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}
