import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { readFormMetadata } from './form-metadata.ts';
import { isOfTheWay } from './many-failures.ts';
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
