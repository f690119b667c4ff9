import type { Operator } from './criteria-draft.ts';
import { arityOf, isComparison, operators } from './criteria-draft.ts';
import type { Field } from './use-metadata.ts';

export interface Option {
  readonly value: string;
  readonly label: string;
}

const numberTypes: ReadonlySet<string> = new Set(['integer', 'longint', 'decimal', 'float', 'percent_complete']);
const dateTypes: ReadonlySet<string> = new Set([
  'glide_date_time',
  'due_date',
  'datetime',
  'calendar_date_time',
  'glide_date',
  'date',
]);

/** The operators that make sense for a field; all of them for one that is not known. */
export function operatorsFor(field: Field | undefined): Option[] {
  const hasSize = field === undefined || numberTypes.has(field.type) || dateTypes.has(field.type);
  return (Object.keys(operators) as Operator[])
    .filter((operator) => hasSize || !isComparison(operator))
    .map((operator) => ({ value: operator, label: operators[operator].words }));
}

/** What a field may be, as label and stored value; undefined where anything may be typed. */
export function choicesFor(field: Field | undefined, operator: Operator): Option[] | undefined {
  if (!field || operator === 'contains' || arityOf(operator) === 'none') return undefined;
  const choices = field.choices ?? (field.type === 'boolean' ? booleans : []);
  const seen = new Set(['']);
  const options = choices.flatMap(({ value, label }) => {
    if (seen.has(value)) return [];
    seen.add(value);
    return { value, label: label === value ? value : `${label} (${value})` };
  });
  return options.length > 0 ? options : undefined;
}

const booleans = [
  { value: 'true', label: 'true' },
  { value: 'false', label: 'false' },
];

/** What to type where there are no choices. */
export function hintFor(field: Field | undefined, operator: Operator): string | undefined {
  if (!isComparison(operator)) return undefined;
  if (field && dateTypes.has(field.type)) return 'UTC, such as 2026-03-01 10:00:00';
  if (field && numberTypes.has(field.type)) return 'A number';
  return 'A number, or a date in UTC';
}
