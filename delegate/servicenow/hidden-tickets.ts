import type { Calls } from './calls.ts';
import { findRows, readTotalCount } from './table-api.ts';

export interface Unseen {
  readonly table: string;
  readonly by: 'sys_id' | 'number';
  /** Those that no row was shown of. */
  readonly missing: readonly string[];
  /** How many rows more match than were shown; undefined when the answers do not say. */
  readonly uncounted: number | undefined;
}

/**
 * Tells which of the tickets that were not shown are there: the count of the rows is made before ACLs (trap 10), so a
 * deleted one is not in it, and one that the user may not read is. A query business rule hides both alike.
 */
export async function findHidden(calls: Calls, { table, by, missing, uncounted }: Unseen): Promise<readonly string[]> {
  if (missing.length === 0 || uncounted === undefined || uncounted <= 0) return [];
  if (uncounted === missing.length) return missing;
  const hidden: string[] = [];
  for (const value of missing.slice(0, mostLooks)) {
    const judged = await findRows(calls, {
      table,
      terms: [{ field: by, operator: '=', value }],
      fields: [by],
      limit: 1,
    });
    if (judged.kind === 'ok' && judged.value.length === 0 && (readTotalCount(judged) ?? 0) > 0) hidden.push(value);
  }
  return hidden;
}

/** One request each: a reading must not become many. */
const mostLooks = 10;
