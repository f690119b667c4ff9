import { everywhere } from '#protocol/scope.ts';
import { createLogger } from '#runtime/logger.ts';
import { createManager } from '../../manager/app.ts';
import type { Caller } from '../../manager/core/caller.ts';
import type { Submission } from '../../manager/core/tasks.ts';
import { defaultTiming } from '../../manager/core/timing.ts';
import { connectRedis } from '../../manager/redis/connection.ts';
import { systemClock } from '../../manager/system-clock.ts';
import { type LoopResult, runCount, runFor } from './closed-loop.ts';
import { readSettings, serveCommands } from './commands.ts';
import { connector, heldParams, keptTasks, readParams, selectorOf } from './task.ts';

/** A manager as `ticketgate manager` runs it, with submitters inside the process: nothing of HTTP is in what they measure. */

export interface ManagerProcessSettings {
  readonly redisUrl: string;
  readonly redisPrefix: string;
  readonly masterKeyHex: string;
  readonly adminToken: string;
  readonly port: number;
}

export interface ManagerReady {
  readonly url: string;
  /** When it began to listen, by the wall clock. */
  readonly listeningAt: number;
}

export interface ManagerCommands {
  /** Submits tasks and waits for their ends, `width` at a time. With routes, each task is of the next one. */
  load(options: { durationMs: number; width: number; routes?: number }): Promise<LoopResult>;
  loadOneByOne(options: { count: number }): Promise<LoopResult>;
  /** Submits tasks that wait for a delegate that there is not. */
  submitUntakeable(options: { count: number; selector: string }): Promise<void>;
  /** Bytes of its heap that are in use after a garbage collection. */
  measureLiveHeap(argument: null): Promise<number>;
  /** Submits tasks that delegates keep until they are told to let go. */
  submitHeld(options: { count: number }): Promise<void>;
}

const longMs = 3_600_000;
const submittedAtOnce = 256;

const settings = readSettings<ManagerProcessSettings>();
const log = createLogger('info', { program: 'manager' });
const warn = (error: Error) => log.warn({ err: error }, 'redis connection error');
const redis = await connectRedis(settings.redisUrl, 'ticketgate', warn);
const subscriber = await connectRedis(settings.redisUrl, 'ticketgate-notices', warn);
const manager = await createManager(
  {
    redis,
    subscriber,
    redisPrefix: settings.redisPrefix,
    redisMode: 'own',
    masterKey: Buffer.from(settings.masterKeyHex, 'hex'),
    allowHttp: true,
    // What is measured is dispatch, not what one instance bears.
    instanceConcurrency: 0,
    defaultScope: everywhere,
    retestEveryMs: undefined,
    webhookAllow: [],
    // Ended tasks go while it measures, as they do at any manager that has run for long.
    retention: { keptMs: 7 * 86_400_000, most: keptTasks },
    approvalsKeptMs: 7 * 86_400_000,
    auditKeptMs: 86_400_000,
    timing: defaultTiming,
    version: 'bench',
  },
  systemClock,
  log,
);
await manager.apiTokens.adopt(settings.adminToken, 'admin', 'admin');
const url = await manager.listen('127.0.0.1', settings.port);

const caller: Caller = { name: 'bench', role: 'admin', scope: everywhere };

async function describe(change: Partial<Submission> = {}): Promise<Submission> {
  const origin = await manager.connectors.originFor(caller, connector.name);
  return { type: 'ticket.read', params: readParams, origin, selectors: [], limits: {}, ...change };
}

async function run(submission: Submission): Promise<void> {
  const { outcome } = await manager.tasks.run(submission, new AbortController().signal);
  if (outcome.kind !== 'succeeded') throw new Error(`a task ended otherwise: ${JSON.stringify(outcome)}`);
}

serveCommands<ManagerCommands>(
  {
    load: async ({ durationMs, width, routes = 0 }) => {
      const plain = await describe();
      if (routes === 0) return runFor(durationMs, width, () => run(plain));
      const ofRoutes = Array.from({ length: routes }, (_, n) => ({ ...plain, selectors: [selectorOf(n)] }));
      return runFor(durationMs, width, (n) => run(ofRoutes[n % routes] ?? plain));
    },
    loadOneByOne: async ({ count }) => {
      const submission = await describe();
      return runCount(count, 1, () => run(submission));
    },
    submitUntakeable: async ({ count, selector }) => {
      const submission = await describe({ selectors: [selector], limits: { pickUpMs: longMs, deadlineMs: longMs } });
      await runCount(count, submittedAtOnce, () => manager.tasks.submit(submission));
    },
    measureLiveHeap: async () => {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed;
    },
    submitHeld: async ({ count }) => {
      const submission = await describe({ params: heldParams, limits: { runMs: longMs, deadlineMs: longMs } });
      await runCount(count, submittedAtOnce, () => manager.tasks.submit(submission));
    },
  },
  { url, listeningAt: Date.now() } satisfies ManagerReady,
  async () => {
    await manager.close();
    redis.disconnect();
    subscriber.disconnect();
  },
);
