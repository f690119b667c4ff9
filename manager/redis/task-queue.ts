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
  watched: boolean;
}

interface Held extends Claim {
  readonly job: Job;
  readonly token: string;
}

/** How long a job stays its holder's without renewal, and how often that is renewed and looked after. */
const lockMs = 20_000;
const renewMs = 5_000;
const stalledCheckMs = 5_000;
const renewChunk = 500;
/** Longer than any task may live. */
const routeKeptMs = 2 * 86_400_000;

/**
 * BullMQ with one queue per route and manual claims, all on one shared connection: a backend of our own making keeps
 * BullMQ from opening a blocking connection for each. docs/decisions/0001.
 */
export class BullTaskQueue implements TaskQueue {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #notices: Notices;
  readonly #managerId: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #connection: RedisConnection;
  readonly #lanes = new Map<string, Lane>();
  readonly #held = new Map<string, Held>();
  #claims = 0;
  #closed = false;
  #cancelRenewal = () => {};

  constructor(deps: { redis: Redis; keys: Keys; notices: Notices; managerId: string; clock: Clock; log: Log }) {
    this.#redis = deps.redis;
    this.#keys = deps.keys;
    this.#notices = deps.notices;
    this.#managerId = deps.managerId;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#connection = new RedisConnection(deps.redis, { shared: true, blocking: false });
    // It forwards the errors of the shared connection, whose owner logs them; unheard they would end the process.
    this.#connection.on('error', () => {});
  }

  start(): void {
    if (this.#closed) return;
    this.#cancelRenewal = this.#clock.setTimer(renewMs, () => {
      this.#renew()
        .catch((error: unknown) => this.#log.error({ err: error }, 'renewing locks failed'))
        .finally(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRenewal();
    for (const { worker, queue } of this.#lanes.values()) {
      await worker.close(true);
      await queue.close();
    }
    await this.#connection.close(true);
  }

  async enqueue(route: Route, taskId: string, priority: number): Promise<void> {
    await useRouteScript.run(
      this.#redis,
      [this.#keys.routes(), this.#keys.routeUse()],
      [route.id, JSON.stringify(route), this.#clock.now()],
    );
    await this.#lane(route).queue.add(route.type, {}, { jobId: taskId, priority });
    this.#notices.publish({ kind: 'route-has-work', routeId: route.id });
  }

  async claim(route: Route): Promise<Claim | undefined> {
    this.#claims += 1;
    const token = `${this.#managerId}:${this.#claims}`;
    const job = await this.#lane(route).worker.getNextJob(token, { block: false });
    if (!job?.id) return undefined;
    const held: Held = { taskId: job.id, route, job, token };
    this.#held.set(job.id, held);
    return held;
  }

  async settle(claim: Claim): Promise<void> {
    await this.#release(claim, ({ job, token }) => job.moveToCompleted(null, token, false));
  }

  async defer(claim: Claim, untilMs: number): Promise<void> {
    const at = Math.max(untilMs, this.#clock.now());
    await this.#release(claim, ({ job, token }) => job.moveToDelayed(at, token));
    // The poll would find it; this finds it when it is due.
    if (at - this.#clock.now() < 1) this.#notices.publish({ kind: 'route-has-work', routeId: claim.route.id });
  }

  async discard(route: Route, taskId: string): Promise<void> {
    if (this.#held.has(taskId)) return;
    // 0 when somebody holds it: then the holder settles it.
    await this.#lane(route).queue.remove(taskId);
  }

  async routes(): Promise<Route[]> {
    const keys = [this.#keys.routes(), this.#keys.routeUse()];
    await forgetRoutesScript.run(this.#redis, keys, [this.#clock.now() - routeKeptMs]);
    const texts = await this.#redis.hvals(this.#keys.routes());
    return texts.map((text) => JSON.parse(text) as Route);
  }

  watch(route: Route): void {
    const lane = this.#lane(route);
    if (lane.watched) return;
    lane.watched = true;
    lane.worker
      .startStalledCheckTimer()
      .catch((error: unknown) => this.#log.error({ err: error, routeId: route.id }, 'stalled check failed'));
  }

  /** A lock that was lost is no harm: whoever claims the job finds the lease, or the outcome, in the task's record. */
  async #release(claim: Claim, step: (held: Held) => Promise<unknown>): Promise<void> {
    const held = this.#held.get(claim.taskId);
    // A claim that was lost and taken anew, here, is another one.
    if (!held || held !== claim) return;
    this.#held.delete(claim.taskId);
    try {
      await step(held);
    } catch (error) {
      this.#log.warn({ err: error, taskId: claim.taskId }, 'job was not ours any more');
    }
  }

  async #renew(): Promise<void> {
    const byRoute = Map.groupBy(this.#held.values(), ({ route }) => route.id);
    for (const held of byRoute.values()) {
      const [first] = held;
      if (!first) continue;
      const { worker } = this.#lane(first.route);
      for (let from = 0; from < held.length; from += renewChunk) {
        const chunk = held.slice(from, from + renewChunk);
        await worker.extendJobLocks(
          chunk.map(({ taskId }) => taskId),
          chunk.map(({ token }) => token),
          lockMs,
        );
      }
    }
  }

  #lane(route: Route): Lane {
    const known = this.#lanes.get(route.id);
    if (known) return known;
    const base = { connection: this.#redis, prefix: this.#keys.queues() };
    const queue = new Queue(
      route.id,
      {
        ...base,
        streams: { events: { maxLen: 100 } },
        defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
      },
      this.#backend,
    );
    const worker = new Worker(
      route.id,
      null,
      {
        ...base,
        autorun: false,
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        // A job never fails for being claimed again: retry is decided by the task's record.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
      },
      this.#backend,
    );
    const onError = (error: Error) => this.#log.warn({ err: error, routeId: route.id }, 'queue error');
    queue.on('error', onError);
    worker.on('error', onError);
    const lane = { queue, worker, watched: false };
    this.#lanes.set(route.id, lane);
    return lane;
  }

  readonly #backend = (name: string, options: QueueBaseOptions): RedisQueueBackend => {
    const keys = new QueueKeys(this.#keys.queues());
    const toKey = (type: string) => keys.toKey(name, type);
    return new RedisQueueBackend(this.#connection, name, keys.getKeys(name), toKey, options, undefined, false);
  };
}

const useRouteScript = script(`
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
  return 1`);

const forgetRoutesScript = script(`
  local stale = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 100)
  if #stale > 0 then
    redis.call('HDEL', KEYS[1], unpack(stale))
    redis.call('ZREM', KEYS[2], unpack(stale))
  end
  return #stale`);
