/** Operators as the API takes them, with the sign of each in the readable form and in words. */
export const operators = {
  equals: { sign: '=', words: 'is' },
  'not-equals': { sign: '!=', words: 'is not' },
  in: { sign: 'in', words: 'is one of' },
  'not-in': { sign: 'not in', words: 'is none of' },
  contains: { sign: 'contains', words: 'contains' },
  'is-empty': { sign: 'is empty', words: 'is empty' },
  'is-not-empty': { sign: 'is not empty', words: 'is not empty' },
  'less-than': { sign: '<', words: 'is less than, or before' },
  'at-most': { sign: '<=', words: 'is at most, or not after' },
  'greater-than': { sign: '>', words: 'is greater than, or after' },
  'at-least': { sign: '>=', words: 'is at least, or not before' },
} as const;

export type Operator = keyof typeof operators;

/** How many values an operator takes. */
export function arityOf(operator: Operator): 'none' | 'one' | 'several' {
  if (operator === 'is-empty' || operator === 'is-not-empty') return 'none';
  return operator === 'in' || operator === 'not-in' ? 'several' : 'one';
}

export function isComparison(operator: Operator): boolean {
  return ['less-than', 'at-most', 'greater-than', 'at-least'].includes(operator);
}

/** A condition as it is being written. */
export interface Row {
  readonly key: number;
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** Criteria as they are being written: rows that are joined, or a text. */
export interface CriteriaDraft {
  readonly by: 'rows' | 'text';
  readonly join: 'all' | 'any';
  readonly rows: readonly Row[];
  readonly text: string;
}

type Condition =
  | { readonly field: string; readonly operator: Operator }
  | { readonly field: string; readonly operator: Operator; readonly value: string }
  | { readonly field: string; readonly operator: Operator; readonly values: readonly string[] };

/** What the API takes as criteria: data, or a text in the readable form. */
export type Criteria = { readonly all: readonly Condition[] } | { readonly any: readonly Condition[] } | string;

export type ReadDraft =
  | { readonly kind: 'none' }
  | { readonly kind: 'criteria'; readonly criteria: Criteria }
  /** By the index of the row. */
  | { readonly kind: 'unfinished'; readonly faults: ReadonlyMap<number, string> };

/** Makes criteria of a draft. Whether they make sense for the table is the manager's to say. */
export function readDraft({ by, join, rows, text }: CriteriaDraft): ReadDraft {
  if (by === 'text') return text.trim() === '' ? { kind: 'none' } : { kind: 'criteria', criteria: text };
  if (rows.length === 0) return { kind: 'none' };
  const faults = new Map(
    rows.flatMap((row, index) => {
      const fault = findFault(row);
      return fault === undefined ? [] : [[index, fault] as const];
    }),
  );
  if (faults.size > 0) return { kind: 'unfinished', faults };
  const conditions = rows.map(toCondition);
  return { kind: 'criteria', criteria: join === 'all' ? { all: conditions } : { any: conditions } };
}

/** The finished rows of a draft in the readable form, as the manager will show them. */
export function describeDraft({ join, rows }: CriteriaDraft): string {
  return rows
    .filter((row) => findFault(row) === undefined)
    .map(describeRow)
    .join(join === 'all' ? ' and ' : ' or ');
}

function findFault({ field, operator, values }: Row): string | undefined {
  if (field.trim() === '') return 'Choose a field, or remove this condition.';
  if (arityOf(operator) === 'none') return undefined;
  return values.some((value) => value.trim() !== '') ? undefined : 'Give a value, or choose "is empty".';
}

function toCondition({ field, operator, values }: Row): Condition {
  const base = { field: field.trim(), operator };
  switch (arityOf(operator)) {
    case 'none':
      return base;
    case 'one':
      return { ...base, value: values[0] ?? '' };
    case 'several':
      return { ...base, values };
  }
}

function describeRow({ field, operator, values }: Row): string {
  const head = `${field.trim()} ${operators[operator].sign}`;
  switch (arityOf(operator)) {
    case 'none':
      return head;
    case 'one':
      return `${head} ${quote(values[0] ?? '')}`;
    case 'several':
      return `${head} (${values.map(quote).join(', ')})`;
  }
}

function quote(value: string): string {
  return /^(?!(?:and|or)$)[\w.-]+$/i.test(value) ? value : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
