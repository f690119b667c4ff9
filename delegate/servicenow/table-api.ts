import { failure } from '#protocol/failure.ts';
import type { Answered, Judged, Refused, Row } from './answer.ts';
import type { Calls, Written } from './calls.ts';
import { buildQuery, type QueryTerm } from './encoded-query.ts';
import type { Asked } from './refusal.ts';
import { hasField, readField } from './row.ts';

export interface RowsWanted {
  readonly table: string;
  readonly terms: readonly QueryTerm[];
  /** All fields when absent; the fields of the terms are always read. */
  readonly fields?: readonly string[];
  readonly limit: number;
  readonly newestFirstBy?: string;
  readonly orderBy?: string;
}

/** Reads the rows that match all terms, and refuses an answer with rows that do not (trap 1). */
export async function findRows(calls: Calls, wanted: RowsWanted): Promise<Judged<readonly Row[]>> {
  const path = rowsPath(wanted);
  if (typeof path !== 'string') return path;
  const asked = askTable('GET', wanted.table);
  const judged = await calls.readRows(asked, path);
  return judged.kind === 'ok' ? (findStranger(asked, judged, wanted.terms) ?? judged) : judged;
}

/** Writes the path of such a read; its length tells whether ServiceNow will take it (trap 37). */
export function rowsPath({ table, terms, fields, limit, newestFirstBy, orderBy }: RowsWanted): string | Refused {
  const by = newestFirstBy ?? orderBy;
  const query = buildQuery(terms, by === undefined ? undefined : { by, descending: newestFirstBy !== undefined });
  if (query.kind === 'refused') return refuseQuery(table, query.reason);
  const readFields = fields && [...new Set(['sys_id', ...terms.map(({ field }) => field), ...fields])];
  return `${tablePath(table)}?sysparm_query=${query.encoded}&${readParameters(readFields)}&sysparm_limit=${limit}`;
}

/** Reads some row of a table, if there is one that the user may read; `X-Total-Count` is among the headers. */
export function peekRow(calls: Calls, table: string, fields: readonly string[]): Promise<Judged<readonly Row[]>> {
  return calls.readRows(askTable('GET', table), `${tablePath(table)}?${readParameters(fields)}&sysparm_limit=1`);
}

/** Reads one record; all its fields when none are named. */
export function getRecord(
  calls: Calls,
  table: string,
  sysId: string,
  fields?: readonly string[],
): Promise<Judged<Row>> {
  return calls.readRecord(askRecord('GET', table), `${recordPath(table, sysId)}?${readParameters(fields)}`);
}

export function postRecord(
  calls: Calls,
  table: string,
  body: Readonly<Record<string, string>>,
  isAbsent: () => Promise<boolean>,
): Promise<Written> {
  return calls.write(askTable('POST', table), `${tablePath(table)}?${readParameters()}`, body, { mayRepeat: isAbsent });
}

export function patchRecord(
  calls: Calls,
  table: string,
  sysId: string,
  body: Readonly<Record<string, string>>,
  mayRepeat?: () => Promise<boolean>,
): Promise<Written> {
  return calls.write(askRecord('PATCH', table), `${recordPath(table, sysId)}?${readParameters()}`, body, { mayRepeat });
}

/** How many rows match before ACLs are applied (trap 10); undefined when the answer does not say. */
export function readTotalCount({ headers }: Answered<unknown>): number | undefined {
  const text = headers['x-total-count']?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function askTable(method: Asked['method'], table: string): Asked {
  return { method, subject: `table ${table}`, addressesRecord: false };
}

function askRecord(method: Asked['method'], table: string): Asked {
  return { method, subject: `a record of table ${table}`, addressesRecord: true };
}

function tablePath(table: string): string {
  return `api/now/table/${encodeURIComponent(table)}`;
}

function recordPath(table: string, sysId: string): string {
  // The sys_id may be from an answer: encodeURIComponent throws on half of a surrogate pair.
  return `${tablePath(table)}/${encodeURIComponent(sysId.toWellFormed())}`;
}

/** Raw and display values side by side: the one form in which nothing is lost (traps 15 to 18). */
function readParameters(fields?: readonly string[]): string {
  const base = 'sysparm_display_value=all&sysparm_exclude_reference_link=true';
  return fields === undefined ? base : `${base}&sysparm_fields=${encodeURIComponent(fields.join(','))}`;
}

function refuseQuery(table: string, reason: string): Refused {
  const found = failure(
    'servicenow-bad-request',
    `table ${table} was not asked: ${reason}`,
    'Correct the value: what could change the meaning of a query is never sent.',
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}

function findStranger(
  asked: Asked,
  { value: rows }: Answered<readonly Row[]>,
  terms: readonly QueryTerm[],
): Refused | undefined {
  for (const row of rows) {
    for (const term of terms) {
      if (!hasField(row, term.field)) return refuseField(asked, term.field);
      if (!matches(readField(row, term.field).value, term)) return refuseStranger(asked, term.field);
    }
  }
  return undefined;
}

/** ServiceNow compares texts without regard to case. */
function matches(value: string, term: QueryTerm): boolean {
  switch (term.operator) {
    case '=':
      return term.value.toLowerCase() === value.toLowerCase();
    case '>':
      return isAfter(value, term.value);
    case '>=':
      return !isAfter(term.value, value);
    case 'IN':
      return term.values.some((wanted) => wanted.toLowerCase() === value.toLowerCase());
  }
}

/** Compares keys as the database does: it folds them to upper case. */
export function isAfter(key: string, other: string): boolean {
  return key.toUpperCase() > other.toUpperCase();
}

function refuseField({ method, subject }: Asked, field: string): Refused {
  const found = failure(
    'field-unknown',
    `${method} ${subject}: the rows have no field ${field}, so the filter by it was not applied`,
    `Check that ${subject} has the column ${field} and that the user may read it.`,
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}

function refuseStranger({ method, subject }: Asked, field: string): Refused {
  const found = failure(
    'servicenow-undecodable',
    `${method} ${subject}: a row does not match the filter by ${field} that was sent`,
    'ServiceNow dropped a condition of the query: check the read ACL and query ACL of that field for this user.',
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}
