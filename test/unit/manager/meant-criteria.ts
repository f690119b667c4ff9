import fc from 'fast-check';
import type { Criteria } from '#protocol/criteria.ts';
import type { FieldValue } from '#protocol/ticket.ts';

export type Fields = Readonly<Record<string, FieldValue>>;

/** Criteria, and what they mean, said a second time; `unknown`: it cannot be told. */
export interface Meant {
  readonly criteria: Criteria;
  /** Every column that they name. */
  readonly fields: readonly string[];
  means(fields: Fields): boolean | 'unknown';
}

const labels: Readonly<Record<string, string>> = {
  '-5': 'New',
  '-2': 'Scheduled',
  '3': 'Closed',
  '4': 'Canceled',
  approved: 'Approved',
  rejected: 'Rejected',
  requested: 'Requested',
};
export const choices = { state: ['-5', '-2', '3', '4'], approval: ['approved', 'rejected', 'requested'] } as const;

/** With its label, which is in another zone if it is a time. */
export function shown(stored: string): FieldValue {
  const label = labels[stored] ?? stored.replace(/ \d\d:/, ' 23:');
  return { value: stored, displayValue: label };
}

const values = fc.constantFrom(
  ...choices.state.map((value) => ['state', value] as const),
  ...choices.state.map((value) => ['state', labels[value] ?? ''] as const),
  ...choices.approval.map((value) => ['approval', value] as const),
  ['approval', 'APPROVED'] as const,
  ['risk', '2'] as const,
);

const condition: fc.Arbitrary<Meant> = fc.oneof(
  values.map(([field, value]) => say({ field, operator: 'equals', value }, field, (held) => isValue(held, value))),
  values.map(([field, value]) => say({ field, operator: 'not-equals', value }, field, (held) => !isValue(held, value))),
  fc
    .tuple(values, fc.boolean())
    .map(([[field, value], isIn]) =>
      say(
        { field, operator: isIn ? 'in' : 'not-in', values: ['none', value] },
        field,
        (held) => isValue(held, value) === isIn,
      ),
    ),
  fc
    .boolean()
    .map((isEmpty) =>
      say(
        { field: 'risk', operator: isEmpty ? 'is-empty' : 'is-not-empty' },
        'risk',
        ({ value }) => (value === '') === isEmpty,
      ),
    ),
  fc.constant(
    say({ field: 'risk', operator: 'less-than', value: '4' }, 'risk', ({ value }) =>
      value === '' ? false : value === 'high' ? 'unknown' : Number(value) < 4,
    ),
  ),
  fc.constant(
    say(
      { field: 'state', operator: 'contains', value: 'CLO' },
      'state',
      ({ displayValue }) => displayValue === 'Closed',
    ),
  ),
);

const joined: fc.Arbitrary<Meant> = fc
  .tuple(fc.constantFrom('all', 'any'), fc.array(condition, { minLength: 2, maxLength: 3 }))
  .map(([how, parts]) => {
    const criteria = parts.map((part) => part.criteria) as Extract<Criteria, { all: unknown }>['all'];
    return {
      criteria: how === 'all' ? { all: criteria } : { any: criteria },
      fields: parts.flatMap((part) => part.fields),
      means: (fields) => {
        const meant = parts.map((part) => part.means(fields));
        const deciding = how === 'any';
        return meant.includes(deciding) ? deciding : meant.includes('unknown') ? 'unknown' : !deciding;
      },
    };
  });

const expression: fc.Arbitrary<Meant> = fc.constantFrom(
  say({ expression: "ticket.state.value == '-2'" }, 'state', ({ value }) => value === '-2'),
  say(
    { expression: "!(ticket.approval.displayValue in ['Requested', 'Rejected'])" },
    'approval',
    ({ displayValue }) => displayValue !== 'Requested' && displayValue !== 'Rejected',
  ),
  say({ expression: '!(number(ticket.risk.value) > 4)' }, 'risk', ({ value }) =>
    value === '' || value === 'high' ? 'unknown' : !(Number(value) > 4),
  ),
);

export const approved = say({ field: 'approval', operator: 'equals', value: 'approved' }, 'approval', (held) =>
  isValue(held, 'approved'),
);
export const canceled = say({ field: 'state', operator: 'equals', value: 'Canceled' }, 'state', (held) =>
  isValue(held, 'Canceled'),
);
export const anything = fc.oneof(condition, joined, expression);

function say(criteria: Criteria, field: string, means: (held: FieldValue) => boolean | 'unknown'): Meant {
  return {
    criteria,
    fields: [field],
    means: (fields) => {
      const held = fields[field];
      return held ? means(held) : 'unknown';
    },
  };
}

function isValue({ value, displayValue }: FieldValue, wanted: string): boolean {
  return value === wanted || displayValue.toLowerCase() === wanted.toLowerCase();
}
