import type { Answered, Row } from './answer.ts';
import { readField } from './row.ts';

/** Rows with when each was created; those from before `sinceMs` do not count. Milliseconds since the epoch, by ServiceNow's clock. */
export interface Ages {
  readonly created: readonly { readonly row: Row; readonly atMs: number }[];
  readonly sinceMs: number;
}

/** The time over which what looks like an earlier attempt's work is taken for it, in milliseconds: longer than any task runs. */
export const earlierAttemptMs = 86_400_000;

/** `Date` has whole seconds, and the edge that writes it need not have the clock of the node that stores the row. */
const clockMarginMs = 5_000;

/**
 * Reads when rows were created, and since when they count: `withinMs` before the answer. Undefined when that is not known
 * of the answer or of any row: a row without an age is not an old one.
 */
export function readAges({ value, headers }: Answered<readonly Row[]>, withinMs: number): Ages | undefined {
  const sinceMs = Date.parse(headers.date ?? '') - withinMs - clockMarginMs;
  const created = value.map((row) => ({ row, atMs: createdAtMs(row) }));
  return [sinceMs, ...created.map(({ atMs }) => atMs)].some(Number.isNaN) ? undefined : { created, sinceMs };
}

/** ServiceNow's date-times are UTC without saying so (trap 31). */
function createdAtMs(row: Row): number {
  return Date.parse(`${readField(row, 'sys_created_on').value.replace(' ', 'T')}Z`);
}
