import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { hasField, readField } from './row.ts';
import { findRows, peekRow, readTotalCount } from './table-api.ts';

/**
 * What a look for a correlation id told. `found`: oldest first. `absent` is true of the moment of looking only.
 * `unsure`: the answer was an empty list, and it cannot be trusted.
 */
export type Sighting =
  | { readonly kind: 'found'; readonly rows: readonly [Row, ...Row[]] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unsure'; readonly reason: string }
  | Refused;

/** Looks for the records that carry a correlation id. */
export async function lookUpCorrelation(calls: Calls, table: string, correlationId: string): Promise<Sighting> {
  const judged = await findRows(calls, {
    table,
    terms: [{ field: 'correlation_id', operator: '=', value: correlationId }],
    limit: mostDuplicates,
  });
  if (judged.kind === 'failed') return judged;
  // ServiceNow's `=` ignores case; another caller's id may differ in nothing else.
  const ours = judged.value.filter((row) => readField(row, 'correlation_id').value === correlationId);
  const [oldest, ...later] = ours.toSorted((one, other) => compareText(createdOn(one), createdOn(other)));
  if (oldest !== undefined) {
    return ours.some((row) => readField(row, 'sys_id').value === '')
      ? { kind: 'unsure', reason: 'a record with this correlation id is there, and shows the user no sys_id' }
      : { kind: 'found', rows: [oldest, ...later] };
  }
  // The count is made before ACLs (trap 10): a record with this id that the user may not read is there all the same.
  const total = readTotalCount(judged) ?? 0;
  return total > judged.value.length
    ? {
        kind: 'unsure',
        reason: `the user may read ${judged.value.length} of ${total} records with this correlation id`,
      }
    : proveAbsence(calls, table);
}

const mostDuplicates = 20;

/**
 * An empty list is also what a user without a role gets (trap 8), and what a filter by a column that does not exist can
 * give (trap 1). It counts when the user sees that column in some row, or when there is no row at all.
 */
async function proveAbsence(calls: Calls, table: string): Promise<Sighting> {
  const judged = await peekRow(calls, table, ['sys_id', 'correlation_id']);
  if (judged.kind === 'failed') return judged;
  const [row] = judged.value;
  if (row === undefined) {
    return readTotalCount(judged) === 0
      ? { kind: 'absent' }
      : { kind: 'unsure', reason: `the user sees no record of table ${table} at all` };
  }
  return hasField(row, 'correlation_id')
    ? { kind: 'absent' }
    : { kind: 'unsure', reason: `table ${table} has no column correlation_id, or the user may not read it` };
}

function createdOn(row: Row): string {
  return readField(row, 'sys_created_on').value;
}

/** `yyyy-MM-dd HH:mm:ss` sorts as text. */
function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
