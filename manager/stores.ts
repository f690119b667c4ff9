import type { Logger } from '#runtime/logger.ts';
import type { Clock } from './core/clock.ts';
import type { ConnectorDocument } from './core/connector-record.ts';
import type { ApprovalDocument } from './core/delegate-approvals.ts';
import { DocumentCache } from './core/document-cache.ts';
import type { SecretDocument } from './core/secrets.ts';
import { TaskChanges } from './core/task-changes.ts';
import type { Timing } from './core/timing.ts';
import type { TokenDocument } from './core/tokens.ts';
import { RedisApprovalStore } from './redis/approval-store.ts';
import { RedisAuditStore } from './redis/audit-store.ts';
import type { Redis } from './redis/connection.ts';
import { RedisDelegateDirectory } from './redis/delegate-directory.ts';
import { RedisDeliveryStore } from './redis/delivery-store.ts';
import { RedisDocumentStore } from './redis/document-store.ts';
import { Keys } from './redis/keys.ts';
import { RedisLoadStore } from './redis/load-store.ts';
import { RedisNotices } from './redis/notices.ts';
import { RedisPollGroups } from './redis/poll-group-store.ts';
import { RedisProgressStore } from './redis/progress-store.ts';
import { RedisReachStore } from './redis/reach-store.ts';
import { RedisRetestClaims } from './redis/retest-claims.ts';
import { BullTaskQueue } from './redis/task-queue.ts';
import { type InstancePlaces, RedisTaskStore, type Retention } from './redis/task-store.ts';

export interface StoreSettings {
  readonly redis: Redis;
  /** A second connection: a subscribed one can do nothing else. */
  readonly subscriber: Redis;
  readonly redisPrefix: string;
  /** How many tasks may be under way at one instance at once, over all delegates; 0: no limit. */
  readonly instanceConcurrency: number;
  readonly retention: Retention;
  readonly approvalsKeptMs: number;
  readonly auditKeptMs: number;
  readonly timing: Timing;
}

/** Some 300 bytes each. */
const mostAuditEntries = 5_000_000;

export type Stores = ReturnType<typeof openStores>;

/** Everything that managers share, in one Redis. */
export function openStores(settings: StoreSettings, managerId: string, clock: Clock, log: Logger) {
  const { redis, subscriber, redisPrefix, instanceConcurrency, retention, approvalsKeptMs, timing } = settings;
  const auditRetention = { keptMs: settings.auditKeptMs, most: mostAuditEntries };
  const keys = new Keys(redisPrefix);
  const notices = new RedisNotices(redis, subscriber, keys, managerId, (error) =>
    log.warn({ err: error }, 'notice could not be sent'),
  );
  const taskChanges = new TaskChanges({ notices, clock });
  const documents = <T extends { id: string; name: string }>(kind: string) =>
    new DocumentCache<T>({ store: new RedisDocumentStore<T>(redis, keys, kind), kind, notices, clock });
  return {
    keys,
    notices,
    taskChanges,
    tasks: new RedisTaskStore(redis, keys, retention, timing.settleMs, placesOf(instanceConcurrency), (spec) =>
      taskChanges.note(spec),
    ),
    queue: new BullTaskQueue({ redis, keys, notices, managerId, clock, log, lockMs: timing.lockMs }),
    audit: new RedisAuditStore(redis, keys, auditRetention),
    progress: new RedisProgressStore(redis, keys),
    approvals: new RedisApprovalStore(redis, keys, approvalsKeptMs),
    pollGroups: new RedisPollGroups(redis, keys),
    deliveries: new RedisDeliveryStore(redis, keys),
    directory: new RedisDelegateDirectory(redis, keys),
    reach: new RedisReachStore(redis, keys),
    loads: new RedisLoadStore(redis, keys),
    retestClaims: new RedisRetestClaims(redis, keys),
    secrets: documents<SecretDocument>('secrets'),
    connectors: documents<ConnectorDocument>('connectors'),
    apiTokens: documents<TokenDocument>('api-tokens'),
    delegateTokens: documents<TokenDocument>('delegate-tokens'),
    delegateApprovals: documents<ApprovalDocument>('delegate-approvals'),
  };
}

/** The polls of gates leave a quarter of the places to what people and pipelines wait for. */
function placesOf(all: number): InstancePlaces {
  return { all, background: all === 0 ? 0 : Math.max(1, all - Math.ceil(all / 4)) };
}
