import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApprovalView } from '#protocol/approval.ts';
import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import type { ApprovalRequest } from '../../manager/core/approvals.ts';
import type { Clock } from '../../manager/core/clock.ts';
import type { Notice } from '../../manager/core/waiters.ts';
import { connectRedis, type Redis } from '../../manager/redis/connection.ts';
import { Keys } from '../../manager/redis/keys.ts';
import { ManualClock } from '../unit/delegate/manual-clock.ts';
import { startTestRedis, type TestRedis } from './manager.ts';
import { PolledInstance } from './polled-instance.ts';
import { type PollingManager, startPollingManager } from './polling-manager.ts';

/** The poll engine on a real Redis, with scripted polls and a clock that the test moves. */
export interface PollWorld extends AsyncDisposable {
  readonly clock: Clock;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly server: TestRedis;
  readonly instance: PolledInstance;
  readonly manager: PollingManager;
  startManager(): PollingManager;
  /** Starts a gate of a ticket, "approval = approved" every minute unless it is told otherwise; answers with its id. */
  start(sysId: string, change?: Partial<ApprovalRequest>): Promise<string>;
  /** Starts so many gates of as many new tickets; answers with their sys_ids. */
  startMany(count: number, change?: Partial<ApprovalRequest>): Promise<{ id: string; sysId: string }[]>;
  view(id: string): Promise<ApprovalView>;
  /** Lets time pass, and everything happen that happens in it; in steps after each of which it is waited for. */
  pass(ms: number, step?: number): Promise<void>;
  /** Lets time pass, and nothing happen in it that takes time itself. */
  leap(ms: number): void;
  /** Resolves when so much time has passed. */
  later(ms: number): Promise<void>;
  /** Until nothing happens any more unless time passes. */
  settle(): Promise<void>;
  /** The keys of poll groups that are left in Redis. */
  groupKeys(): Promise<string[]>;
}

/** Any moment with whole seconds. */
const startedAt = Date.parse('2026-03-01T10:00:00Z');
const stepMs = 250;

export async function startPollWorld(): Promise<PollWorld> {
  const owned = new AsyncDisposableStack();
  const server = owned.use(await startTestRedis());
  const redis = await connectRedis(server.url, 'test', () => {});
  owned.defer(() => redis.disconnect());
  const commands = countCommands(redis);
  const manual = new ManualClock();
  const clock: Clock = {
    now: () => startedAt - 1_000 + manual.monotonicMs(),
    setTimer: (ms, callback) => manual.setTimer(ms, callback),
  };
  const keys = new Keys('ticketgate');
  const instance = new PolledInstance(clock);
  const listeners = new Set<(notice: Notice) => void>();
  const settle = async () => {
    for (let quiet = 0; quiet < 3; ) {
      const before = commands();
      await redis.ping();
      await nextTurn();
      quiet = commands() === before + 1 ? quiet + 1 : 0;
    }
  };
  const startManager = () => {
    const manager = startPollingManager({ redis, keys, clock, instance, listeners });
    owned.defer(() => manager.close());
    return manager;
  };
  const manager = startManager();
  let tickets = 0;
  const start: PollWorld['start'] = async (sysId, change = {}) =>
    (await manager.approvals.start({ ...requestOf(sysId), ...change }, [])).spec.id;
  return {
    clock,
    redis,
    keys,
    server,
    instance,
    manager,
    startManager,
    start,
    startMany: async (count, change = {}) => {
      const sysIds = Array.from({ length: count }, () => {
        tickets += 1;
        return tickets.toString(16).padStart(32, '0');
      });
      for (const sysId of sysIds) instance.set(sysId, { approval: 'requested' });
      return Promise.all(sysIds.map(async (sysId) => ({ sysId, id: await start(sysId, change) })));
    },
    view: (id) => manager.approvals.show(id),
    pass: async (ms, step = stepMs) => {
      await settle();
      for (let left = ms; left > 0; left -= step) {
        manual.advance(Math.min(step, left));
        await settle();
      }
    },
    leap: (ms) => manual.advance(ms),
    later: (ms) => new Promise((resolve) => manual.setTimer(ms, resolve)),
    settle,
    groupKeys: async () => (await redis.keys('*')).filter((key) => key.includes(':poll-')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A group of 400 whose changes are followed, and of which no reading is due soon; what was asked so far is forgotten. */
export async function startFollowed(world: PollWorld): Promise<{ id: string; sysId: string }[]> {
  const gates = await world.startMany(400);
  await world.pass(4 * 60_000);
  world.manager.asked.splice(0);
  return gates;
}

export function failedWith(code: FailureCode): Outcome {
  const told = failure(code, `it failed: ${code}`, 'Do something.');
  return code === 'no-eligible-delegate' ? { kind: 'expired', failure: told } : { kind: 'failed', failure: told };
}

function requestOf(sysId: string): ApprovalRequest {
  const target = {
    baseUrl: 'https://example.service-now.com/',
    authentication: { kind: 'basic', username: 'u', password: { secret: 's' } },
  } as const;
  return {
    origin: { connectorId: 'con_1', target, selectors: [] },
    selectors: [],
    table: 'change_request',
    ticket: { sysId },
    approve: { field: 'approval', operator: 'equals', value: 'approved' },
    reject: undefined,
    window: undefined,
    intervalMs: 60_000,
    timeoutMs: 7 * 86_400_000,
    expectedDurationMs: undefined,
    webhook: undefined,
    workNotes: false,
    idempotencyKey: undefined,
  };
}

function countCommands(redis: Redis): () => number {
  let count = 0;
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (...args: Parameters<typeof send>) => {
    count += 1;
    return send(...args);
  };
  return () => count;
}
