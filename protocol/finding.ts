import Type, { type Static } from 'typebox';

/** What one probe of a connection test found. What cannot be known is `unknown`, never guessed. */
export const Finding = Type.Object({
  probe: Type.String({ description: 'a stable name such as instance, credentials, roles, table-read, clock' }),
  status: Type.Enum(['passed', 'warning', 'failed', 'unknown'] as const),
  message: Type.String(),
  remedy: Type.Optional(Type.String({ description: 'present unless passed' })),
});
export type Finding = Static<typeof Finding>;
