import { failure } from '#protocol/failure.ts';
import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import type { QueryTerm } from './encoded-query.ts';
import { readField } from './row.ts';
import { findRows, isAfter, readTotalCount } from './table-api.ts';

export interface AllRows {
  readonly kind: 'ok';
  readonly rows: readonly Row[];
  /** Whether these are proven to be all that there are, and not only those that the user is shown. */
  readonly complete: boolean;
}

/**
 * Reads every row that matches, page by page from key to key: offsets over rows that move give duplicates and gaps (trap
 * 11). A page that is short or empty is not the last one, since the limit is applied before the ACLs (traps 9 and 10).
 */
export async function readAllRows(
  calls: Calls,
  { table, terms, fields }: { table: string; terms: readonly QueryTerm[]; fields: readonly string[] },
): Promise<AllRows | Refused> {
  const rows: Row[] = [];
  let complete = true;
  let lastKey: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const judged = await findRows(calls, {
      table,
      terms: lastKey === undefined ? terms : [...terms, { field: 'sys_id', operator: '>', value: lastKey }],
      fields,
      limit: rowsPerPage,
      orderBy: 'sys_id',
    });
    if (judged.kind === 'failed') return judged;
    for (const row of judged.value) {
      const key = readField(row, 'sys_id').value;
      if (lastKey !== undefined && !isAfter(key, lastKey)) return refuseOrder(table);
      lastKey = key;
      rows.push(row);
    }
    const left = readTotalCount(judged);
    const shown = judged.value.length;
    if (left === undefined || shown < Math.min(left, rowsPerPage)) complete = false;
    // An empty page gives no key to read on from.
    if (shown === 0 || (left !== undefined && left <= rowsPerPage)) return { kind: 'ok', rows, complete };
  }
  return { kind: 'ok', rows, complete: false };
}

const rowsPerPage = 1_000;
const mostPages = 50;

function refuseOrder(table: string): Refused {
  const found = failure(
    'servicenow-undecodable',
    `GET table ${table}: the rows do not come in the order of their sys_id, so that some could be missed`,
    `Let the user sort table ${table} by sys_id: see the query ACLs of that column.`,
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}
