import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '#protocol/limits.ts';
import type { UsageScope } from '#protocol/scope.ts';
import type { Logger } from '#runtime/logger.ts';
import { Admission } from './core/admission.ts';
import { Approvals } from './core/approvals.ts';
import { Assigner } from './core/assigner.ts';
import { Assignments } from './core/assignments.ts';
import { AttemptEnds } from './core/attempt-ends.ts';
import { Canaries } from './core/canary.ts';
import type { Clock } from './core/clock.ts';
import { type ConnectorDocument, usesSecret } from './core/connector-record.ts';
import { Connectors } from './core/connectors.ts';
import { DelegateSessions } from './core/delegate-sessions.ts';
import { Dispatcher } from './core/dispatcher.ts';
import { DocumentCache } from './core/document-cache.ts';
import { Explainer } from './core/explainer.ts';
import { Fleet } from './core/fleet.ts';
import { GatePoller } from './core/gate-poller.ts';
import { InstanceBudget } from './core/instance-budget.ts';
import { LeaseWatch } from './core/lease-watch.ts';
import { Metadata } from './core/metadata.ts';
import { Placement } from './core/placement.ts';
import { Reachability } from './core/reachability.ts';
import { redisEmptied } from './core/refusal.ts';
import { Retests } from './core/retests.ts';
import { Roster } from './core/roster.ts';
import { type SecretDocument, Secrets } from './core/secrets.ts';
import { Sweeper } from './core/sweeper.ts';
import { TaskEnds } from './core/task-ends.ts';
import { TaskExpiry } from './core/task-expiry.ts';
import { Tasks } from './core/tasks.ts';
import type { Timing } from './core/timing.ts';
import { type TokenDocument, Tokens } from './core/tokens.ts';
import { Waiters } from './core/waiters.ts';
import { newId, sha256 } from './crypto/ids.ts';
import { createSealer, isSealKey } from './crypto/seal.ts';
import { tokenCrypto } from './crypto/token-crypto.ts';
import { createVault } from './crypto/vault.ts';
import { GatewaySession } from './gateway/session.ts';
import { WebSocketGateway } from './gateway/ws-socket.ts';
import { buildHttpServer } from './http/server.ts';
import { RedisApprovalStore } from './redis/approval-store.ts';
import type { Redis } from './redis/connection.ts';
import { RedisDelegateDirectory } from './redis/delegate-directory.ts';
import { RedisDocumentStore } from './redis/document-store.ts';
import { RedisHealth } from './redis/health.ts';
import { Keys } from './redis/keys.ts';
import { RedisLoadStore } from './redis/load-store.ts';
import { RedisNotices } from './redis/notices.ts';
import { BullPollSchedule } from './redis/poll-schedule.ts';
import { RedisReachStore } from './redis/reach-store.ts';
import { RedisRetestClaims } from './redis/retest-claims.ts';
import { SharedClock } from './redis/shared-clock.ts';
import { BullTaskQueue } from './redis/task-queue.ts';
import { type InstancePlaces, RedisTaskStore, type Retention } from './redis/task-store.ts';

export interface ManagerSettings {
  readonly redis: Redis;
  /** A second connection: a subscribed one can do nothing else. */
  readonly subscriber: Redis;
  readonly redisPrefix: string;
  readonly masterKey: Buffer;
  readonly allowHttp: boolean;
  /** How many tasks may be under way at one instance at once, over all delegates; 0: no limit. */
  readonly instanceConcurrency: number;
  /** The scope of a secret that is stored without one. */
  readonly defaultScope: UsageScope;
  /** Undefined: connectors are tested only when somebody asks. */
  readonly retestEveryMs: number | undefined;
  readonly retention: Retention;
  readonly timing: Timing;
  readonly version: string;
}

export interface Manager {
  readonly managerId: string;
  readonly apiTokens: Tokens;
  readonly tasks: Tasks;
  readonly connectors: Connectors;
  /** Begins to listen; answers with the address. */
  listen(host: string, port: number): Promise<string>;
  /** Rejects when something that must run has ended. */
  readonly failed: Promise<never>;
  inFlight(): number;
  close(): Promise<void>;
}

/** How often a poll group looks which of its approvals are due; no approval polls more often than every 10 s. */
const pollTickMs = 2_000;

/** Delegates dial again within this, spread so that a manager that comes back takes them one by one. */
const redialEachMs = 15;
const redialLeastMs = 1_500;

/** Wires a manager from its parts: core gets its adapters here, and nowhere else. */
export async function createManager(settings: ManagerSettings, ownClock: Clock, log: Logger): Promise<Manager> {
  const { redis, subscriber, timing, retention } = settings;
  const managerId = newId('mgr');
  const clock = new SharedClock(ownClock);
  const keys = new Keys(settings.redisPrefix);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});

  const notices = new RedisNotices(redis, subscriber, keys, managerId, (error) =>
    log.warn({ err: error }, 'notice could not be sent'),
  );
  const waiters = new Waiters(notices, clock);
  const health = new RedisHealth({
    redis,
    subscriber,
    keys,
    clock,
    newId,
    log,
    onEmptied: () => waiters.failAll(redisEmptied()),
    onBack: () => dispatcher.onSlotFreed(),
  });
  const places = placesOf(settings.instanceConcurrency);
  const store = new RedisTaskStore(redis, keys, retention, timing.settleMs, places);
  const approvalStore = new RedisApprovalStore(redis, keys, retention.keptMs);
  const directory = new RedisDelegateDirectory(redis, keys);
  const queue = new BullTaskQueue({ redis, keys, notices, managerId, clock, log, lockMs: timing.lockMs });
  const schedule = new BullPollSchedule({ redis, keys, log, onTick: (groupId) => poller.pollGroup(groupId) });

  const documents = <T extends { id: string; name: string }>(kind: string) =>
    new DocumentCache<T>({ store: new RedisDocumentStore<T>(redis, keys, kind), kind, notices, clock });
  const tokenDeps = { crypto: tokenCrypto, clock, newId, notices };
  const apiTokens = new Tokens({ ...tokenDeps, prefix: 'tga', store: documents<TokenDocument>('api-tokens') });
  const delegateTokens = new Tokens({
    ...tokenDeps,
    prefix: 'tgd',
    store: documents<TokenDocument>('delegate-tokens'),
  });
  const connectorStore = documents<ConnectorDocument>('connectors');
  const secrets = new Secrets({
    store: documents<SecretDocument>('secrets'),
    vault: createVault(settings.masterKey),
    clock,
    defaultScope: settings.defaultScope,
    connectors: connectorStore,
    waitersOn: (name) => approvals.usersOf(({ target }) => usesSecret(target, name)),
  });

  const onSlotFreed = () => dispatcher.onSlotFreed();
  const roster = new Roster();
  const reach = new Reachability({
    store: new RedisReachStore(redis, keys),
    notices,
    clock,
    newId,
    log,
    timing,
    onChange: onSlotFreed,
  });
  const fleet = new Fleet({ directory, roster, reach, health, notices, clock, log, timing });
  const budget = new InstanceBudget({
    store: new RedisLoadStore(redis, keys),
    notices,
    clock,
    log,
    onFreed: onSlotFreed,
  });
  const explainer = new Explainer({ fleet, budget, clock, timing });
  const ends = new TaskEnds({ store, queue, explainer, notices, waiters, clock });
  const attemptEnds = new AttemptEnds({ store, queue, ends, clock, log });
  const assignments = new Assignments({
    ...{ store, attemptEnds, reach, budget, roster, health, clock, log, timing, onSlotFreed },
  });
  const placement = new Placement({ roster, fleet, reach, clock, timing, managerId });
  const assigner = new Assigner({ secrets, clock, timing });
  const dispatcher = new Dispatcher({
    store,
    queue,
    ends,
    placement,
    budget,
    assigner,
    assignments,
    notices,
    clock,
    log,
    timing,
  });
  const tasks = new Tasks({ store, dispatcher, ends, notices, waiters, clock, newId, hash: sha256 });
  const canaries = new Canaries({
    ...{ tasks, dispatcher, roster, health, clock, log, timing, managerId },
    onOnline: (session) => sessions.cameOnline(session),
  });
  const admission = new Admission({
    tokens: delegateTokens,
    ...{ directory, fleet, health, clock, newId, isSealKey, log, managerId, timing },
  });
  const sessions = new DelegateSessions({
    tokens: delegateTokens,
    ...{ directory, roster, placement, reach, canaries, assignments, dispatcher, notices },
    ...{ health, clock, log, timing },
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
  const poller = new GatePoller({
    ...{ store: approvalStore, schedule, approvals, tasks, budget, clock, log },
    tickMs: pollTickMs,
  });
  const connectors = new Connectors({
    store: connectorStore,
    secrets,
    tasks,
    clock,
    newId,
    allowHttp: settings.allowHttp,
    usersOf: (connectorId) => approvals.usersOf((origin) => origin.connectorId === connectorId),
  });
  const metadata = new Metadata({ connectors, tasks, clock });
  const leases = new LeaseWatch({ store, attemptEnds, clock, timing });
  const expiry = new TaskExpiry({ store, queue, ends, clock });
  const sweeper = new Sweeper({
    clock,
    log,
    everyMs: timing.sweepMs,
    isDue: () => health.state() === 'up',
    sweeps: [() => leases.sweep(), () => expiry.sweep(), () => approvals.expireDue(), () => store.trim(clock.now())],
  });

  const retests = new Retests({
    ...{ connectors, budget, clock, log, everyMs: settings.retestEveryMs },
    claims: new RedisRetestClaims(redis, keys),
    isDue: () => health.state() === 'up',
  });

  const redialMaxMs = () =>
    Math.min(limits.redialMaxMs, Math.max(redialLeastMs, redialEachMs * Math.max(roster.size, fleet.size)));
  const gateway = new WebSocketGateway(
    (socket, remoteAddress) =>
      new GatewaySession(socket, {
        ...{ admission, sessions, createSealer, redialMaxMs },
        ...{ clock, log, managerId, timing, remoteAddress },
      }),
  );
  const http = await buildHttpServer({
    ...{ secrets, connectors, delegateTokens, apiTokens, tasks, approvals, directory, fleet, explainer, health },
    metadata,
    version: settings.version,
    onError: (error, requestId) => log.error({ err: error, requestId }, 'request failed'),
  });
  (http.server as Server).on('upgrade', (request, socket, head) => gateway.onUpgrade(request, socket, head));

  let closing: Promise<void> | undefined;
  const close = async () => {
    // Callers first, then delegates, then what serves them: nothing is taken that could not be finished.
    await poller.close();
    waiters.close();
    await retests.close();
    await dispatcher.close();
    gateway.refuse();
    canaries.close();
    await sessions.close();
    await gateway.close();
    await http.close();
    reach.close();
    budget.close();
    fleet.close();
    health.close();
    await sweeper.close();
    await schedule.close();
    await queue.close();
  };
  return {
    managerId,
    apiTokens,
    tasks,
    connectors,
    failed: failed.promise,
    listen: async (host, port) => {
      await health.start();
      await notices.start();
      await fleet.start();
      dispatcher.start();
      sweeper.start();
      retests.start();
      schedule.start(failed.reject);
      await poller.resume();
      await http.listen({ host, port });
      const address = http.server.address() as AddressInfo;
      return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
    },
    inFlight: () => [...roster.members()].reduce((sum, { inFlight }) => sum + inFlight.size, 0),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** The polls of gates leave a quarter of the places to what people and pipelines wait for. */
function placesOf(all: number): InstancePlaces {
  return { all, background: all === 0 ? 0 : Math.max(1, all - Math.ceil(all / 4)) };
}
