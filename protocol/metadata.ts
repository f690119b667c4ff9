import Type, { type Static } from 'typebox';

export const TableInfo = Type.Object({
  name: Type.String(),
  label: Type.String(),
  kind: Type.Enum(['ticket', 'staging'] as const),
});
export type TableInfo = Static<typeof TableInfo>;

export const FieldInfo = Type.Object({
  name: Type.String(),
  label: Type.String(),
  type: Type.String({ description: "ServiceNow's word, such as string, choice, reference, glide_date_time" }),
  mandatory: Type.Boolean(),
  readOnly: Type.Boolean(),
  maxLength: Type.Optional(Type.Integer()),
  reference: Type.Optional(Type.String({ description: 'the table that it refers to' })),
  choices: Type.Optional(Type.Array(Type.Object({ value: Type.String(), label: Type.String() }))),
});
export type FieldInfo = Static<typeof FieldInfo>;

export const TemplateInfo = Type.Object({
  name: Type.String(),
  sysId: Type.String(),
  kind: Type.Enum(['form', 'standard-change'] as const),
  table: Type.String(),
});
export type TemplateInfo = Static<typeof TemplateInfo>;
