import Type, { type Static, type TSchema } from 'typebox';
import { Failure } from './failure.ts';
import { Finding } from './finding.ts';
import { ImportedRow } from './import-set.ts';
import { FieldInfo, TableInfo, TemplateInfo } from './metadata.ts';
import { FieldName, PendingApprover, StoredTime, SysId, TableName, Ticket, TicketNumber } from './ticket.ts';

const Fields = Type.Record(
  Type.String({ pattern: '^[^\\s\\p{C}]([^\\p{C}]{0,158}[^\\s\\p{C}])?$' }),
  Type.Union([Type.String({ maxLength: 65_536 }), Type.Null()]),
  {
    additionalProperties: false,
    description:
      'column name or label → stored value or label; an empty text is skipped with a warning, null clears the field',
  },
);

const ImportRow = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9_]{0,79}$' }),
  Type.Union([Type.String({ maxLength: 65_536 }), Type.Number(), Type.Boolean()]),
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 500,
    description: 'staging column → value; nothing nested',
  },
);

/** By its name, or by its sys_id. */
const TemplateName = Type.String({ pattern: '^[^\\s\\p{C}^][^\\p{C}^]{0,99}$' });

const OneTicket = Type.Union([
  Type.Object({ table: TableName, number: TicketNumber, fields: Fields }),
  Type.Object({ table: TableName, sysId: SysId, fields: Fields }),
]);

const WantedFields = Type.Array(FieldName, { minItems: 1, maxItems: 100, description: 'the columns to read' });

/** What a reading of tickets may tell besides. */
const alsoRead = {
  fields: WantedFields,
  optionalFields: Type.Optional(
    Type.Array(FieldName, { maxItems: 10, description: 'columns to read where the user is shown them' }),
  ),
  approvers: Type.Optional(Type.Boolean({ description: 'also read whom each ticket waits for' })),
  deadEnds: Type.Optional(
    Type.Boolean({ description: 'also tell which changes, of at most 10, are in a state that leads nowhere' }),
  ),
};

/** ServiceNow refuses URLs over 8192 bytes (trap 37); 200 sys_ids in one IN stay below. */
const mostTicketsPerRead = 200;

const NamedColumns = Type.Optional(
  Type.Record(Type.String(), Type.String(), {
    description: 'which column was meant by each name of a field that is not its name, such as its label',
  }),
);

const TicketWritten = Type.Object({
  ticket: Ticket,
  columns: NamedColumns,
  warnings: Type.Array(Type.String()),
});

interface TaskTypeDefinition {
  readonly params: TSchema;
  readonly result: TSchema;
  /** Whether repeating it blindly could do something twice. */
  readonly sideEffect: boolean;
  /** Whether it concerns a connector's ServiceNow instance. */
  readonly needsConnector: boolean;
  /** BullMQ's priority: interactive tests before writes before polls. */
  readonly priority: number;
  /** Default limits, in milliseconds: to be picked up, to run once, and overall. */
  readonly pickUpMs: number;
  readonly runMs: number;
  readonly deadlineMs: number;
  /** How many attempts may fail before the task does; rejected ones do not count. */
  readonly mostAttempts: number;
}

/** A write to one ticket. */
const write = {
  sideEffect: true,
  needsConnector: true,
  priority: 2,
  pickUpMs: 300_000,
  runMs: 180_000,
  deadlineMs: 900_000,
  mostAttempts: 5,
} as const;

/** A write to many records, one after the other. */
const writeOfMany = { ...write, runMs: 600_000, deadlineMs: 1_800_000 } as const;

const read = {
  sideEffect: false,
  needsConnector: true,
  priority: 3,
  pickUpMs: 60_000,
  runMs: 60_000,
  deadlineMs: 180_000,
  mostAttempts: 2,
} as const;

/** What has changed since a time; since none was given: nothing, and only where the table stands. */
const Changes = Type.Union([
  Type.Object({
    kind: Type.Literal('read'),
    rows: Type.Array(
      Type.Object({
        ticket: Type.String({ description: 'its sys_id' }),
        version: Type.String({ description: 'names the row and how it is; another after each change' }),
        stampedAt: Type.String(),
      }),
    ),
    newest: Type.Optional(StoredTime),
    complete: Type.Boolean({ description: 'false: more has changed than one request tells' }),
  }),
  Type.Object({
    kind: Type.Literal('refused'),
    reason: Type.String({
      description: 'why the user cannot ask for changes; it may be able to read tickets one by one',
    }),
  }),
]);
export type Changes = Static<typeof Changes>;

/** Every task type: what it takes, what it gives, how it may be treated. */
export const taskTypes = {
  /** Does nothing, through the same queue, claim and socket as real work: who answers it can take real work. */
  canary: {
    params: Type.Object({}),
    result: Type.Object({}),
    sideEffect: false,
    needsConnector: false,
    priority: 0,
    pickUpMs: 30_000,
    runMs: 10_000,
    deadlineMs: 30_000,
    mostAttempts: 1,
  },
  'connection.test': {
    params: Type.Object({}),
    result: Type.Object({ findings: Type.Array(Finding), user: Type.Optional(Type.String()) }),
    sideEffect: false,
    needsConnector: true,
    priority: 1,
    // A way that was never used is checked first, which may take its 20 s.
    pickUpMs: 30_000,
    runMs: 60_000,
    deadlineMs: 90_000,
    mostAttempts: 2,
  },
  'ticket.create': {
    params: Type.Object({
      table: TableName,
      fields: Fields,
      template: Type.Optional(TemplateName),
      changeType: Type.Optional(Type.Enum(['normal', 'emergency', 'standard'] as const)),
      changeRequest: Type.Optional(TicketNumber),
    }),
    result: Type.Object({
      ticket: Ticket,
      created: Type.Boolean({ description: 'false when an earlier attempt had already created it' }),
      columns: NamedColumns,
      warnings: Type.Array(Type.String()),
    }),
    ...write,
  },
  'ticket.update': {
    params: OneTicket,
    result: TicketWritten,
    ...write,
  },
  /** Updates the change tasks of one change. */
  'ticket.update-many': {
    params: Type.Object({
      changeRequest: TicketNumber,
      changeTaskType: Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\p{C}^]*$' })),
      fields: Fields,
    }),
    result: Type.Object({
      changeTasks: Type.Array(
        Type.Object({
          number: Type.String(),
          sysId: Type.String(),
          link: Type.String(),
          kind: Type.Enum(['updated', 'unchanged', 'failed', 'not-tried'] as const),
          ticket: Type.Optional(Ticket),
          failure: Type.Optional(Failure),
          warnings: Type.Array(Type.String()),
        }),
      ),
      warnings: Type.Array(Type.String()),
    }),
    ...writeOfMany,
  },
  /** Loads rows into a staging table, one after the other: only so each row's outcome is told (trap 48). */
  'import-set.load': {
    params: Type.Object({
      stagingTable: TableName,
      rows: Type.Array(ImportRow, { minItems: 1, maxItems: 200 }),
    }),
    result: Type.Object({ rows: Type.Array(ImportedRow), warnings: Type.Array(Type.String()) }),
    ...writeOfMany,
  },
  /** Tells what can be created and with which fields. */
  'metadata.read': {
    params: Type.Union([
      Type.Object({ what: Type.Literal('tables') }),
      Type.Object({ what: Type.Literal('fields'), table: TableName }),
      Type.Object({ what: Type.Literal('templates') }),
    ]),
    result: Type.Object({
      tables: Type.Optional(Type.Array(TableInfo)),
      fields: Type.Optional(Type.Array(FieldInfo)),
      templates: Type.Optional(Type.Array(TemplateInfo)),
      warnings: Type.Array(Type.String(), { description: 'what could not be read, and why' }),
    }),
    sideEffect: false,
    needsConnector: true,
    priority: 1,
    pickUpMs: 30_000,
    runMs: 60_000,
    deadlineMs: 90_000,
    mostAttempts: 2,
  },
  'ticket.read': {
    params: Type.Union([
      Type.Object({
        table: TableName,
        sysIds: Type.Array(SysId, { minItems: 1, maxItems: mostTicketsPerRead }),
        ...alsoRead,
      }),
      Type.Object({
        table: TableName,
        numbers: Type.Array(TicketNumber, { minItems: 1, maxItems: mostTicketsPerRead }),
        ...alsoRead,
      }),
    ]),
    result: Type.Object({
      tickets: Type.Array(Ticket),
      missing: Type.Array(Type.String(), { description: 'sys_ids or numbers that were not found, or may not be read' }),
      hidden: Type.Optional(
        Type.Array(Type.String(), {
          description: 'those of the missing that are there, as the count of the rows proves',
        }),
      ),
      approvers: Type.Optional(
        Type.Record(Type.String(), Type.Array(PendingApprover), {
          description: 'by sys_id; absent when not asked for or when the user may not know',
        }),
      ),
      deadEnds: Type.Optional(
        Type.Array(Type.String(), {
          description: 'sys_ids of the changes that are in a state from which their state model leads nowhere',
        }),
      ),
      requestIds: Type.Optional(
        Type.Array(Type.String(), { description: "ServiceNow's X-Transaction-ID of the requests, where it told them" }),
      ),
    }),
    ...read,
  },
  /** Tells which tickets of a table have changed: two requests, however many tickets are waited for. */
  'ticket.changes': {
    params: Type.Object({
      table: TableName,
      ticketsSince: Type.Optional(StoredTime),
      approvalsSince: Type.Optional(StoredTime),
    }),
    result: Type.Object({ tickets: Changes, approvals: Changes }),
    ...read,
  },
} as const satisfies Record<string, TaskTypeDefinition>;

export type TaskType = keyof typeof taskTypes;
export const taskTypeNames = Object.keys(taskTypes) as TaskType[];

export type Params<T extends TaskType> = Static<(typeof taskTypes)[T]['params']>;
export type Result<T extends TaskType> = Static<(typeof taskTypes)[T]['result']>;

export function isTaskType(name: string): name is TaskType {
  return Object.hasOwn(taskTypes, name);
}
