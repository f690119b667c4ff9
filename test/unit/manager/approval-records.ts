import type { ApprovalProgress, ApprovalRecord, ApprovalSpec } from '../../../manager/core/approval-record.ts';

/** A gate that waits for `approval = approved`. */
function approvalSpec(change: Partial<ApprovalSpec> = {}): ApprovalSpec {
  return {
    id: 'apr_1',
    groupId: 'change_request-1',
    origin: {
      connectorId: 'con_1',
      target: {
        baseUrl: 'https://example.service-now.com/',
        authentication: { kind: 'basic', username: 'u', password: { secret: 's' } },
      },
      selectors: [],
    },
    table: 'change_request',
    ticket: { sysId: sysIdOf(1) },
    approve: { field: 'approval', operator: 'equals', value: 'approved' },
    reject: undefined,
    window: undefined,
    intervalMs: 60_000,
    expectedDurationMs: undefined,
    webhook: undefined,
    workNotes: false,
    warnings: [],
    createdAt: 0,
    deadlineAt: 7 * 86_400_000,
    ...change,
  };
}

function approvalProgress(change: Partial<ApprovalProgress> = {}): ApprovalProgress {
  return {
    reading: undefined,
    waitingFor: undefined,
    waitingBecause: 'not polled yet',
    changedAt: undefined,
    lastPolledAt: undefined,
    nextPollAt: 0,
    lastFailure: undefined,
    failuresInRow: 0,
    ...change,
  };
}

export function approvalRecord(
  spec: Partial<ApprovalSpec> = {},
  progress: Partial<ApprovalProgress> = {},
): ApprovalRecord {
  return { spec: approvalSpec(spec), progress: approvalProgress(progress), end: undefined };
}

export function sysIdOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}
