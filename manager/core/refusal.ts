import type { Fault } from '#protocol/validation.ts';
import type { RefusedWrite } from './store-health.ts';

/** Why the manager does not do what a caller asked: each kind is one HTTP status and one CLI exit code. */
export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'failed'
  | 'unavailable';

/** Every refusal's stable code with its kind. docs/errors.md lists them; a test compares. */
export const refusalKinds = {
  'invalid-request': 'invalid',
  'token-missing': 'unauthenticated',
  'token-unknown': 'unauthenticated',
  'token-expired': 'unauthenticated',
  'token-revoked': 'unauthenticated',
  'role-insufficient': 'forbidden',
  'cross-site-request': 'forbidden',
  'scope-refused': 'forbidden',
  'scope-too-wide': 'invalid',
  'route-unknown': 'not-found',
  'secret-not-found': 'not-found',
  'secret-in-use': 'conflict',
  'secret-name-taken': 'conflict',
  'connector-not-found': 'not-found',
  'connector-name-taken': 'conflict',
  'connector-changed': 'conflict',
  'connector-in-use': 'conflict',
  'connector-test-failed': 'failed',
  'connector-scopes-apart': 'conflict',
  'metadata-unreadable': 'failed',
  'base-url-insecure': 'invalid',
  'token-not-found': 'not-found',
  'token-name-taken': 'conflict',
  'task-not-found': 'not-found',
  'task-ended': 'conflict',
  'approval-not-found': 'not-found',
  'approval-ended': 'conflict',
  'approval-waiting': 'conflict',
  'webhook-refused': 'invalid',
  'delivery-not-found': 'not-found',
  'delivery-made': 'conflict',
  'too-many-streams': 'unavailable',
  'criteria-invalid': 'invalid',
  'delegate-not-found': 'not-found',
  'delegate-offline': 'conflict',
  'delegate-approval-not-needed': 'conflict',
  'idempotency-key-reused': 'conflict',
  'redis-unavailable': 'unavailable',
  'redis-refuses-writes': 'unavailable',
  'redis-emptied': 'unavailable',
  'manager-closing': 'unavailable',
} as const satisfies Record<string, RefusalKind>;

export type RefusalCode = keyof typeof refusalKinds;

/** Thrown by core when a caller's request cannot be done; adapters turn it into a problem document. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly remedy: string;
  readonly faults: readonly Fault[];
  /** What goes with it, such as the task whose failure is the reason. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    code: RefusalCode,
    detail: string,
    remedy: string,
    more: { faults?: readonly Fault[]; extra?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(detail);
    this.code = code;
    this.remedy = remedy;
    this.faults = more.faults ?? [];
    this.extra = more.extra ?? {};
  }
}

export function redisUnavailable(): Refusal {
  return new Refusal(
    'redis-unavailable',
    'the manager has no connection to Redis at this moment',
    'Send the request again in some seconds, a submission with the same idempotency key; if it stays so, look at Redis and at --redis-url.',
  );
}

const refusedWrites: Readonly<Record<RefusedWrite, readonly [because: string, remedy: string]>> = {
  'memory-full': ['its memory is full', 'Give Redis more memory (maxmemory).'],
  replica: ['it is a replica', 'Give --redis-url the address of the primary; after a failover restart the managers.'],
  'disk-failing': ['it cannot save to its disk', "Look at Redis's log, and at the space on its disk."],
  'replicas-missing': ['too few of its replicas are connected', 'Bring its replicas back (min-replicas-to-write).'],
};

export function redisRefusesWrites(reason: RefusedWrite): Refusal {
  const [because, remedy] = refusedWrites[reason];
  return new Refusal(
    'redis-refuses-writes',
    `Redis answers, but does not take what is to be written: ${because}`,
    `${remedy} Then send the request again, a submission with the same idempotency key.`,
  );
}

/** Redis came back without what was in it: nothing that was accepted is known any more. */
export function redisEmptied(): Refusal {
  return new Refusal(
    'redis-emptied',
    'Redis has lost everything that was in it: tasks, approvals, connectors, secrets and tokens',
    'Restore Redis from its files or a backup, then restart the managers; or restart them to begin with nothing. Look at ServiceNow for what had been done.',
  );
}
