import { isRow, type Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { isOfTheWay } from './many-failures.ts';
import type { Asked } from './refusal.ts';

/** What is known of the columns of a staging table; none when the instance does not tell. */
export interface StagingTable {
  readonly name: string;
  readonly columns: ReadonlyMap<string, StagingColumn> | undefined;
}

export interface StagingColumn {
  readonly isReadOnly: boolean;
  /** In characters; undefined when it is not told. */
  readonly maxLength: number | undefined;
}

export type DescribedTable = { readonly kind: 'described'; readonly table: StagingTable } | Refused;

/** Asks for the columns of a staging table. That the instance does not tell them is no failure. */
export async function describeStagingTable(calls: Calls, name: string): Promise<DescribedTable> {
  const asked: Asked = { method: 'GET', subject: `the columns of ${name}`, addressesRecord: false };
  const judged = await calls.readRecord(asked, `api/now/ui/meta/${encodeURIComponent(name)}`);
  if (judged.kind === 'failed')
    return isOfTheWay(judged.failure) ? judged : { kind: 'described', table: { name, columns: undefined } };
  const { columns } = judged.value;
  const known = isRow(columns) && Object.keys(columns).length > 0 ? columns : undefined;
  const described = known && new Map(Object.entries(known).map(([column, told]) => [column, readColumn(told)]));
  return { kind: 'described', table: { name, columns: described } };
}

/** Chooses the column that can hold a mark of ours, if there is one that the caller does not fill. */
export function chooseMarkColumn(
  { columns }: StagingTable,
  filled: ReadonlySet<string>,
  longestMark: number,
): string | undefined {
  return ['u_correlation_id', 'correlation_id'].find((name) => {
    const column = columns?.get(name);
    if (column === undefined || column.isReadOnly || filled.has(name)) return false;
    return column.maxLength === undefined || column.maxLength >= longestMark;
  });
}

function readColumn(told: unknown): StagingColumn {
  if (!isRow(told)) return { isReadOnly: false, maxLength: undefined };
  const { read_only, max_length } = told;
  const length = Number(max_length);
  return {
    isReadOnly: read_only === true || read_only === 'true',
    maxLength: max_length !== '' && Number.isInteger(length) && length > 0 ? length : undefined,
  };
}
