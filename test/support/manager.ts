import { randomBytes } from 'node:crypto';
import { everywhere, type UsageScope } from '#protocol/scope.ts';
import { createManager } from '../../manager/app.ts';
import { defaultTiming, type Timing } from '../../manager/core/timing.ts';
import { connectRedis } from '../../manager/redis/connection.ts';
import { startEmbeddedRedis } from '../../manager/redis/embedded.ts';
import { systemClock } from '../../manager/system-clock.ts';
import type { Allowed } from '../../manager/webhooks/address-guard.ts';
import { temporaryDirectory } from './directory.ts';
import { capturingLogger } from './log.ts';

/** Fast, but with the same order among the intervals as in production. */
export const fastTiming: Timing = {
  ...defaultTiming,
  helloTimeoutMs: 2_000,
  acceptTimeoutMs: 1_000,
  heartbeatMs: 100,
  heartbeatTimeoutMs: 1_000,
  leaseMs: 1_300,
  leaseMarginMs: 100,
  settleMs: 700,
  canaryMs: 300,
  onlineMs: 1_500,
  lockMs: 500,
  pollMs: 200,
  sweepMs: 100,
};

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  readonly dir: string;
}

/** A real redis-server of the test's own. */
export async function startTestRedis(): Promise<TestRedis> {
  const dir = await temporaryDirectory();
  const redis = await startEmbeddedRedis(dir.path, capturingLogger().logger);
  return {
    url: redis.url,
    dir: dir.path,
    [Symbol.asyncDispose]: async () => {
      await redis.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

export interface TestManager extends AsyncDisposable {
  readonly url: string;
  readonly adminToken: string;
  log(): string;
  /** Calls the API as an administrator; another token, or none, may be given. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  /** Makes a delegate token. */
  delegateToken(name?: string, expires?: string): Promise<string>;
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, in place of JSON. */
  readonly raw?: string;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

/** A manager in this process, on a Redis of its own unless one is given, listening on a free port. */
export async function startTestManager(
  settings: {
    redis?: TestRedis;
    /** A free one unless given. */
    port?: number;
    timing?: Partial<Timing>;
    instanceConcurrency?: number;
    defaultScope?: UsageScope;
    retestEveryMs?: number;
    webhookAllow?: readonly Allowed[];
  } = {},
): Promise<TestManager> {
  const owned = new AsyncDisposableStack();
  const redisServer = settings.redis ?? owned.use(await startTestRedis());
  const { logger, text } = capturingLogger();
  const redis = await connectRedis(redisServer.url, 'test', () => {});
  const subscriber = await connectRedis(redisServer.url, 'test-notices', () => {});
  owned.defer(() => redis.disconnect());
  owned.defer(() => subscriber.disconnect());
  const manager = await createManager(
    {
      redis,
      subscriber,
      redisPrefix: 'ticketgate',
      redisMode: 'embedded',
      masterKey: masterKeyOfTests,
      allowHttp: true,
      instanceConcurrency: settings.instanceConcurrency ?? 0,
      defaultScope: settings.defaultScope ?? everywhere,
      retestEveryMs: settings.retestEveryMs,
      webhookAllow: settings.webhookAllow ?? [],
      retention: { keptMs: 3_600_000, most: 10_000 },
      approvalsKeptMs: 3_600_000,
      auditKeptMs: 86_400_000,
      timing: { ...fastTiming, ...settings.timing },
      version: 'test',
    },
    systemClock,
    logger,
  );
  owned.defer(() => manager.close());
  const adminToken = 'admin-token-of-the-tests';
  await manager.apiTokens.adopt(adminToken, 'admin', 'admin');
  const url = await manager.listen('127.0.0.1', settings.port ?? 0);
  const call: TestManager['call'] = async (method, path, body, options = {}) => {
    const token = 'token' in options ? options.token : adminToken;
    const content = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(content === undefined ? {} : { body: content }),
    });
    const answer = await response.text();
    return { status: response.status, body: answer === '' ? undefined : JSON.parse(answer) };
  };
  return {
    url,
    adminToken,
    log: text,
    call,
    delegateToken: async (name = 'test', expires) =>
      (await call('POST', '/delegate-tokens', { name, ...(expires === undefined ? {} : { expires }) })).body.token,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const masterKeyOfTests = randomBytes(32);
