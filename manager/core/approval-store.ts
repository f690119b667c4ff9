import type { ApprovalState } from '#protocol/approval.ts';
import type { ApprovalEnd, ApprovalProgress, ApprovalRecord, ApprovalSpec } from './approval-record.ts';
import type { Idempotency } from './task-store.ts';

/** What a list of approvals is narrowed to; all of it holds. */
export interface ApprovalFilter {
  readonly states?: readonly ApprovalState[];
  readonly connectorId?: string;
  /** Of the ticket, in any case of letters. */
  readonly number?: string;
}

export interface ApprovalStore {
  /** Writes the approval and lets it join its poll group, due at once; a repetition with the same key answers with the first. */
  create(
    spec: ApprovalSpec,
    progress: ApprovalProgress,
    idempotency: Idempotency | undefined,
  ): Promise<ApprovalRecord | 'key-reused'>;
  /** What a key stands for, if it was used and what it stands for is kept. */
  recall(idempotency: Idempotency): Promise<ApprovalRecord | 'key-reused' | undefined>;
  read(approvalId: string): Promise<ApprovalRecord | undefined>;
  readMany(approvalIds: readonly string[]): Promise<(ApprovalRecord | undefined)[]>;
  /** Newest first. A page with few that match may have a next one. */
  list(
    cursor: string | undefined,
    limit: number,
    filter?: ApprovalFilter,
  ): Promise<{ approvalIds: string[]; cursor: string | undefined }>;
  /** Writes what polling learnt, unless the approval has ended or a later reading was taken meanwhile. */
  saveProgress(approvalId: string, progress: ApprovalProgress): Promise<boolean>;
  /**
   * Ends the approval with its last progress, once: false when it had ended already. In the same step it leaves its group,
   * and what tells of its end becomes due. `by` a reading: false, and nothing changes, when a later one was taken meanwhile.
   */
  end(
    spec: ApprovalSpec,
    progress: ApprovalProgress,
    end: ApprovalEnd & { endedAt: number },
    by: 'reading' | 'other',
  ): Promise<boolean>;
  /** Drops what still points at an approval that is not there any more. */
  forget(approvalId: string): Promise<void>;
  /** Approvals whose deadline is over. */
  due(now: number, limit: number): Promise<string[]>;
}
