import { failure } from '#protocol/failure.ts';
import type { Ticket } from '#protocol/ticket.ts';
import type { Handler, HandlerResult } from '../core/handler.ts';
import { isRow, type Refused, type Row } from './answer.ts';
import { type Calls, openCalls } from './calls.ts';
import { chunkForUrls } from './chunks.ts';
import { findDeadEnds } from './dead-ends.ts';
import { ambiguousRemedy, describeAmbiguity } from './find-ticket.ts';
import { failed, noteLine } from './handler-result.ts';
import { findHidden } from './hidden-tickets.ts';
import { cleanText } from './page.ts';
import { readPendingApprovers } from './pending-approvers.ts';
import { hasField, readField, toTicket } from './row.ts';
import { findRows, type RowsWanted, readTotalCount } from './table-api.ts';
import type { Transport } from './transport.ts';

/** Reads tickets by sys_id or by number, in as few requests as ServiceNow's limit on URLs allows. */
export function createTicketRead(transport: Transport): Handler<'ticket.read'> {
  return async (params, context): Promise<HandlerResult<'ticket.read'>> => {
    const calls = openCalls(transport, context);
    const { table, fields, optionalFields = [] } = params;
    const columns = { table, fields, optionalFields };
    const wanted: Wanted =
      'sysIds' in params
        ? { ...columns, by: 'sys_id', values: [...new Set(params.sysIds)] }
        : { ...columns, by: 'number', values: [...new Set(params.numbers)] };
    const read = await readAll(calls, wanted);
    if (read.kind === 'failed') return failed(read.failure, false);
    const { rows } = read;
    const fault =
      findOtherForm(wanted, rows) ??
      findNameless(wanted, rows) ??
      findRepeated(wanted, rows) ??
      findUnknownField(wanted, rows) ??
      (wanted.by === 'number' ? findAmbiguity(wanted, rows) : undefined);
    if (fault !== undefined) return failed(fault.failure, false);

    const tickets = rows.map((row) => toTicket(row, table, context.target.baseUrl));
    const missing = findMissing(wanted, tickets);
    const hidden = await findHidden(calls, { table, by: wanted.by, missing, uncounted: read.uncounted });
    const deadEnds = params.deadEnds === true ? await findDeadEnds(calls, tickets) : undefined;
    const found = {
      tickets,
      missing,
      ...(deadEnds ? { deadEnds } : {}),
      ...(hidden.length > 0 ? { hidden: [...hidden] } : {}),
      ...(read.requestIds.length > 0 ? { requestIds: [...read.requestIds] } : {}),
    };
    if (params.approvers !== true || tickets.length === 0)
      return { kind: 'succeeded', result: found, sideEffect: false };
    const sysIds = tickets.map(({ sysId }) => sysId);
    const pending = await readPendingApprovers(calls, sysIds);
    switch (pending.kind) {
      case 'read':
        return { kind: 'succeeded', result: { ...found, approvers: pending.approvers }, sideEffect: false };
      case 'unknown':
        noteLine(context, `whom the tickets wait for is not known: ${pending.reason}`);
        return { kind: 'succeeded', result: found, sideEffect: false };
      case 'failed':
        return failed(pending.failure, false);
    }
  };
}

interface Wanted {
  readonly table: string;
  readonly fields: readonly string[];
  readonly optionalFields: readonly string[];
  readonly by: 'sys_id' | 'number';
  readonly values: readonly string[];
}

interface ReadRows {
  readonly kind: 'read';
  readonly rows: readonly Row[];
  /** How many rows match that were not shown, before ACLs (trap 10); undefined when the answers do not say. */
  readonly uncounted: number | undefined;
  readonly requestIds: readonly string[];
}

async function readAll(
  calls: Calls,
  { table, fields, optionalFields, by, values }: Wanted,
): Promise<ReadRows | Refused> {
  const ask = (chunk: readonly string[]): RowsWanted => ({
    table,
    terms: [{ field: by, operator: 'IN', values: chunk }],
    fields: [...new Set(['number', ...fields, ...optionalFields])],
    // Twice as many, so that a number that is there twice cannot push another out (trap 55).
    limit: chunk.length * 2,
  });
  const chunks = chunkForUrls(calls.context.target.baseUrl, values, ask);
  if (chunks.kind === 'failed') return chunks;
  const rows: Row[] = [];
  const requestIds: string[] = [];
  let uncounted: number | undefined = 0;
  for (const chunk of chunks.requests) {
    const judged = await findRows(calls, chunk);
    if (judged.kind === 'failed') return judged;
    rows.push(...judged.value);
    const requestId = cleanText(judged.headers['x-transaction-id'] ?? '', 100);
    if (requestId !== '') requestIds.push(requestId);
    const total = readTotalCount(judged);
    uncounted = uncounted === undefined || total === undefined ? undefined : uncounted + total - judged.value.length;
  }
  return { kind: 'read', rows, uncounted, requestIds };
}

/**
 * Both what is stored and its label are asked for. Something on the way that drops the parameter leaves one of them: then
 * a label would be taken for a stored value, and a date-time of the user's zone for one in UTC.
 */
function findOtherForm({ table, fields }: Wanted, rows: readonly Row[]): Refused | undefined {
  const named = ['sys_id', 'number', ...fields];
  const odd = named.find((field) => rows.some((row) => hasField(row, field) && !hasBothForms(row[field])));
  if (odd === undefined) return undefined;
  const found = failure(
    'servicenow-undecodable',
    `table ${table} shows ${odd} in another form than was asked for: not both what is stored and its label`,
    'Look for a proxy or gateway on the way to the instance that drops the parameter sysparm_display_value.',
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}

function hasBothForms(cell: unknown): boolean {
  if (cell === '' || cell === null) return true;
  return isRow(cell) && Object.hasOwn(cell, 'value') && Object.hasOwn(cell, 'display_value');
}

/** The sys_id alone says which record it is (trap 55). */
function findNameless({ table }: Wanted, rows: readonly Row[]): Refused | undefined {
  if (rows.every((row) => readField(row, 'sys_id').value !== '')) return undefined;
  const found = failure(
    'servicenow-undecodable',
    `table ${table} shows a record without a sys_id`,
    'Let the user read the column sys_id of this table.',
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}

/** Which of two rows of one record is right, nobody can tell: the gate must not go by the last one. */
function findRepeated({ table }: Wanted, rows: readonly Row[]): Refused | undefined {
  const sysIds = new Set(rows.map((row) => readField(row, 'sys_id').value.toLowerCase()));
  if (sysIds.size === rows.length) return undefined;
  const found = failure(
    'servicenow-undecodable',
    `table ${table} shows a record more than once`,
    'Look at what the instance answers: a database view or a script may repeat its rows.',
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}

/** A field that no row has does not exist or may not be read; ServiceNow leaves it out without a word. */
function findUnknownField({ fields, table }: Wanted, rows: readonly Row[]): Refused | undefined {
  if (rows.length === 0) return undefined;
  const unknown = fields.filter((field) => !rows.some((row) => hasField(row, field)));
  if (unknown.length === 0) return undefined;
  const found = failure(
    'field-unknown',
    `table ${table} shows no field ${unknown.join(', ')}`,
    'Check the column names (not the labels), and that the user may read these columns.',
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}

function findAmbiguity({ table, values }: Wanted, rows: readonly Row[]): Refused | undefined {
  for (const number of values) {
    const same = rows.filter((row) => readField(row, 'number').value.toLowerCase() === number.toLowerCase());
    if (same.length < 2) continue;
    const sysIds = same.map((row) => readField(row, 'sys_id').value);
    const found = failure('ticket-ambiguous', describeAmbiguity(table, number, sysIds), ambiguousRemedy);
    return { kind: 'failed', failure: found, landed: 'no' };
  }
  return undefined;
}

function findMissing({ by, values }: Wanted, tickets: readonly Ticket[]): string[] {
  const there = new Set(tickets.map(({ number, sysId }) => (by === 'number' ? number : sysId).toLowerCase()));
  return values.filter((value) => !there.has(value.toLowerCase()));
}
