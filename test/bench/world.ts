import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import type { BaselineCommands, BaselineReady, BaselineSettings } from './baseline-process.ts';
import type { Bench } from './bench.ts';
import { type BenchRedis, startBenchRedis } from './bench-redis.ts';
import { type Child, startChild } from './child.ts';
import type { DelegatesCommands, JoinOptions } from './delegates-process.ts';
import type { HttpRequest } from './http-load.ts';
import type { ManagerCommands, ManagerProcessSettings, ManagerReady } from './manager-process.ts';
import { connector, readParams } from './task.ts';

export type ManagerChild = Child<ManagerCommands, ManagerReady>;

/** Managers that share a prefix in a Redis, and what their callers and delegates need to know. */
export interface Site {
  readonly manager: ManagerChild;
  readonly delegateToken: string;
  /** Another manager of the same site; on a given port, the same one started again. */
  startManager(port?: number): Promise<ManagerChild>;
  /** A submission over HTTP that is answered when the task has ended. */
  submission(): HttpRequest;
}

/** A Redis of its own, and processes that end with the world. */
export interface World extends AsyncDisposable {
  readonly redis: BenchRedis;
  /** A manager with a connector to an instance; by default one that is not there, since lean delegates do not ask. */
  startSite(prefix?: string, baseUrl?: string): Promise<Site>;
  startBaseline(): Promise<Child<BaselineCommands, BaselineReady>>;
  startFleet(): Promise<Fleet>;
  /** Any other process of the bench. */
  start<C extends { [N in keyof C]: (argument: never) => Promise<unknown> }, Ready>(
    file: string,
  ): Promise<Child<C, Ready>>;
}

/** A process full of delegates. */
export interface Fleet {
  readonly child: Child<DelegatesCommands, null>;
  join(
    site: Site,
    options: Omit<JoinOptions, 'url' | 'token'> & { at?: ManagerChild },
  ): Promise<{ welcomedInMs: number }>;
  leave(): Promise<void>;
}

export async function startWorld({ directory, profileDirectory }: Bench): Promise<World> {
  const owned = new AsyncDisposableStack();
  const redis = owned.use(await startBenchRedis());
  const start: World['start'] = async (file) => owned.use(await startChild({ file, settings: {}, directory }));
  const startManager = async (settings: ManagerProcessSettings): Promise<ManagerChild> => {
    const profiling = profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`];
    const nodeArgs = ['--expose-gc', ...profiling];
    return owned.use(await startChild({ file: 'manager-process.ts', settings, directory, nodeArgs }));
  };
  return {
    redis,
    start,
    startSite: (redisPrefix = 'ticketgate', baseUrl = connector.baseUrl) =>
      startSite(startManager, { redisUrl: redis.url, redisPrefix }, baseUrl),
    startBaseline: async () => {
      const settings: BaselineSettings = { redisUrl: redis.url };
      return owned.use(await startChild({ file: 'baseline-process.ts', settings, directory }));
    },
    startFleet: async () => {
      const child = await start<DelegatesCommands, null>('delegates-process.ts');
      return {
        child,
        join: ({ manager, delegateToken: token }, { at = manager, ...options }) =>
          child.call('join', { url: at.ready.url, token, ...options }),
        leave: () => child.call('leave', null),
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startSite(
  startManager: (settings: ManagerProcessSettings) => Promise<ManagerChild>,
  where: Pick<ManagerProcessSettings, 'redisUrl' | 'redisPrefix'>,
  baseUrl: string,
): Promise<Site> {
  const adminToken = randomBytes(32).toString('hex');
  const settings = { ...where, adminToken, masterKeyHex: randomBytes(32).toString('hex'), port: 0 };
  const manager = await startManager(settings);
  const { url } = manager.ready;
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const call = async (method: 'PUT' | 'POST', path: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await request(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} answered ${answer.statusCode}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  await call('PUT', `/secrets/${connector.authentication.password.secret}`, { value: 'integration-password' });
  await call('POST', '/connectors?skipValidation=true', { ...connector, baseUrl });
  const { token: delegateToken } = await call('POST', '/delegate-tokens', { name: 'bench' });
  const { token: pipelineToken } = await call('POST', '/api-tokens', { name: 'bench', role: 'pipeline' });
  return {
    manager,
    delegateToken: String(delegateToken),
    startManager: (port = 0) => startManager({ ...settings, port }),
    submission: () => ({
      origin: url,
      path: '/api/v1/tasks?waitMs=30000',
      headers: { authorization: `Bearer ${pipelineToken}` },
      body: JSON.stringify({ type: 'ticket.read', connector: connector.name, params: readParams }),
    }),
  };
}
