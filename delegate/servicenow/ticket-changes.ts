import type { Changes } from '#protocol/task-types.ts';
import type { Handler, HandlerResult } from '../core/handler.ts';
import type { Answered, Refused, Row } from './answer.ts';
import { type Calls, openCalls } from './calls.ts';
import { failed } from './handler-result.ts';
import { readField } from './row.ts';
import { findRows, readTotalCount } from './table-api.ts';
import type { Transport } from './transport.ts';

/**
 * Tells which tickets of a table have changed since a time, by their own stamp and by that of their approvals, which need
 * not move the ticket's (trap 34).
 */
export function createTicketChanges(transport: Transport): Handler<'ticket.changes'> {
  return async ({ table, ticketsSince, approvalsSince }, context): Promise<HandlerResult<'ticket.changes'>> => {
    const calls = openCalls(transport, context);
    const tickets = await readChanges(calls, { table, ticket: 'sys_id', since: ticketsSince });
    if (tickets.kind === 'failed') return failed(tickets.failure, false);
    const approvals = await readChanges(calls, {
      table: 'sysapproval_approver',
      ticket: 'sysapproval',
      since: approvalsSince,
    });
    if (approvals.kind === 'failed') return failed(approvals.failure, false);
    return { kind: 'succeeded', result: { tickets, approvals }, sideEffect: false };
  };
}

interface Asked {
  readonly table: string;
  /** The column that names the ticket. */
  readonly ticket: string;
  readonly since: string | undefined;
}

/** As many as one request may tell. */
const mostRows = 1_000;
/** Among so many is one that the user may see, and that is not stamped in the future. */
const mostNewest = 100;
/** Before any stamp: all rows match. */
const sinceEver = '1970-01-01 00:00:00';
const stamp = 'sys_updated_on';
/** Tells changes within a second apart. */
const count = 'sys_mod_count';

async function readChanges(calls: Calls, { table, ticket, since }: Asked): Promise<Changes | Refused> {
  const limit = since === undefined ? mostNewest : mostRows;
  const judged = await findRows(calls, {
    table,
    terms: [{ field: stamp, operator: '>=', value: since ?? sinceEver }],
    fields: [ticket, count],
    limit,
    newestFirstBy: stamp,
  });
  if (judged.kind === 'failed') return refusedOrFailed(judged);
  const newest = findNewest(judged);
  // The count is made before ACLs (trap 10): rows beyond the limit are in it, and those that the user may not see.
  const total = readTotalCount(judged);
  if (since === undefined && judged.value.length === 0 && (total ?? 0) > 0)
    return { kind: 'refused', reason: `the user sees none of the newest ${limit} of ${total} rows` };
  const rows = judged.value.map((row) => {
    const [sysId, stampedAt, changes] = ['sys_id', stamp, count].map((field) => readField(row, field).value);
    return { ticket: readField(row, ticket).value, version: `${sysId}/${changes}`, stampedAt: stampedAt ?? '' };
  });
  const seen = newest === undefined ? {} : { newest };
  return { kind: 'read', rows, ...seen, complete: total !== undefined && total <= limit };
}

/**
 * The newest stamp that is not in the instance's future: by one that is, such as that of an imported row, whatever
 * changes until then would be missed.
 */
function findNewest({ value: rows, headers }: Answered<readonly Row[]>): string | undefined {
  const now = Date.parse(headers.date ?? '');
  if (Number.isNaN(now)) return undefined;
  const latest = new Date(now).toISOString().slice(0, 19).replace('T', ' ');
  return rows
    .map((row) => readField(row, stamp).value)
    .filter((value) => storedTime.test(value) && value <= latest)
    .sort()
    .at(-1);
}

const storedTime = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

/** What stays refused to this user, though it may read tickets by their sys_id: query ACLs tell ranges and sorting from equality (trap 35). */
function refusedOrFailed(refused: Refused): Changes | Refused {
  switch (refused.failure.code) {
    case 'servicenow-forbidden':
    case 'field-unknown':
    case 'servicenow-table-unknown':
    case 'servicenow-bad-request':
      return { kind: 'refused', reason: refused.failure.message };
    default:
      return refused;
  }
}
