import Type, { type Static } from 'typebox';

/** In characters: a report of all rows must fit into a frame, whatever ServiceNow says of each. */
export const longestName = 200;
export const longestText = 1_000;

/** What one transform map made of one row of an import set; what is longer than its bound is cut and ends with `…`. */
const TransformOutcome = Type.Object({
  transformMap: Type.String({ maxLength: longestName }),
  table: Type.String({
    maxLength: longestName,
    description: 'the target table; empty when ServiceNow does not tell',
  }),
  status: Type.String({
    maxLength: longestName,
    description: 'inserted, updated, ignored, error, or a word of the transform script',
  }),
  displayName: Type.String({ maxLength: longestName }),
  displayValue: Type.String({ maxLength: longestText }),
  sysId: Type.String({ maxLength: longestName, description: 'of the target record; empty when there is none' }),
  link: Type.String({ maxLength: longestText, description: 'to the target record; empty when there is none' }),
  message: Type.String({
    maxLength: longestText,
    description: 'error_message and status_message; empty when there is none',
  }),
});
export type TransformOutcome = Static<typeof TransformOutcome>;

/** What became of one row. `found`: it was in the staging table already, from an earlier attempt. */
export const ImportedRow = Type.Object({
  row: Type.Integer({ minimum: 1, description: 'its place in the rows that were given, from 1' }),
  kind: Type.Enum(['loaded', 'found', 'failed', 'not-tried'] as const),
  importSet: Type.String({ maxLength: longestName, description: 'such as ISET0010001; empty when it is not known' }),
  transforms: Type.Array(TransformOutcome),
  warnings: Type.Array(Type.String({ maxLength: longestText })),
});
export type ImportedRow = Static<typeof ImportedRow>;
