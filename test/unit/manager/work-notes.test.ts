import { describe, expect, it } from 'vitest';
import { type FailureCode, failure } from '#protocol/failure.ts';
import { newDelivery } from '../../../manager/core/delivery-record.ts';
import type { TaskRecord } from '../../../manager/core/task-record.ts';
import { writeWorkNotes } from '../../../manager/core/work-notes.ts';
import { endedApproval } from '../../support/ended-approval.ts';
import { taskRecord } from './task-records.ts';

async function resultAfter(code: FailureCode): Promise<string> {
  const record = endedApproval({ spec: { workNotes: true } });
  if (!record.end) throw new Error('it has ended');
  const outcome = { kind: 'failed', failure: failure(code, 'm', 'r') } as const;
  const task: TaskRecord = { ...taskRecord(), outcome };
  const deps = { tasks: { submit: async () => task } };
  const { result } = await writeWorkNotes(deps, { ...record, end: record.end }, newDelivery('work-notes', 0), 0);
  return result.kind;
}

describe('a work note whose task failed', () => {
  it.each<[FailureCode, string]>([
    ['servicenow-maintenance', 'failed'],
    ['servicenow-unreachable', 'failed'],
    ['servicenow-hibernating', 'failed'],
    ['servicenow-login-page', 'failed'],
    ['servicenow-forbidden', 'never'],
    ['ticket-not-found', 'never'],
    ['outcome-unknown', 'never'],
  ])('with %s is tried again by another task, or given up: %s', async (code, kind) => {
    expect(await resultAfter(code)).toBe(kind);
  });
});
