import { taskTypes } from '#protocol/task-types.ts';
import type { TaskRecord } from './task-record.ts';

/** What a manager that has just claimed a task's job does with it. */
export type ClaimDecision =
  /** The task has ended, is somebody's already, or was never acknowledged: end the job. */
  | { readonly kind: 'done' }
  /** Its time to be picked up, or its overall deadline, is over: end it. */
  | { readonly kind: 'expire' }
  /** The last attempt said that something may still be under way: give the job back until then. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  | {
      readonly kind: 'assign';
      readonly attempt: number;
      readonly lookFirst: boolean;
      readonly avoid: ReadonlySet<string>;
    };

/** Decides by the record alone, so that any manager decides the same (invariants 2 and 3 of ARCHITECTURE.md). */
export function decideClaim(record: TaskRecord | undefined, attempt: number, now: number): ClaimDecision {
  if (!record || record.outcome || record.assignment || record.attempt + 1 !== attempt) return { kind: 'done' };
  const { spec } = record;
  if (now >= spec.deadlineAt || (record.attempt === 0 && now >= spec.pickUpBy)) return { kind: 'expire' };
  if (now < record.notBefore) return { kind: 'wait', untilMs: Math.min(record.notBefore, spec.deadlineAt) };
  return {
    kind: 'assign',
    attempt,
    lookFirst: spec.lookFirst || record.attempt > 0,
    avoid: new Set(
      record.attempts.filter(({ outcome }) => outcome?.kind === 'failed').map(({ delegateId }) => delegateId),
    ),
  };
}

/**
 * Tells when an assignment whose delegate is not heard of counts as lost: when its lease is over and, for a side effect,
 * ServiceNow can no longer be at work on a request of it (invariant 3).
 */
export function lostAt(type: TaskRecord['spec']['type'], leaseUntil: number, settleMs: number): number {
  return leaseUntil + (taskTypes[type].sideEffect ? settleMs : 0);
}

/** What is done with an assigned task whose lease is said to be over. */
export type LeaseDecision =
  /** It has ended or is nobody's. */
  | { readonly kind: 'forget' }
  /** The lease was extended meanwhile. */
  | { readonly kind: 'later'; readonly atMs: number }
  /** Its delegate can no longer have it: end that attempt. */
  | { readonly kind: 'lost' };

export function decideLease(record: TaskRecord | undefined, now: number, settleMs: number): LeaseDecision {
  if (!record || record.outcome || !record.assignment) return { kind: 'forget' };
  const atMs = lostAt(record.spec.type, record.assignment.leaseUntil, settleMs);
  return now < atMs ? { kind: 'later', atMs } : { kind: 'lost' };
}
