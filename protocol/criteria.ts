import Type, { type Static } from 'typebox';
import { FieldName } from './ticket.ts';

const Value = Type.String({ minLength: 1, maxLength: 1_000, description: 'a stored value or a label' });

const closedObject = { additionalProperties: false };

/** Operators that compare the stored value by its size: both are numbers, or both are dates. */
export const comparisons = ['less-than', 'at-most', 'greater-than', 'at-least'] as const;

/** One condition; its operator says which of the forms it has. */
export const Condition = Type.Union([
  Type.Object(
    { field: FieldName, operator: Type.Enum(['equals', 'not-equals', 'contains'] as const), value: Value },
    closedObject,
  ),
  Type.Object(
    {
      field: FieldName,
      operator: Type.Enum(comparisons),
      value: Type.String({
        minLength: 1,
        maxLength: 40,
        description: 'a number, or a date in UTC: yyyy-MM-dd or yyyy-MM-dd HH:mm:ss',
      }),
    },
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

/** A condition, or all or any of several. */
export type Conditions = Condition | { all: Conditions[] } | { any: Conditions[] };

export const longestExpression = 4_000;

export const Expression = Type.Object(
  {
    expression: Type.String({
      minLength: 1,
      maxLength: longestExpression,
      description: 'in the Common Expression Language (CEL), such as: ticket.state.value == "-2"',
    }),
  },
  closedObject,
);
export type Expression = Static<typeof Expression>;

/** What approves or rejects: conditions, or one expression, which stands alone. */
export type Criteria = Conditions | Expression;
