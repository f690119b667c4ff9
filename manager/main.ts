import { readFileSync } from 'node:fs';
import { openDataDirectory } from '#runtime/data-directory.ts';
import type { Logger } from '#runtime/logger.ts';
import type { Resolved } from '#runtime/options.ts';
import type { Program, Service } from '#runtime/program.ts';
import { createManager } from './app.ts';
import { managerOptions, readDefaultScope, readWebhookAllow } from './config.ts';
import { timingAt } from './core/timing.ts';
import { ensureAdminToken, findMasterKey } from './keys-at-rest.ts';
import type { Redis } from './redis/connection.ts';
import { connectRedis } from './redis/connection.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from './redis/embedded.ts';
import { inspectRedis } from './redis/safety.ts';
import { systemClock } from './system-clock.ts';

const closeWithinMs = 20_000;

export const managerProgram: Program<typeof managerOptions> = {
  name: 'manager',
  summary: 'run a manager: HTTP API, gateway for delegates, dispatcher',
  options: managerOptions,
  start: async (options, { logger }) => {
    const owned = new AsyncDisposableStack();
    try {
      return await start(options, logger, owned);
    } catch (error) {
      await owned.disposeAsync();
      throw error;
    }
  },
};

/** What is opened is deferred to the stack at once, so that it is closed in reverse order however the start ends. */
async function start(
  options: Resolved<typeof managerOptions>,
  log: Logger,
  owned: AsyncDisposableStack,
): Promise<Service> {
  const defaultScope = readDefaultScope(options);
  const webhookAllow = readWebhookAllow(options);
  owned.defer((await openDataDirectory(options.data, 'manager')).release);
  const isEmbedded = options.redisUrl === undefined;
  const masterKey = await findMasterKey({ ...options, isEmbedded });
  const embedded = isEmbedded ? await startEmbeddedRedis(options.data, log) : undefined;
  if (embedded) owned.defer(() => embedded.close());
  const url = embedded?.url ?? String(options.redisUrl);
  const redis = await connect(url, 'ticketgate', log, owned);
  const subscriber = await connect(url, 'ticketgate-notices', log, owned);
  await refuseUnsafe(redis, log);
  const manager = await createManager(
    {
      redis,
      subscriber,
      redisPrefix: options.redisPrefix,
      redisMode: isEmbedded ? 'embedded' : 'own',
      masterKey,
      allowHttp: options.allowHttp,
      instanceConcurrency: options.instanceConcurrency,
      defaultScope,
      retestEveryMs: options.retestEvery,
      webhookAllow,
      retention: { keptMs: options.retention, most: options.retentionCount },
      approvalsKeptMs: options.approvalRetention,
      auditKeptMs: options.auditRetention,
      timing: timingAt(options.heartbeat, options.settle, options.shortestPoll),
      version: readVersion(),
    },
    systemClock,
    log,
  );
  owned.defer(() => manager.close());
  const address = await manager.listen(options.host, options.port);
  // After the port is ours: a start that fails must not have made a token that nobody was told of.
  const admin = await ensureAdminToken(manager.apiTokens, options);
  log.info({ url: address, managerId: manager.managerId, embeddedRedis: isEmbedded }, 'manager is ready');
  return serviceOf(manager, embedded, owned, {
    event: 'ready',
    url: address,
    managerId: manager.managerId,
    ...(admin === undefined ? {} : { adminToken: admin.token, adminTokenFile: admin.path }),
  });
}

function serviceOf(
  manager: Awaited<ReturnType<typeof createManager>>,
  embedded: EmbeddedRedis | undefined,
  owned: AsyncDisposableStack,
  ready: { event: string } & Record<string, unknown>,
): Service {
  const closed = Promise.withResolvers<void>();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= withinTime(owned.disposeAsync()).then(closed.resolve, closed.reject);
    return closing;
  };
  return {
    ready: Promise.resolve(ready),
    ended: Promise.race([closed.promise, ...(embedded ? [embedded.died] : [])]),
    close,
    abandoned: () => ({ inFlight: manager.inFlight() }),
  };
}

/** Without Redis commands wait for ever: then closing is given up, and what it leaves is found by the next manager. */
async function withinTime(closing: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`closing was given up after ${closeWithinMs / 1_000} s: Redis does not answer`)),
    closeWithinMs,
  );
  try {
    await Promise.race([closing, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function connect(url: string, name: string, log: Logger, owned: AsyncDisposableStack): Promise<Redis> {
  const redis = await connectRedis(url, name, (error) => log.warn({ err: error }, 'redis connection error'));
  owned.defer(() => redis.disconnect());
  return redis;
}

async function refuseUnsafe(redis: Redis, log: Logger): Promise<void> {
  const { refusals, warnings } = await inspectRedis(redis);
  for (const warning of warnings) log.warn({ warning }, 'redis may lose data');
  if (refusals.length > 0) throw new Error(`this Redis cannot be used: ${refusals.join('; ')}`);
}

function readVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
