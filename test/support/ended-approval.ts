import type { ApprovalRecord } from '../../manager/core/approval-record.ts';
import type { TaskOrigin } from '../../manager/core/tasks.ts';
import type { Redis } from '../../manager/redis/connection.ts';
import type { Keys } from '../../manager/redis/keys.ts';

/** An approval whose ticket was read and approved, with what a test changes of it. */
export function endedApproval({
  id = 'apr_1',
  spec = {},
  end,
  origin = { connectorId: 'con_1', target: undefined, selectors: [] },
}: {
  id?: string;
  spec?: Partial<ApprovalRecord['spec']>;
  end?: ApprovalRecord['end'];
  origin?: TaskOrigin;
} = {}): ApprovalRecord {
  const now = Date.now();
  const sysId = '9d385017c611228701d22104cc95c371';
  const ticket = {
    table: 'change_request',
    number: 'CHG0030001',
    sysId,
    link: 'https://example.service-now.com/x',
    fields: {},
  };
  const at = new Date(now).toISOString();
  const reading = { ticket, readAt: at, taskId: 'tsk_1', attempt: 1, delegateId: 'dlg_1', delegateName: 'd1' };
  return {
    spec: {
      id,
      groupId: 'group',
      origin,
      table: 'change_request',
      ticket: { number: 'CHG0030001' },
      approve: { field: 'approval', operator: 'equals', value: 'approved' },
      reject: undefined,
      window: undefined,
      intervalMs: 60_000,
      expectedDurationMs: undefined,
      webhook: undefined,
      workNotes: false,
      warnings: [],
      createdAt: now,
      deadlineAt: now + 86_400_000,
      ...spec,
    },
    progress: {
      reading,
      waitingFor: undefined,
      waitingBecause: '',
      changedAt: undefined,
      lastPolledAt: now,
      nextPollAt: now,
      lastFailure: undefined,
      failuresInRow: 0,
    },
    end: end ?? {
      state: 'approved',
      evidence: { rule: 'approval = approved', decidedAt: at, reading },
      endedAt: now,
    },
  };
}

/** Writes an approval as the step that ends one leaves it: its record, how long it is kept, and that something is due. */
export async function putApproval(
  redis: Redis,
  keys: Keys,
  { spec, progress, end }: ApprovalRecord,
  keptMs = 3_600_000,
): Promise<void> {
  const key = keys.approval(spec.id);
  const fields = { spec: JSON.stringify(spec), progress: JSON.stringify(progress) };
  const steps = redis.multi().hset(key, end ? { ...fields, end: JSON.stringify(end) } : fields);
  if (end) steps.pexpire(key, keptMs).zadd(keys.deliveriesDue(), end.endedAt, spec.id);
  await steps.exec();
}
