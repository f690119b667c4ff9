import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { PollSchedule } from '../core/approval-store.ts';
import type { Log } from '../core/log.ts';
import type { Keys } from './keys.ts';

const queueName = 'polls';

/** One BullMQ job scheduler per poll group: each tick is a job that one manager takes. */
export class BullPollSchedule implements PollSchedule {
  readonly #queue: Queue;
  readonly #worker: Worker;

  constructor(deps: { redis: Redis; keys: Keys; log: Log; onTick: (groupId: string) => Promise<void> }) {
    const base = { connection: deps.redis, prefix: deps.keys.queues() };
    this.#queue = new Queue(queueName, { ...base, streams: { events: { maxLen: 100 } } });
    this.#worker = new Worker<{ groupId: string }>(queueName, async ({ data }) => deps.onTick(data.groupId), {
      ...base,
      autorun: false,
      concurrency: 50,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      // A tick whose manager died is not worth repeating more than once: the next one comes.
      maxStalledCount: 1,
    });
    const onError = (error: Error) => deps.log.warn({ err: error }, 'poll schedule error');
    this.#queue.on('error', onError);
    this.#worker.on('error', onError);
  }

  start(onEnded: (error: unknown) => void): void {
    this.#worker.run().catch(onEnded);
  }

  async ensure(groupId: string, everyMs: number): Promise<void> {
    await this.#queue.upsertJobScheduler(groupId, { every: everyMs }, { name: 'tick', data: { groupId } });
  }

  async remove(groupId: string): Promise<void> {
    await this.#queue.removeJobScheduler(groupId);
  }

  async close(): Promise<void> {
    await this.#worker.close(true);
    await this.#queue.close();
  }
}
