import { Queue, Worker } from 'bullmq';
import { openRedis, type Redis } from '../../manager/redis/connection.ts';
import { bareTask, keptTasks, readResult } from './task.ts';

interface BareJob {
  readonly number: number;
  readonly task: typeof bareTask;
}

/** BullMQ's full cycle in one process, as a user of it would write it: add, work, tell the submitter by the local event. */
export class BareBullMq {
  readonly #connections: readonly Redis[];
  readonly #queue: Queue<BareJob>;
  readonly #worker: Worker<BareJob>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #added = 0;

  private constructor(connections: readonly [Redis, Redis], prefix: string) {
    const [ofQueue, ofWorker] = connections;
    this.#connections = connections;
    this.#queue = new Queue('bare', { connection: ofQueue, prefix });
    this.#worker = new Worker('bare', async () => readResult, { connection: ofWorker, prefix });
    this.#worker.on('completed', ({ data }, result) => this.#settle(data.number)?.resolve(result));
    this.#worker.on('failed', (job, error) => job && this.#settle(job.data.number)?.reject(error));
  }

  static async start(redisUrl: string, prefix: string): Promise<BareBullMq> {
    const connect = () =>
      openRedis(redisUrl, { connectionName: 'bare', maxRetriesPerRequest: null, retryStrategy: () => 100 });
    const bare = new BareBullMq([connect(), connect()], prefix);
    await Promise.all([bare.#queue.waitUntilReady(), bare.#worker.waitUntilReady()]);
    return bare;
  }

  set concurrency(concurrency: number) {
    this.#worker.concurrency = concurrency;
  }

  /** Answers with the result. What ended is kept, as ours is, though only so many. */
  async cycle(): Promise<unknown> {
    this.#added += 1;
    const number = this.#added;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(number, waiting);
    await this.#queue.add('ticket.read', { number, task: bareTask }, { removeOnComplete: { count: keptTasks } });
    return waiting.promise;
  }

  async close(): Promise<void> {
    await this.#worker.close();
    await this.#queue.close();
    for (const connection of this.#connections) connection.disconnect();
  }

  #settle(number: number): PromiseWithResolvers<unknown> | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    return waiting;
  }
}
