import { type Job, Queue, type QueueBaseOptions, QueueKeys, RedisConnection, RedisQueueBackend, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Claim, TaskQueue } from '../core/task-queue.ts';
import type { Route } from '../core/task-record.ts';
import type { Notices } from '../core/waiters.ts';
import type { Keys } from './keys.ts';
import { script } from './script.ts';

interface Lane {
  readonly queue: Queue;
  readonly worker: Worker;
  readonly backend: RedisQueueBackend;
  /** When the route was last written to the list of those in use, last needed here, and last searched for jobs of the dead. */
  usedAt: number;
  touchedAt: number;
  recoveredAt: number;
}

interface Held extends Claim {
  readonly job: Job;
  readonly token: string;
}

/** How long a route without work stays listed, so that its keys do not come and go with every task. */
const routeIdleMs = 60_000;
const routeWrittenEveryMs = 20_000;
/** Nobody reads BullMQ's events; by default each queue keeps ten thousand. */
const mostEvents = 10;
const mostForgotten = 100;

/**
 * BullMQ with one queue per route and manual claims, all on one shared connection: a backend of our own making keeps
 * BullMQ from opening a blocking connection for each. It holds what waits, and nothing else. docs/decisions/0001 and 0009.
 */
export class BullTaskQueue implements TaskQueue {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #notices: Notices;
  readonly #managerId: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lockMs: number;
  readonly #connection: RedisConnection;
  readonly #lanes = new Map<string, Lane>();
  #claims = 0;

  constructor(deps: {
    redis: Redis;
    keys: Keys;
    notices: Notices;
    managerId: string;
    clock: Clock;
    log: Log;
    /** How long a claimed job is its claimer's; a claim lasts for milliseconds. */
    lockMs: number;
  }) {
    this.#redis = deps.redis;
    this.#keys = deps.keys;
    this.#notices = deps.notices;
    this.#managerId = deps.managerId;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#lockMs = deps.lockMs;
    this.#connection = new RedisConnection(deps.redis, { shared: true, blocking: false });
    // It forwards the errors of the shared connection, whose owner logs them; unheard they would end the process.
    this.#connection.on('error', () => {});
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map(closeLane));
    await this.#connection.close(true);
  }

  async enqueue(route: Route, taskId: string, attempt: number, notBefore: number): Promise<void> {
    const lane = this.#lane(route);
    const now = this.#clock.now();
    const delay = Math.max(0, notBefore - now);
    const added = lane.queue.add(route.type, {}, { jobId: nameJob(taskId, attempt), delay });
    // After the job, on one connection: a route is only forgotten while it has none.
    const listed = this.#list(route, lane, now);
    await Promise.all([added, listed]);
    // The poll would find it; this finds it when it is due.
    if (delay === 0) this.#notices.publish({ kind: 'route-has-work', route });
  }

  async claim(route: Route): Promise<Claim | undefined> {
    this.#claims += 1;
    const token = `${this.#managerId}:${this.#claims}`;
    const job = await this.#lane(route).worker.getNextJob(token, { block: false });
    if (!job?.id) return undefined;
    const held: Held = { ...readJobName(job.id), route, job, token };
    return held;
  }

  async done(claim: Claim): Promise<void> {
    await this.#release(claim, ({ job, token }) => job.moveToCompleted(null, token, false));
  }

  async putBack(claim: Claim, untilMs: number): Promise<void> {
    const at = Math.max(untilMs, this.#clock.now());
    await this.#release(claim, ({ job, token }) => job.moveToDelayed(at, token));
  }

  async discard(route: Route, taskId: string, attempt: number): Promise<void> {
    // 0 when somebody holds it: then the holder finds the outcome.
    await this.#lane(route).queue.remove(nameJob(taskId, attempt));
  }

  async busyRoutes(): Promise<Route[]> {
    const texts = await busyScript.run(this.#redis, [this.#keys.routes()], [`${this.#keys.queues()}:`]);
    return (texts as string[]).map((text) => JSON.parse(text) as Route);
  }

  async recover(route: Route): Promise<void> {
    const lane = this.#lane(route);
    const now = this.#clock.now();
    if (now - lane.recoveredAt < this.#lockMs / 2) return;
    lane.recoveredAt = now;
    await lane.backend.moveStalledJobsToWait();
  }

  async forgetIdle(): Promise<void> {
    const idleSince = this.#clock.now() - routeIdleMs;
    const use = this.#keys.routeUse();
    for (const routeId of await this.#redis.zrangebyscore(use, '-inf', idleSince, 'LIMIT', 0, mostForgotten)) {
      const prefix = `${this.#keys.queues()}:${routeId}:`;
      const keys = [this.#keys.routes(), use, ...[...workKeys, ...otherKeys].map((key) => `${prefix}${key}`)];
      await forgetScript.run(this.#redis, keys, [routeId, idleSince]);
    }
    const now = this.#clock.now();
    for (const [routeId, { touchedAt }] of this.#lanes) if (now - touchedAt > routeIdleMs) await this.#drop(routeId);
  }

  rebuild(route: Route): void {
    this.#drop(route.id).catch((error: unknown) => this.#log.warn({ err: error }, 'lane could not be closed'));
  }

  async #list(route: Route, lane: Lane, now: number): Promise<void> {
    if (now - lane.usedAt < routeWrittenEveryMs) return;
    lane.usedAt = now;
    try {
      const keys = [this.#keys.routes(), this.#keys.routeUse()];
      const meta = lane.queue.toKey('meta');
      await useScript.run(this.#redis, [...keys, meta], [route.id, JSON.stringify(route), now, mostEvents]);
    } catch (error) {
      lane.usedAt = 0;
      throw error;
    }
  }

  /** A lock that was lost is no harm: whoever claims the job finds the assignment, or the outcome, in the task's record. */
  async #release(claim: Claim, step: (held: Held) => Promise<unknown>): Promise<void> {
    try {
      await step(claim as Held);
    } catch (error) {
      this.#log.warn({ err: error, taskId: claim.taskId }, 'job was not ours any more');
    }
  }

  async #drop(routeId: string): Promise<void> {
    const lane = this.#lanes.get(routeId);
    this.#lanes.delete(routeId);
    if (lane) await closeLane(lane);
  }

  #lane(route: Route): Lane {
    const known = this.#lanes.get(route.id);
    if (known) {
      known.touchedAt = this.#clock.now();
      return known;
    }
    const base = { connection: this.#redis, prefix: this.#keys.queues() };
    const queue = new Queue(
      route.id,
      {
        ...base,
        // It would write it late, when the route may be forgotten already: #list writes what is needed.
        skipMetasUpdate: true,
        defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
      },
      this.#backend,
    );
    const workerOptions = {
      ...base,
      autorun: false,
      lockDuration: this.#lockMs,
      stalledInterval: Math.floor(this.#lockMs / 2),
      // A job never fails for being claimed again: retry is decided by the task's record.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    };
    const backend = this.#backend(route.id, workerOptions);
    const worker = new Worker(route.id, null, workerOptions, () => backend);
    const onError = (error: Error) => this.#log.warn({ err: error, routeId: route.id }, 'queue error');
    queue.on('error', onError);
    worker.on('error', onError);
    const lane = { queue, worker, backend, usedAt: 0, touchedAt: this.#clock.now(), recoveredAt: 0 };
    this.#lanes.set(route.id, lane);
    return lane;
  }

  readonly #backend = (name: string, options: QueueBaseOptions): RedisQueueBackend => {
    const keys = new QueueKeys(this.#keys.queues());
    const toKey = (type: string) => keys.toKey(name, type);
    return new RedisQueueBackend(this.#connection, name, keys.getKeys(name), toKey, options, undefined, false);
  };
}

/** An attempt has a job of its own: a left-over one of an earlier attempt must not stand in its way. */
function nameJob(taskId: string, attempt: number): string {
  return `${taskId}.${attempt}`;
}

function readJobName(name: string): { taskId: string; attempt: number } {
  const at = name.lastIndexOf('.');
  return { taskId: name.slice(0, at), attempt: Number(name.slice(at + 1)) };
}

async function closeLane({ worker, queue }: Lane): Promise<void> {
  await worker.close(true);
  await queue.close();
}

/** BullMQ's keys of a queue: those that exist while there is work, and those that stay. */
const workKeys = ['wait', 'paused', 'active', 'prioritized', 'delayed'];
const otherKeys = ['id', 'meta', 'events', 'marker', 'pc', 'stalled', 'stalled-check', 'completed', 'failed'];

const useScript = script(`
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
  redis.call('HSET', KEYS[3], 'opts.maxLenEvents', ARGV[4])
  return 1`);

/** ARGV: what the queues' keys begin with. Answers with the routes that have a job in any state. */
const busyScript = script(`
  local busy = {}
  local routes = redis.call('HGETALL', KEYS[1])
  for n = 1, #routes, 2 do
    local queue = ARGV[1] .. routes[n] .. ':'
    if redis.call('EXISTS', queue .. 'wait', queue .. 'active', queue .. 'delayed', queue .. 'prioritized') > 0 then
      busy[#busy + 1] = routes[n + 1]
    end
  end
  return busy`);

/** ARGV: route id, the time since when it must not have been used. One that holds a job counts as used now. */
const forgetScript = script(`
  local used = redis.call('ZSCORE', KEYS[2], ARGV[1])
  if used and tonumber(used) > tonumber(ARGV[2]) then return 0 end
  for n = 3, ${2 + workKeys.length} do
    if redis.call('EXISTS', KEYS[n]) == 1 then
      redis.call('ZADD', KEYS[2], ARGV[2] + ${routeIdleMs}, ARGV[1])
      return 0
    end
  end
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  for n = ${3 + workKeys.length}, #KEYS do redis.call('UNLINK', KEYS[n]) end
  return 1`);
