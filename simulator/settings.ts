import Type, { type Static } from 'typebox';

/** How the simulated instance is configured; each can be changed while it runs (PUT /simulator/settings). */
const SettingsSchema = Type.Object(
  {
    /** A new normal or emergency change asks for approval at once. */
    approvalsOnCreate: Type.Boolean(),
    /** How many reads of the Table API pass before requested approvals appear: flows run after the write returns. */
    approvalsAppearAfterReads: Type.Integer({ minimum: 0, maximum: 1000 }),
    /** User names that are asked for approval, each with a row of its own. */
    approvers: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    /** What a query with an unknown field returns: the rest of the query's rows, none, or a 403. */
    unknownQueryField: Type.Enum(['ignored', 'no-rows', 'forbidden']),
    unauthorizedWording: Type.Enum(['classic', '2026']),
    /** 2026 instances send `rel="prev"` with offset -1 on the first page. */
    negativePrevLink: Type.Boolean(),
    /** What a user who is no admin gets from sys_user_has_role; `own` shows the caller's own rows. */
    roleReads: Type.Enum(['forbidden', 'empty', 'own']),
    /** What a user who is no admin gets from sys_journal_field. */
    journalReads: Type.Enum(['forbidden', 'empty', 'allowed']),
    /** `table.column` names that only an admin reads: the key is absent for everybody else. */
    unreadableFields: Type.Array(fieldName()),
    /** `table.column` names that only an admin writes: others get 200 and nothing changes. */
    unwritableFields: Type.Array(fieldName()),
    /** Numbers or sys_ids of records that only an admin reads. */
    unreadableRecords: Type.Array(Type.String({ minLength: 1 })),
    /** Wrong passwords in a row that lock a user out; 0 never does. */
    lockOutAfter: Type.Integer({ minimum: 0, maximum: 100 }),
    /** The host that links carry, as a proxied or renamed instance does; empty: the address that was called. */
    instanceUrl: Type.String({ pattern: '^(https?://[^/?#]+)?$' }),
    /** How far the instance's clock is ahead of the machine's. */
    clockSkewSeconds: Type.Integer({ minimum: -86_400, maximum: 86_400 }),
    /** Whether the Change Management API is there; without it its paths answer 400. */
    changeApi: Type.Boolean(),
    /** An import set answers with its rows, or 201 with no body, as when a right hides them. */
    importSetReply: Type.Enum(['rows', 'empty-body']),
    /** The zone of users who have none of their own. */
    systemTimeZone: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
);

export type Settings = Static<typeof SettingsSchema>;

export const SettingsChangeSchema = Type.Partial(SettingsSchema, { additionalProperties: false });

export type SettingsChange = Static<typeof SettingsChangeSchema>;

export const defaultSettings: Settings = {
  approvalsOnCreate: true,
  approvalsAppearAfterReads: 0,
  approvers: ['approver'],
  unknownQueryField: 'ignored',
  unauthorizedWording: 'classic',
  negativePrevLink: true,
  roleReads: 'forbidden',
  journalReads: 'empty',
  unreadableFields: [],
  unwritableFields: [],
  unreadableRecords: [],
  lockOutAfter: 0,
  instanceUrl: '',
  clockSkewSeconds: 0,
  changeApi: true,
  importSetReply: 'rows',
  systemTimeZone: 'US/Pacific',
};

function fieldName() {
  return Type.String({ pattern: '^[a-z0-9_]+\\.[a-z0-9_]+$' });
}
