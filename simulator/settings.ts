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

    /** Who may sign in with a password: all, only users and roles for web services, or nobody. */
    basicAuthentication: Type.Enum(['allowed', 'restricted', 'off']),
    /** Users of whom a second factor is demanded, which Basic authentication cannot give. */
    multiFactorUsers: Type.Array(Type.String({ minLength: 1 })),
    /** Client credentials are off on the real thing until somebody allows them. */
    oauthGrants: Type.Array(Type.Enum(['client_credentials', 'password', 'refresh_token'])),
    oauthTokenLifetimeSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    /** What a refresh answers: the same refresh token, a new one that ends the old one, or none. */
    oauthRefreshReply: Type.Enum(['kept', 'rotated', 'omitted']),
    /** How an expired token is refused: as a wrong password is, or in the words of OAuth. */
    expiredTokenReply: Type.Enum(['unauthorized', 'invalid-token']),

    /** Requests to one API by one user in a clock hour; 0 knows no limit and sends no headers. */
    rateLimitPerHour: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    /** The hour, shorter for those who cannot wait that long. */
    rateLimitWindowSeconds: Type.Integer({ minimum: 1, maximum: 3600 }),
    /** Requests that are worked on at once; 0 knows no limit. */
    apiThreads: Type.Integer({ minimum: 0, maximum: 1000 }),
    /** Requests that may wait for a thread; one more is refused. */
    apiQueue: Type.Integer({ minimum: 0, maximum: 1000 }),

    /** Whether an answer of the Change API holds an object, or a list of one as its documentation prints. */
    changeApiResult: Type.Enum(['object', 'array']),
    changeApiIgnoredFields: Type.Enum(['honest', 'misleading']),
    /** How the Change API passes on the refusal of a business rule. */
    changeApiRefusals: Type.Enum(['403', '400']),

    /** The form of a table at /api/now/ui/meta. */
    uiMeta: Type.Enum(['offered', 'absent', 'forbidden']),
    /** What a label written as the state of a change does. */
    stateLabels: Type.Enum(['ignored', 'odd']),
    /** `table.column` names that a business rule sets back after the answer. */
    revertedFields: Type.Array(fieldName()),
    /** `table.column` names that only an admin compares by range, searches in and sorts by. */
    rangeQueriesForbidden: Type.Array(fieldName()),
    /** Tables that are closed to web services, whoever asks. */
    closedTables: Type.Array(Type.String({ pattern: '^[a-z0-9_]+$' })),

    /** Lists show the records as they were so many lists ago, as a replica that lags does. */
    replicaLagReads: Type.Integer({ minimum: 0, maximum: 1000 }),
    /** Requests that are slow after POST /simulator/wake. */
    slowFirstRequests: Type.Integer({ minimum: 0, maximum: 1000 }),
    slowFirstMs: Type.Integer({ minimum: 0, maximum: 600_000 }),
    /** A request that is slowed beyond this is cancelled with 500, its work done; 0 knows no limit. */
    quotaSeconds: Type.Number({ minimum: 0, maximum: 600 }),
    /** When the rows of insertMultiple are transformed after its answer. */
    insertMultipleDelayMs: Type.Integer({ minimum: 0, maximum: 600_000 }),
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
  basicAuthentication: 'allowed',
  multiFactorUsers: [],
  oauthGrants: ['client_credentials', 'password', 'refresh_token'],
  oauthTokenLifetimeSeconds: 1799,
  oauthRefreshReply: 'kept',
  expiredTokenReply: 'unauthorized',
  rateLimitPerHour: 0,
  rateLimitWindowSeconds: 3600,
  apiThreads: 0,
  apiQueue: 50,
  changeApiResult: 'object',
  changeApiIgnoredFields: 'honest',
  changeApiRefusals: '403',
  uiMeta: 'offered',
  stateLabels: 'ignored',
  revertedFields: [],
  rangeQueriesForbidden: [],
  closedTables: [],
  replicaLagReads: 0,
  slowFirstRequests: 3,
  slowFirstMs: 2000,
  quotaSeconds: 0,
  insertMultipleDelayMs: 50,
};

function fieldName() {
  return Type.String({ pattern: '^[a-z0-9_]+\\.[a-z0-9_]+$' });
}
