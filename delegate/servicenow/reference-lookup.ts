import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { readField } from './row.ts';
import { findRows, readTotalCount } from './table-api.ts';

export type Referred =
  | { readonly kind: 'found'; readonly sysId: string }
  | { readonly kind: 'not-found'; readonly why: string }
  | Refused;

/** Finds the one record of a table that a text names: a ticket by its number, a user by name, user_name or email. */
export async function findReferred(calls: Calls, table: string, text: string): Promise<Referred> {
  const tried: string[] = [];
  for (const field of columnsToTry(table, text)) {
    const judged = await findRows(calls, { table, terms: [{ field, operator: '=', value: text }], limit: 2 });
    if (judged.kind === 'failed') {
      if (!isAboutThisColumn(judged)) return judged;
      tried.push(`${field} (${judged.failure.message})`);
      continue;
    }
    const [first, second] = judged.value.map((row) => readField(row, 'sys_id').value);
    if (second !== undefined) return { kind: 'not-found', why: `names several records of ${table} by ${field}` };
    // The count is made before ACLs (trap 10): a hidden namesake may be the one that is meant.
    const total = readTotalCount(judged) ?? 0;
    if (total > judged.value.length) {
      const why = `names ${total} records of ${table} by ${field}, of which the user may read ${judged.value.length}`;
      return { kind: 'not-found', why };
    }
    if (first !== undefined && first !== '') return { kind: 'found', sysId: first };
    tried.push(field);
  }
  return { kind: 'not-found', why: `names no record of ${table} that the user may read; tried ${tried.join(', ')}` };
}

function columnsToTry(table: string, text: string): readonly string[] {
  if (table === 'sys_user') return ['user_name', 'email', 'name'];
  return /^[a-z]{2,12}\d{4,12}$/i.test(text) ? ['number', 'name'] : ['name'];
}

/** The table may lack the column, the user may not filter by it, or the text may not stand in a query. */
function isAboutThisColumn({ failure: { code } }: Refused): boolean {
  return code === 'field-unknown' || code === 'servicenow-forbidden' || code === 'servicenow-bad-request';
}
