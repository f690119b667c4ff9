import { taskTypes } from '#protocol/task-types.ts';
import type { TaskRecord } from './task-record.ts';

/** What a manager that has just claimed a task's job does with it. */
export type ClaimDecision =
  /** It has ended, or was never acknowledged: end the job. */
  | { readonly kind: 'settle' }
  /** Its time to be picked up, or its overall deadline, is over: end it. */
  | { readonly kind: 'expire' }
  /** Its delegate is connected here and still has it: keep the claim until it reports. */
  | { readonly kind: 'adopt'; readonly attempt: number; readonly delegateId: string }
  /** A delegate may still have it, or ServiceNow may still be working on it: give the job back until then. */
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** Its delegate can no longer have it: end that attempt, then decide again. */
  | { readonly kind: 'lost' }
  | {
      readonly kind: 'assign';
      readonly attempt: number;
      readonly lookFirst: boolean;
      readonly avoid: ReadonlySet<string>;
    };

/**
 * Decides by the record alone, so that any manager decides the same (invariants 2 and 3 of ARCHITECTURE.md). The lease
 * in the record, not the lock of the job, says whether a delegate may have the task.
 */
export function decideClaim(
  record: TaskRecord | undefined,
  facts: { now: number; settleMs: number; isHere(delegateId: string, taskId: string, attempt: number): boolean },
): ClaimDecision {
  if (!record || record.outcome) return { kind: 'settle' };
  const { spec, assignment } = record;
  if (assignment) {
    if (facts.isHere(assignment.delegateId, spec.id, assignment.attempt))
      return { kind: 'adopt', attempt: assignment.attempt, delegateId: assignment.delegateId };
    const untilMs = assignment.leaseUntil + (taskTypes[spec.type].sideEffect ? facts.settleMs : 0);
    return facts.now < untilMs ? { kind: 'wait', untilMs } : { kind: 'lost' };
  }
  if (facts.now >= spec.deadlineAt || (record.attempt === 0 && facts.now >= spec.pickUpBy)) return { kind: 'expire' };
  if (facts.now < record.notBefore) return { kind: 'wait', untilMs: Math.min(record.notBefore, spec.deadlineAt) };
  return {
    kind: 'assign',
    attempt: record.attempt + 1,
    lookFirst: spec.lookFirst || record.attempt > 0,
    avoid: new Set(
      record.attempts.filter(({ outcome }) => outcome?.kind === 'failed').map(({ delegateId }) => delegateId),
    ),
  };
}
