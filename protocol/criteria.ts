import Type, { type Static } from 'typebox';
import { FieldName } from './ticket.ts';

const Value = Type.String({ minLength: 1, maxLength: 1_000, description: 'a stored value or a label' });

const closedObject = { additionalProperties: false };

const Condition = Type.Union([
  Type.Object(
    { field: FieldName, operator: Type.Enum(['equals', 'not-equals', 'contains'] as const), value: Value },
    closedObject,
  ),
  Type.Object(
    {
      field: FieldName,
      operator: Type.Enum(['in', 'not-in'] as const),
      values: Type.Array(Value, { minItems: 1, maxItems: 100 }),
    },
    closedObject,
  ),
  Type.Object({ field: FieldName, operator: Type.Enum(['is-empty', 'is-not-empty'] as const) }, closedObject),
]);
export type Condition = Static<typeof Condition>;

export type Criteria = Condition | { all: Criteria[] } | { any: Criteria[] };

/** Criteria as data: a condition, or all or any of several. At least one condition, none with an empty value. */
export const Criteria = Type.Cyclic(
  {
    Criteria: Type.Union([
      ...Condition.anyOf,
      Type.Object({ all: Type.Array(Type.Ref('Criteria'), { minItems: 1, maxItems: 100 }) }, closedObject),
      Type.Object({ any: Type.Array(Type.Ref('Criteria'), { minItems: 1, maxItems: 100 }) }, closedObject),
    ]),
  },
  'Criteria',
);

/** Lists every field that the criteria read, each once. */
export function fieldsOf(criteria: Criteria): string[] {
  if ('all' in criteria) return [...new Set(criteria.all.flatMap(fieldsOf))];
  if ('any' in criteria) return [...new Set(criteria.any.flatMap(fieldsOf))];
  return [criteria.field];
}
