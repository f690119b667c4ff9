import { type Failure, failure } from '#protocol/failure.ts';
import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { describeColumn, findColumn } from './column-lookup.ts';
import { readFormMetadata } from './form-metadata.ts';
import { isOfTheWay } from './many-failures.ts';
import { cleanText } from './page.ts';
import type { Columns } from './table-metadata.ts';

/** What is known of the columns of a staging table; none when the instance does not tell. */
export interface StagingTable {
  readonly name: string;
  readonly columns: Columns | undefined;
}

export type DescribedTable = { readonly kind: 'described'; readonly table: StagingTable } | Refused;

/** Asks for the columns of a staging table. That the instance does not tell them is no failure. */
export async function describeStagingTable(calls: Calls, name: string): Promise<DescribedTable> {
  const form = await readFormMetadata(calls, name);
  if (form.kind === 'failed' && isOfTheWay(form.failure)) return form;
  return { kind: 'described', table: { name, columns: form.kind === 'read' ? form.columns : undefined } };
}

/** Chooses the column that can hold a mark of ours, if there is one that the caller does not fill. */
export function chooseMarkColumn(
  { columns }: StagingTable,
  filled: ReadonlySet<string>,
  longestMark: number,
): string | undefined {
  return ['u_correlation_id', 'correlation_id'].find((name) => {
    const column = columns?.get(name);
    if (column === undefined || column.readOnly || filled.has(name)) return false;
    return column.maxLength === undefined || column.maxLength >= longestMark;
  });
}

/** Refuses columns that the table is known not to have: ServiceNow drops what is sent for them without a word (trap 27). */
export function findUnknownColumns({ name, columns }: StagingTable, given: Iterable<string>): Failure | undefined {
  if (columns === undefined) return undefined;
  const unknown = [...new Set(given)].filter((column) => !columns.has(column));
  if (unknown.length === 0) return undefined;
  const named = unknown.map((column) => {
    const found = findColumn(columns, column);
    const similar = found.kind === 'unknown' ? found.similar : found.kind === 'column' ? [found.column] : found.columns;
    const offer = similar.length === 0 ? '' : ` (similar: ${similar.map(describeColumn).join(', ')})`;
    return `"${cleanText(column, 80)}"${offer}`;
  });
  return failure(
    'field-unknown',
    `staging table ${name} shows no column ${named.join(', ')}; nothing was loaded`,
    'Correct the names of the columns in the rows, or let the user read these columns: what came of them could not be seen.',
  );
}
