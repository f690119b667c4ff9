import type { ApprovalEnd, ApprovalProgress, ApprovalRecord, ApprovalSpec } from './approval-record.ts';
import type { Idempotency } from './task-store.ts';

export interface ApprovalStore {
  /** Writes the approval and its membership in its poll group; a repetition with the same key answers with the first. */
  create(
    spec: ApprovalSpec,
    progress: ApprovalProgress,
    idempotency: Idempotency | undefined,
  ): Promise<ApprovalRecord | 'key-reused'>;
  read(approvalId: string): Promise<ApprovalRecord | undefined>;
  readMany(approvalIds: readonly string[]): Promise<(ApprovalRecord | undefined)[]>;
  list(cursor: string | undefined, limit: number): Promise<{ approvalIds: string[]; cursor: string | undefined }>;
  /** Writes what polling learnt, unless the approval has ended. */
  saveProgress(approvalId: string, progress: ApprovalProgress): Promise<boolean>;
  /** Ends the approval with its last progress, once: false when it had ended already. */
  end(approvalId: string, progress: ApprovalProgress, end: ApprovalEnd & { endedAt: number }): Promise<boolean>;
  membersOf(groupId: string): Promise<string[]>;
  /** Every group that may have members. */
  groups(): Promise<string[]>;
  forgetGroup(groupId: string): Promise<void>;
  leaveGroup(groupId: string, approvalId: string): Promise<void>;
  /** Drops what still points at an approval that is not there any more. */
  forget(approvalId: string): Promise<void>;
  /** Approvals whose deadline is over. */
  due(now: number, limit: number): Promise<string[]>;
}

/** Makes a poll group's tick come every so often, at one manager. */
export interface PollSchedule {
  ensure(groupId: string, everyMs: number): Promise<void>;
  remove(groupId: string): Promise<void>;
}
