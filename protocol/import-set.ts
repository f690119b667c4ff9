import Type, { type Static } from 'typebox';

/** What one transform map made of one row of an import set. */
const TransformOutcome = Type.Object({
  transformMap: Type.String(),
  table: Type.String({ description: 'the target table; empty when ServiceNow does not tell' }),
  status: Type.String({ description: 'inserted, updated, ignored, error, or a word of the transform script' }),
  displayName: Type.String(),
  displayValue: Type.String(),
  sysId: Type.String({ description: 'of the target record; empty when there is none' }),
  link: Type.String({ description: 'to the target record; empty when there is none' }),
  message: Type.String({ description: 'error_message and status_message; empty when there is none' }),
});
export type TransformOutcome = Static<typeof TransformOutcome>;

/** What became of one row. `found`: it was in the staging table already, from an earlier attempt. */
export const ImportedRow = Type.Object({
  row: Type.Integer({ minimum: 1, description: 'its place in the rows that were given, from 1' }),
  kind: Type.Enum(['loaded', 'found', 'failed', 'not-tried'] as const),
  importSet: Type.String({ description: 'such as ISET0010001; empty when it is not known' }),
  transforms: Type.Array(TransformOutcome),
  warnings: Type.Array(Type.String()),
});
export type ImportedRow = Static<typeof ImportedRow>;
