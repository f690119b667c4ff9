import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Attempt, AttemptOutcome } from '#protocol/task.ts';
import type { TaskType } from '#protocol/task-types.ts';
import type { Assignment, TaskRecord } from '../../../manager/core/task-record.ts';

/** The moment at which the tasks of these tests are looked at. */
export const now = 1_000_000;

export function taskRecord(change: Partial<TaskRecord> & { type?: TaskType; deadlineAt?: number } = {}): TaskRecord {
  const { type = 'ticket.create', deadlineAt = now + 600_000, ...rest } = change;
  return {
    spec: {
      id: 'tsk_1',
      type,
      params: {},
      connectorId: 'con_1',
      target: {
        baseUrl: 'https://example.service-now.com/',
        authentication: { kind: 'basic', username: 'u', password: { secret: 's' } },
      },
      selectors: [],
      createdAt: now - 1_000,
      pickUpBy: now + 60_000,
      deadlineAt,
      runMs: 60_000,
      correlationId: 'ticketgate-tsk_1',
      lookFirst: false,
    },
    state: 'queued',
    attempt: 0,
    assignment: undefined,
    attempts: [],
    notBefore: 0,
    cancelReason: undefined,
    outcome: undefined,
    endedAt: undefined,
    ...rest,
  };
}

export function assignment(change: Partial<Assignment> = {}): Assignment {
  return {
    attempt: 1,
    delegateId: 'a.1',
    delegateName: 'a',
    assignedAt: now - 5_000,
    leaseUntil: now + 10_000,
    leaseLimit: now + 200_000,
    accepted: true,
    ...change,
  };
}

export function endedAttempt(attempt: number, delegateId: string, outcome: AttemptOutcome): Attempt {
  return { attempt, delegateId, delegateName: delegateId, assignedAt: '2026-01-01T00:00:00.000Z', outcome };
}

export function failed(code: FailureCode, retryAfterMs?: number): Extract<AttemptOutcome, { kind: 'failed' }> {
  return { kind: 'failed', failure: failure(code, 'it failed', 'do something', retryAfterMs) };
}
