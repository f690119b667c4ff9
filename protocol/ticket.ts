import Type, { type Static } from 'typebox';

/** A table's name: `change_request`, `u_release_gate`. */
export const tableNamePattern = '^[a-z][a-z0-9_]{0,79}$';

export const TableName = Type.String({
  pattern: tableNamePattern,
  description: 'a table name such as change_request',
});

export const FieldName = Type.String({
  pattern: '^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$',
  maxLength: 160,
  description: 'a column name such as short_description, dot-walked if need be',
});

/** What people call a ticket by. It stands in queries, so nothing that could end a term is legal (trap 36). */
export const TicketNumber = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,80}$',
  description: 'a ticket number such as CHG0030001',
});

/** A date-time as ServiceNow stores it: in UTC, without saying so (trap 31). */
export const StoredTime = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}$',
  description: 'UTC, yyyy-MM-dd HH:mm:ss, as ServiceNow stores it',
});

export const sysIdPattern = '^[0-9a-f]{32}$';

export const SysId = Type.String({ pattern: sysIdPattern, description: 'a sys_id: 32 hexadecimal digits' });

/** A field as stored and as shown; both are strings in ServiceNow, whatever the column's type. */
export const FieldValue = Type.Object({ value: Type.String(), displayValue: Type.String() });
export type FieldValue = Static<typeof FieldValue>;

export const Ticket = Type.Object({
  table: Type.String(),
  number: Type.String({ description: 'empty for tables without numbers' }),
  sysId: Type.String(),
  link: Type.String({ description: 'for a person to open in the browser' }),
  fields: Type.Record(Type.String(), FieldValue),
});
export type Ticket = Static<typeof Ticket>;

/** One row of sysapproval_approver. */
export const PendingApprover = Type.Object({
  approver: Type.String(),
  group: Type.String(),
  state: Type.String(),
  since: Type.String({ description: 'UTC, yyyy-MM-dd HH:mm:ss, as ServiceNow stores it' }),
});
export type PendingApprover = Static<typeof PendingApprover>;
