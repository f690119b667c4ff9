import type { Row } from './answer.ts';
import { hasField, readField } from './row.ts';

import type { StagingTable } from './staging-table.ts';
import { holdsSurely } from './value-comparison.ts';

/** One row as it is sent. */
export interface SentRow {
  readonly values: Readonly<Record<string, string>>;
  /** What tells it from all others, where the staging table has a column for that. */
  readonly mark: Mark | undefined;
}

interface Mark {
  readonly column: string;
  readonly text: string;
}

/** Which of the rows that look the same are accounted for, and so cannot be the one that is looked for. */
export interface Accounted {
  readonly sysIds: ReadonlySet<string>;
  /** Rows of this task with the same values that are in the table, by count: surely, and at most. */
  readonly surely: number;
  readonly atMost: number;
}

export type RowSighting =
  | { readonly kind: 'found'; readonly row: Row }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unsure'; readonly reason: string };

/**
 * Looks for a row among those that this user loaded lately, oldest first. A mark tells it at once. Else the values must
 * all be there, and of rows with the same values the n-th needs n of them.
 */
export function sightRow(
  sent: SentRow,
  rows: readonly Row[],
  table: StagingTable,
  { sysIds, surely, atMost }: Accounted,
): RowSighting {
  const { mark } = sent;
  const marked = mark && rows.find((row) => readField(row, mark.column).value === mark.text);
  if (marked !== undefined) return { kind: 'found', row: marked };
  // A mark that the instance did not keep, or not as it was sent, leaves the values.
  const own = mark === undefined ? rows : rows.filter((row) => mayBeOf(mark, row) !== 'no');
  const free = own.filter((row) => !sysIds.has(readField(row, 'sys_id').value));
  const likenesses = free.map((row) => ({ row, likeness: compareRow(sent, row, table) }));
  const same = likenesses.filter(({ likeness }) => likeness === 'same').map(({ row }) => row);
  const next = same[atMost];
  if (next !== undefined) return { kind: 'found', row: next };
  if (same.length > (mark === undefined ? surely : 0))
    return { kind: 'unsure', reason: 'rows with the same values are there, and whose they are cannot be told' };
  if (likenesses.some(({ likeness }) => likeness === 'similar'))
    return { kind: 'unsure', reason: 'a row is there that holds only a part of the values' };
  return mark !== undefined && free.some((row) => mayBeOf(mark, row) === 'surely')
    ? { kind: 'unsure', reason: 'a row is there with its mark in another case, and with other values' }
    : { kind: 'absent' };
}

/** Columns cut what is too long, and scripts change the case. */
function mayBeOf({ column, text }: Mark, row: Row): 'surely' | 'maybe' | 'no' {
  const kept = readField(row, column).value.trim().toLowerCase();
  const whole = text.toLowerCase();
  if (kept === whole) return 'surely';
  return whole.startsWith(kept) ? 'maybe' : 'no';
}

/** `similar`: what differs may be the instance's doing, which drops values and cuts texts without a word. */
function compareRow({ values }: SentRow, row: Row, { columns }: StagingTable): 'same' | 'similar' | 'other' {
  const known = Object.entries(values).filter(([column]) => columns === undefined || columns.has(column));
  const differing = known.filter(([column, sent]) => {
    const maxLength = columns?.get(column)?.maxLength;
    const forms = maxLength === undefined ? [sent] : [sent, sent.slice(0, maxLength).trim()];
    return !hasField(row, column) || !forms.some((form) => holdsSurely(readField(row, column), form, undefined));
  });
  if (differing.length === 0) return known.length === 0 ? 'similar' : 'same';
  const mayBeOurs = differing.every(([column, sent]) => {
    const actual = readField(row, column).value;
    const isLengthKnown = columns?.get(column)?.maxLength !== undefined;
    return actual === '' || (!isLengthKnown && sent.startsWith(actual));
  });
  return mayBeOurs ? 'similar' : 'other';
}
