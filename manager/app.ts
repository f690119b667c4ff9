import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '#runtime/logger.ts';
import { Approvals } from './core/approvals.ts';
import { Assignments } from './core/assignments.ts';
import type { Clock } from './core/clock.ts';
import { type ConnectorDocument, Connectors } from './core/connectors.ts';
import { DelegateSessions } from './core/delegate-sessions.ts';
import { Dispatcher } from './core/dispatcher.ts';
import { GatePoller } from './core/gate-poller.ts';
import { Roster } from './core/roster.ts';
import { type SecretDocument, Secrets } from './core/secrets.ts';
import { Sweeper } from './core/sweeper.ts';
import { TaskExpiry } from './core/task-expiry.ts';
import { Tasks } from './core/tasks.ts';
import type { Timing } from './core/timing.ts';
import { type TokenDocument, Tokens } from './core/tokens.ts';
import { Waiters } from './core/waiters.ts';
import { newId, sha256 } from './crypto/ids.ts';
import { isSealKey, seal } from './crypto/seal.ts';
import { tokenCrypto } from './crypto/token-crypto.ts';
import { createVault } from './crypto/vault.ts';
import { GatewaySession } from './gateway/session.ts';
import { WebSocketGateway } from './gateway/ws-socket.ts';
import { buildHttpServer } from './http/server.ts';
import { RedisApprovalStore } from './redis/approval-store.ts';
import type { Redis } from './redis/connection.ts';
import { RedisDelegateDirectory } from './redis/delegate-directory.ts';
import { RedisDocumentStore } from './redis/document-store.ts';
import { Keys } from './redis/keys.ts';
import { RedisNotices } from './redis/notices.ts';
import { BullPollSchedule } from './redis/poll-schedule.ts';
import { BullTaskQueue } from './redis/task-queue.ts';
import { RedisTaskStore } from './redis/task-store.ts';

export interface ManagerSettings {
  readonly redis: Redis;
  /** A second connection: a subscribed one can do nothing else. */
  readonly subscriber: Redis;
  readonly redisPrefix: string;
  readonly masterKey: Buffer;
  readonly allowHttp: boolean;
  readonly retentionMs: number;
  readonly timing: Timing;
  readonly version: string;
}

export interface Manager {
  readonly managerId: string;
  readonly apiTokens: Tokens;
  /** Begins to listen; answers with the address. */
  listen(host: string, port: number): Promise<string>;
  /** Rejects when something that must run has ended. */
  readonly failed: Promise<never>;
  inFlight(): number;
  close(): Promise<void>;
}

/** How often a poll group looks which of its approvals are due; no approval polls more often than every 10 s. */
const pollTickMs = 2_000;

/** Wires a manager from its parts: core gets its adapters here, and nowhere else. */
export async function createManager(settings: ManagerSettings, clock: Clock, log: Logger): Promise<Manager> {
  const { redis, timing, retentionMs } = settings;
  const managerId = newId('mgr');
  const keys = new Keys(settings.redisPrefix);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});

  const notices = new RedisNotices(redis, settings.subscriber, keys, managerId, (error) =>
    log.warn({ err: error }, 'notice could not be sent'),
  );
  const store = new RedisTaskStore(redis, keys, retentionMs);
  const approvalStore = new RedisApprovalStore(redis, keys, retentionMs);
  const directory = new RedisDelegateDirectory(redis, keys);
  const queue = new BullTaskQueue({ redis, keys, notices, managerId, clock, log });
  const schedule = new BullPollSchedule({ redis, keys, log, onTick: (groupId) => poller.pollGroup(groupId) });

  const waiters = new Waiters(notices, clock);
  const tokenDeps = { crypto: tokenCrypto, clock, newId, notices };
  const apiTokens = new Tokens({
    ...tokenDeps,
    prefix: 'tga',
    store: new RedisDocumentStore<TokenDocument>(redis, keys, 'api-tokens'),
  });
  const delegateTokens = new Tokens({
    ...tokenDeps,
    prefix: 'tgd',
    store: new RedisDocumentStore<TokenDocument>(redis, keys, 'delegate-tokens'),
  });
  const connectorStore = new RedisDocumentStore<ConnectorDocument>(redis, keys, 'connectors');
  const secrets = new Secrets({
    store: new RedisDocumentStore<SecretDocument>(redis, keys, 'secrets'),
    vault: createVault(settings.masterKey),
    seal,
    clock,
    usersOf: async (name) =>
      (await connectorStore.list())
        .filter(({ authentication }) => authentication.secret === name)
        .map((connector) => `connector "${connector.name}"`),
  });
  const { heartbeatTimeoutMs } = timing;
  const tasks = new Tasks({
    store,
    queue,
    directory,
    notices,
    waiters,
    clock,
    newId,
    hash: sha256,
    heartbeatTimeoutMs,
  });
  const approvals = new Approvals({
    store: approvalStore,
    schedule,
    notices,
    waiters,
    clock,
    newId,
    hash: sha256,
    tickMs: pollTickMs,
  });
  const poller = new GatePoller({ store: approvalStore, schedule, approvals, tasks, clock, log, tickMs: pollTickMs });
  const connectors = new Connectors({
    store: connectorStore,
    secrets,
    tasks,
    clock,
    newId,
    allowHttp: settings.allowHttp,
    usersOf: (connectorId) => approvals.usersOf(connectorId),
  });

  const roster = new Roster();
  const onSlotFreed = () => dispatcher.onSlotFreed();
  const assignments = new Assignments({ store, queue, tasks, roster, clock, log, timing, onSlotFreed });
  const dispatcher = new Dispatcher({ store, queue, tasks, secrets, roster, assignments, notices, clock, log, timing });
  const sessions = new DelegateSessions({
    tokens: delegateTokens,
    directory,
    roster,
    assignments,
    dispatcher,
    notices,
    clock,
    newId,
    isSealKey,
    log,
    managerId,
    timing,
  });
  const expiry = new TaskExpiry({ store, tasks, notices, clock, timing });
  const sweeper = new Sweeper({
    clock,
    log,
    everyMs: timing.sweepMs,
    sweeps: [() => expiry.sweep(), () => approvals.expireDue()],
  });

  const gateway = new WebSocketGateway(
    (socket, remoteAddress) => new GatewaySession(socket, { sessions, clock, log, managerId, timing, remoteAddress }),
  );
  const http = await buildHttpServer({
    secrets,
    connectors,
    delegateTokens,
    apiTokens,
    tasks,
    approvals,
    directory,
    now: () => clock.now(),
    heartbeatTimeoutMs,
    isReady: async () => redis.status === 'ready' && (await redis.ping()) === 'PONG',
    isRedisUp: () => redis.status === 'ready',
    version: settings.version,
    onError: (error, requestId) => log.error({ err: error, requestId }, 'request failed'),
  });
  (http.server as Server).on('upgrade', (request, socket, head) => gateway.onUpgrade(request, socket, head));

  let closing: Promise<void> | undefined;
  const close = async () => {
    // Callers first, then delegates, then what serves them: nothing is taken that could not be finished.
    await poller.close();
    waiters.close();
    await dispatcher.close();
    gateway.refuse();
    await sessions.close();
    await gateway.close();
    await http.close();
    await sweeper.close();
    await schedule.close();
    await queue.close();
  };
  return {
    managerId,
    apiTokens,
    failed: failed.promise,
    listen: async (host, port) => {
      await notices.start();
      queue.start();
      dispatcher.start();
      sweeper.start();
      schedule.start(failed.reject);
      await poller.resume();
      await http.listen({ host, port });
      const address = http.server.address() as AddressInfo;
      return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    },
    inFlight: () => roster.sessions().reduce((sum, session) => sum + roster.inFlight(session), 0),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
