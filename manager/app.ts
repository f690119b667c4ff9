import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { limits } from '#protocol/limits.ts';
import type { UsageScope } from '#protocol/scope.ts';
import type { Logger } from '#runtime/logger.ts';
import { Approvals } from './core/approvals.ts';
import { Audit } from './core/audit.ts';
import type { Clock } from './core/clock.ts';
import { usesSecret } from './core/connector-record.ts';
import { Connectors } from './core/connectors.ts';
import { DeadEnds } from './core/dead-ends.ts';
import { readHistory } from './core/delegate-history.ts';
import { Deliveries, tryTimeoutMs } from './core/deliveries.ts';
import { Drains } from './core/drains.ts';
import { GateChecks } from './core/gate-checks.ts';
import { GatePoller } from './core/gate-poller.ts';
import { GateReadings } from './core/gate-readings.ts';
import { Metadata } from './core/metadata.ts';
import { redisEmptied } from './core/refusal.ts';
import { Retests } from './core/retests.ts';
import { SecretUses } from './core/secret-uses.ts';
import { Secrets } from './core/secrets.ts';
import { Sweeper } from './core/sweeper.ts';
import type { Tasks } from './core/tasks.ts';
import { Tokens } from './core/tokens.ts';
import { Waiters } from './core/waiters.ts';
import { WebhookChecks } from './core/webhook-checks.ts';
import { newId, sha256 } from './crypto/ids.ts';
import { createSealer } from './crypto/seal.ts';
import { tokenCrypto } from './crypto/token-crypto.ts';
import { createVault } from './crypto/vault.ts';
import { createDispatch } from './dispatch.ts';
import { createFeeds } from './feeds.ts';
import { GatewaySession } from './gateway/session.ts';
import { WebSocketGateway } from './gateway/ws-socket.ts';
import { buildHttpServer } from './http/server.ts';
import { RedisHealth } from './redis/health.ts';
import { SharedClock } from './redis/shared-clock.ts';
import { openStores } from './stores.ts';
import { createSystem, type SystemSettings } from './system.ts';
import { AddressGuard, type Allowed } from './webhooks/address-guard.ts';
import { signer } from './webhooks/signature.ts';
import { WebhookClient } from './webhooks/webhook-client.ts';

export interface ManagerSettings extends SystemSettings {
  readonly masterKey: Buffer;
  readonly allowHttp: boolean;
  /** The scope of a secret that is stored without one. */
  readonly defaultScope: UsageScope;
  /** Undefined: connectors are tested only when somebody asks. */
  readonly retestEveryMs: number | undefined;
  /** What webhooks may reach besides public addresses. */
  readonly webhookAllow: readonly Allowed[];
}

export interface Manager {
  readonly managerId: string;
  readonly apiTokens: Tokens;
  readonly tasks: Tasks;
  readonly connectors: Connectors;
  /** Begins to listen; answers with the address. */
  listen(host: string, port: number): Promise<string>;
  inFlight(): number;
  close(): Promise<void>;
}

/** Delegates dial again within this, spread so that a manager that comes back takes them one by one. */
const redialEachMs = 15;
const redialLeastMs = 1_500;

/** Wires a manager from its parts: core gets its adapters here and in `createDispatch`, and nowhere else. */
export async function createManager(settings: ManagerSettings, ownClock: Clock, log: Logger): Promise<Manager> {
  const { redis, subscriber, timing } = settings;
  const managerId = newId('mgr');
  const clock = new SharedClock(ownClock);
  const stores = openStores(settings, managerId, clock, log);
  const { notices, keys } = stores;

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
  const tokenDeps = { crypto: tokenCrypto, clock, newId, notices };
  const apiTokens = new Tokens({ ...tokenDeps, prefix: 'tga', store: stores.apiTokens });
  const delegateTokens = new Tokens({ ...tokenDeps, prefix: 'tgd', store: stores.delegateTokens });
  const audit = new Audit(stores.audit, clock);
  const isDue = () => health.state() === 'up';
  const secretUses = new SecretUses({ audit, clock, log, isDue });
  const secrets = new Secrets({
    uses: secretUses,
    store: stores.secrets,
    vault: createVault(settings.masterKey),
    clock,
    defaultScope: settings.defaultScope,
    connectors: stores.connectors,
    waitersOn: async (name): Promise<string[]> => [
      ...(await approvals.usersOf(
        ({ origin, webhook }) => usesSecret(origin.target, name) || webhook?.secret === name,
      )),
      ...(await deliveries.usersOf(name)),
    ],
  });

  const dispatch = createDispatch({
    stores,
    health,
    waiters,
    secrets,
    delegateTokens,
    clock,
    log,
    timing,
    managerId,
  });
  const { roster, fleet, budget, explainer, dispatcher, tasks, canaries, admission, sessions } = dispatch;
  const { heart, system } = createSystem({ settings, stores, roster, isDue, clock, log, managerId });

  const approvals = new Approvals({
    store: stores.approvals,
    groups: stores.pollGroups,
    notices,
    waiters,
    clock,
    newId,
    hash: sha256,
  });
  const deadEnds = new DeadEnds({ tasks, clock, log });
  const poller = new GatePoller({
    store: stores.approvals,
    groups: stores.pollGroups,
    readings: new GateReadings({ store: stores.approvals, approvals, deadEnds, notices, clock, log }),
    tasks,
    budget,
    notices,
    clock,
    log,
    managerId,
    timing,
    isDue,
  });
  const target = new WebhookClient({
    guard: new AddressGuard(settings.webhookAllow),
    clock,
    timeoutMs: tryTimeoutMs,
  });
  const deliveries = new Deliveries({
    approvals: stores.approvals,
    store: stores.deliveries,
    target,
    signer,
    secrets,
    tasks,
    notices,
    clock,
    chance: Math.random,
    log,
    isDue,
    version: settings.version,
  });
  const feeds = createFeeds({ approvals, tasks, notices, waiters, clock });
  const connectors = new Connectors({
    store: stores.connectors,
    secrets,
    tasks,
    clock,
    newId,
    log,
    allowHttp: settings.allowHttp,
    usersOf: (connectorId) => approvals.usersOf(({ origin }) => origin.connectorId === connectorId),
  });
  const metadata = new Metadata({ connectors, tasks, clock });
  const sweeper = new Sweeper({
    clock,
    log,
    everyMs: timing.sweepMs,
    isDue,
    sweeps: [
      () => dispatch.leases.sweep(),
      () => dispatch.expiry.sweep(),
      () => approvals.expireDue(),
      () => stores.tasks.trim(clock.now()),
    ],
  });

  const retests = new Retests({
    connectors,
    claims: stores.retestClaims,
    budget,
    clock,
    log,
    everyMs: settings.retestEveryMs,
    isDue,
  });

  const redialMaxMs = () =>
    Math.min(limits.redialMaxMs, Math.max(redialLeastMs, redialEachMs * Math.max(roster.size, fleet.size)));
  const gateway = new WebSocketGateway(
    (socket, remoteAddress) =>
      new GatewaySession(socket, {
        admission,
        sessions,
        createSealer,
        redialMaxMs,
        clock,
        log,
        managerId,
        timing,
        remoteAddress,
      }),
  );
  const http = await buildHttpServer({
    audit,
    secrets,
    connectors,
    delegateTokens,
    apiTokens,
    tasks,
    approvals,
    gateChecks: new GateChecks({ metadata, clock }),
    shortestPollMs: timing.shortestPollMs,
    approvalFeed: feeds.approvalFeed,
    taskFeed: feeds.taskFeed,
    changes: feeds.changes,
    deliveries,
    webhookChecks: new WebhookChecks({ secrets, target, signer }),
    directory: stores.directory,
    fleet,
    drains: new Drains({ directory: stores.directory, fleet, notices, clock }),
    delegateApprovals: dispatch.approvals,
    historyOf: (delegateId) => readHistory(delegateId, { connectors: stores.connectors, reach: dispatch.reach }),
    explainer,
    system,
    health,
    metadata,
    version: settings.version,
    consoleDirectory: fileURLToPath(new URL('./console/dist', import.meta.url)),
    onError: (error, requestId) => log.error({ err: error, requestId }, 'request failed'),
  });
  (http.server as Server).on('upgrade', (request, socket, head) => gateway.onUpgrade(request, socket, head));

  let closing: Promise<void> | undefined;
  const close = async () => {
    // Callers first, then delegates, then what serves them: nothing is taken that could not be finished.
    await poller.close();
    await deadEnds.close();
    await feeds.close();
    waiters.close();
    await deliveries.close();
    await retests.close();
    await connectors.close();
    await dispatcher.close();
    gateway.refuse();
    canaries.close();
    await sessions.close();
    await gateway.close();
    await http.close();
    await secretUses.close();
    await heart.close();
    dispatch.reach.close();
    budget.close();
    fleet.close();
    health.close();
    await sweeper.close();
    stores.taskChanges.close();
    await stores.queue.close();
  };
  return {
    managerId,
    apiTokens,
    tasks,
    connectors,
    listen: async (host, port) => {
      await health.start();
      await notices.start();
      await fleet.start();
      heart.start();
      dispatcher.start();
      sweeper.start();
      retests.start();
      poller.start();
      deliveries.start();
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
