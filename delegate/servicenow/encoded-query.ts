/** One condition of an encoded query; only operators that query ACLs allow most widely (trap 35). */
export type QueryTerm =
  | { readonly field: string; readonly operator: '='; readonly value: string }
  /** For reading on from a key or a time; query ACLs may refuse it. */
  | { readonly field: string; readonly operator: '>' | '>='; readonly value: string }
  | { readonly field: string; readonly operator: 'IN'; readonly values: readonly string[] };

export interface Sorting {
  readonly by: string;
  readonly descending: boolean;
}

export type BuiltQuery =
  | { readonly kind: 'built'; readonly text: string; readonly encoded: string }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Joins conditions into one encoded query; `encoded` is percent-encoded for a URL. Refuses whatever could become another
 * condition or a script: no escape is proven (traps 2 and 36).
 */
export function buildQuery(terms: readonly QueryTerm[], sorting?: Sorting): BuiltQuery {
  if (terms.length === 0) return refused('a query without conditions asks for the whole table');
  const parts: string[] = [];
  for (const term of terms) {
    const fault = findFault(term);
    if (fault !== undefined) return refused(fault);
    parts.push(`${term.field}${term.operator}${term.operator === 'IN' ? term.values.join(',') : term.value}`);
  }
  if (sorting !== undefined) {
    if (!fieldName.test(sorting.by)) return refused(`${JSON.stringify(sorting.by)} is not a column name`);
    parts.push(`ORDERBY${sorting.descending ? 'DESC' : ''}${sorting.by}`);
  }
  const text = parts.join('^');
  return { kind: 'built', text, encoded: encodeURIComponent(text) };
}

const fieldName = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;

function refused(reason: string): BuiltQuery {
  return { kind: 'refused', reason };
}

function findFault(term: QueryTerm): string | undefined {
  if (!fieldName.test(term.field)) return `${JSON.stringify(term.field)} is not a column name`;
  if (term.operator !== 'IN') return findValueFault(term.field, term.value);
  if (term.values.length === 0) return `${term.field} has an empty list of values`;
  for (const value of term.values) {
    const fault = value.includes(',') ? `a value of ${term.field} contains a comma` : findValueFault(term.field, value);
    if (fault !== undefined) return fault;
    if (longerOperator.test(value)) return `a value of ${term.field} would make another operator of IN`;
  }
  return undefined;
}

/** What after IN is IN_HIERARCHY or INSTANCEOF. */
const longerOperator = /^(_HIERARCHY|STANCEOF)/;

function findValueFault(field: string, value: string): string | undefined {
  if (value.trim() === '') return `a value of ${field} is empty`;
  if (value.startsWith('=')) return `a value of ${field} begins with an equals sign`;
  if (value.includes('^')) return `a value of ${field} contains a caret`;
  if (/\p{Cc}/u.test(value)) return `a value of ${field} contains a control character`;
  if (/^\s*javascript:/i.test(value)) return `a value of ${field} is a script`;
  // encodeURIComponent throws on half of a surrogate pair.
  if (!value.isWellFormed()) return `a value of ${field} is not well-formed text`;
  return undefined;
}
