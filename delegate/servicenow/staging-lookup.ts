import type { Judged, Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import type { TellOwnName } from './own-user.ts';
import { hasField } from './row.ts';
import { readAges } from './row-age.ts';
import type { StagingTable } from './staging-table.ts';
import { findRows, peekRow, readTotalCount } from './table-api.ts';

/** Rows that this user loaded lately, oldest first; `doubt` says why there may be others. */
export type StagingView =
  | { readonly kind: 'seen'; readonly rows: readonly Row[]; readonly doubt: string | undefined }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | Refused;

export interface StagingLook {
  readonly table: StagingTable;
  /** The columns that rows are told by. */
  readonly columns: readonly string[];
  /** Older rows do not count, in milliseconds before the answer, by ServiceNow's clock. */
  readonly withinMs: () => number;
  readonly tellOwnName: TellOwnName;
}

/**
 * Reads what this user loaded into a staging table lately. It is asked by nothing but the user, and compared here: a value
 * that the instance cut or changed would make a query by it find nothing.
 */
export async function viewOwnRows(calls: Calls, look: StagingLook): Promise<StagingView> {
  const own = await look.tellOwnName();
  if (own.kind === 'failed') return own;
  if (own.kind === 'untold') return { kind: 'unreadable', reason: own.reason };
  const fields = [...outcomeColumns, ...look.columns];
  const judged = await findRows(calls, {
    table: look.table.name,
    terms: [{ field: 'sys_created_by', operator: '=', value: own.userName }],
    // A list that makes the address too long is left out (trap 37): then all columns come.
    ...(fields.join().length < longestFieldList ? { fields } : {}),
    limit: mostRows,
    newestFirstBy: 'sys_created_on',
  });
  if (judged.kind === 'failed') return unreadableOr(judged);
  const ages = readAges(judged, look.withinMs());
  if (ages === undefined) return { kind: 'unreadable', reason: 'the age of the rows is not known' };
  const { created, sinceMs } = ages;
  if (created.length === 0) return proveNoneIsHidden(calls, look.table.name, readTotalCount(judged));
  const oldestMs = Math.min(...created.map(({ atMs }) => atMs));
  const isWhole = readTotalCount(judged) === created.length || (created.length >= mostRows && oldestMs < sinceMs);
  const recent = created.filter(({ atMs }) => atMs >= sinceMs).toSorted((one, other) => one.atMs - other.atMs);
  const doubt = isWhole ? undefined : `the user is not shown all rows that it loaded into ${look.table.name} lately`;
  return { kind: 'seen', rows: recent.map(({ row }) => row), doubt };
}

const outcomeColumns = [
  'sys_id',
  'sys_created_on',
  'sys_import_set',
  'sys_import_state',
  'sys_import_state_comment',
  'sys_target_table',
  'sys_target_sys_id',
  'sys_transform_map',
];

const mostRows = 2_000;
const longestFieldList = 5_000;

function unreadableOr(refused: Refused): StagingView {
  const { code, message } = refused.failure;
  return code === 'servicenow-forbidden' || code === 'field-unknown' || code === 'servicenow-table-unknown'
    ? { kind: 'unreadable', reason: message }
    : refused;
}

/** An empty list is also what a user without a role gets (trap 8): it counts when some row is shown, or there is none. */
async function proveNoneIsHidden(calls: Calls, table: string, total: number | undefined): Promise<StagingView> {
  const none: StagingView = { kind: 'seen', rows: [], doubt: undefined };
  const peeked: Judged<readonly Row[]> = await peekRow(calls, table, ['sys_id', 'sys_created_by']);
  if (peeked.kind === 'failed') return unreadableOr(peeked);
  const [row] = peeked.value;
  if (row === undefined && readTotalCount(peeked) === 0) return none;
  if (row !== undefined && hasField(row, 'sys_created_by') && total === 0) return none;
  return { kind: 'unreadable', reason: `the user is not shown the rows of table ${table}` };
}
