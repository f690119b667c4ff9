import type { Condition, Criteria } from '#protocol/criteria.ts';
import type { FieldValue } from '#protocol/ticket.ts';

export type FieldValues = Readonly<Record<string, FieldValue>>;

/**
 * Tells whether criteria hold for a ticket. A value matches a field's stored value exactly, or its label in any case:
 * `-2` and `Scheduled` both name the state of a scheduled change. A field that was not read never matches.
 */
export function holds(criteria: Criteria, fields: FieldValues): boolean {
  if ('all' in criteria) return criteria.all.every((part) => holds(part, fields));
  if ('any' in criteria) return criteria.any.some((part) => holds(part, fields));
  const field = Object.hasOwn(fields, criteria.field) ? fields[criteria.field] : undefined;
  return field !== undefined && matches(criteria, field);
}

/** Writes criteria in the readable form that parseCriteria reads. */
export function describeCriteria(criteria: Criteria, nested = false): string {
  const parts = 'all' in criteria ? criteria.all : 'any' in criteria ? criteria.any : undefined;
  if (!parts) return describeCondition(criteria as Condition);
  if (parts.length === 1 && parts[0]) return describeCriteria(parts[0], nested);
  const text = parts.map((part) => describeCriteria(part, true)).join('all' in criteria ? ' and ' : ' or ');
  return nested ? `(${text})` : text;
}

function matches(condition: Condition, field: FieldValue): boolean {
  switch (condition.operator) {
    case 'equals':
      return equals(field, condition.value);
    case 'not-equals':
      return !equals(field, condition.value);
    case 'contains':
      return [field.value, field.displayValue].some((text) => fold(text).includes(fold(condition.value)));
    case 'in':
      return condition.values.some((value) => equals(field, value));
    case 'not-in':
      return !condition.values.some((value) => equals(field, value));
    case 'is-empty':
      return field.value === '';
    case 'is-not-empty':
      return field.value !== '';
  }
}

function equals(field: FieldValue, value: string): boolean {
  return field.value === value || fold(field.displayValue) === fold(value);
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}

const operatorText = {
  equals: '=',
  'not-equals': '!=',
  contains: 'contains',
  in: 'in',
  'not-in': 'not in',
  'is-empty': 'is empty',
  'is-not-empty': 'is not empty',
} as const satisfies Record<Condition['operator'], string>;

function describeCondition(condition: Condition): string {
  const head = `${condition.field} ${operatorText[condition.operator]}`;
  if ('values' in condition) return `${head} (${condition.values.map(quote).join(', ')})`;
  return 'value' in condition ? `${head} ${quote(condition.value)}` : head;
}

function quote(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
