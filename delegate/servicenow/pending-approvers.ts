import type { PendingApprover } from '#protocol/ticket.ts';
import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { chunkForUrls } from './chunks.ts';
import { readField } from './row.ts';
import { findRows, type RowsWanted, readTotalCount } from './table-api.ts';

/** Whom each ticket waits for, by sys_id; `unknown` when the user may not see approvals, which is not *nobody*. */
export type PendingApprovers =
  | { readonly kind: 'read'; readonly approvers: Record<string, PendingApprover[]> }
  | { readonly kind: 'unknown'; readonly reason: string }
  | Refused;

/** Reads the requested approvals of tickets; by `sysapproval`, since many instances leave `document_id` empty. */
export async function readPendingApprovers(calls: Calls, sysIds: readonly string[]): Promise<PendingApprovers> {
  const chunks = chunkForUrls(calls.context.target.baseUrl, sysIds, askApprovals);
  if (chunks.kind === 'failed') return unknownWhenRefused(chunks);
  const rows: Row[] = [];
  for (const chunk of chunks.requests) {
    const judged = await findRows(calls, chunk);
    if (judged.kind === 'failed') return unknownWhenRefused(judged);
    // Whom a ticket waits for must not be told by a part of the rows: those that the user may not see (trap 8) and those
    // beyond the limit (trap 9) are in the count, which is made before ACLs (trap 10).
    const [seen, total] = [judged.value.length, readTotalCount(judged)];
    if (total !== seen) return { kind: 'unknown', reason: describePart(seen, total) };
    rows.push(...judged.value);
  }
  const approvers: [string, PendingApprover[]][] = sysIds.map((sysId) => [
    sysId,
    rows
      .filter((row) => readField(row, 'sysapproval').value === sysId)
      .map(toPendingApprover)
      .sort(byTimeAndName),
  ]);
  return { kind: 'read', approvers: Object.fromEntries(approvers) };
}

const mostRows = 2_000;

function describePart(seen: number, total: number | undefined): string {
  if (total !== undefined && total > mostRows) return `there are ${total} approvals, and at most ${mostRows} are read`;
  return `the user sees ${seen} of ${total ?? 'an unknown number of'} approvals: it needs read access to sysapproval_approver`;
}

function askApprovals(sysIds: readonly string[]): RowsWanted {
  return {
    table: 'sysapproval_approver',
    terms: [
      { field: 'sysapproval', operator: 'IN', values: sysIds },
      { field: 'state', operator: '=', value: 'requested' },
    ],
    fields: ['approver', 'group', 'sys_created_on'],
    limit: mostRows,
  };
}

/**
 * The tickets are what was asked for, and they were read: whatever is wrong with their approvals does not hide them. Only
 * that the instance wants a pause must be told, and that the task may not go on.
 */
function unknownWhenRefused(refused: Refused): PendingApprovers {
  switch (refused.failure.code) {
    case 'servicenow-rate-limited':
    case 'task-timeout':
    case 'lease-lost':
      return refused;
    default:
      return { kind: 'unknown', reason: refused.failure.message };
  }
}

function toPendingApprover(row: Row): PendingApprover {
  return {
    approver: readField(row, 'approver').displayValue,
    group: readField(row, 'group').displayValue,
    state: readField(row, 'state').value,
    since: readField(row, 'sys_created_on').value,
  };
}

/** Without a sorting in the query, which an ACL may refuse, the rows come in any order: that must not look like news. */
function byTimeAndName(a: PendingApprover, b: PendingApprover): number {
  const [left, right] = [a, b].map(({ since, approver, group }) => JSON.stringify([since, approver, group]));
  return String(left) < String(right) ? -1 : 1;
}
