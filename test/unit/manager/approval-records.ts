import type { ApprovalProgress, ApprovalRecord, ApprovalSpec } from '../../../manager/core/approval-record.ts';
import { endedApproval } from '../../support/ended-approval.ts';

/** A gate that waits for `approval = approved`, and was not polled yet. */
export function approvalRecord(
  spec: Partial<ApprovalSpec> = {},
  progress: Partial<ApprovalProgress> = {},
): ApprovalRecord {
  const record = endedApproval({ spec: { ticket: { sysId: sysIdOf(1) }, ...spec } });
  return { spec: record.spec, progress: { ...record.progress, reading: undefined, ...progress }, end: undefined };
}

export function sysIdOf(index: number): string {
  return index.toString(16).padStart(32, '0');
}
