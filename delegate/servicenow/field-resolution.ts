import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';

export type FieldValues = Readonly<Record<string, string | null>>;

export type Resolution =
  | { readonly kind: 'resolved'; readonly fields: FieldValues; readonly warnings: readonly string[] }
  | Refused;

/** Turns labels of columns, choices and references into what ServiceNow stores. */
export type ResolveFields = (calls: Calls, table: string, fields: FieldValues) => Promise<Resolution>;

export function createFieldResolver(): ResolveFields {
  return async (_calls, _table, fields) => ({ kind: 'resolved', fields, warnings: [] });
}
