import type { Redis } from 'ioredis';
import type { Finding } from '#protocol/finding.ts';
import { limits } from '#protocol/limits.ts';
import type { AssignmentKey } from '#protocol/messages.ts';
import type { ProgressStore } from '../core/task-progress.ts';
import type { Keys } from './keys.ts';

/** One list an attempt, so that what an older attempt still tells is never taken for the newest's. */
export class RedisProgressStore implements ProgressStore {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async add(assignment: AssignmentKey, finding: Finding): Promise<void> {
    const key = this.#keyOf(assignment);
    const results = await this.#redis
      .pipeline()
      .rpush(key, JSON.stringify(finding))
      .ltrim(key, 0, limits.maxProgressFindings - 1)
      .pexpire(key, keptMs)
      .exec();
    for (const [error] of results ?? []) if (error) throw error;
  }

  async read(assignment: AssignmentKey): Promise<Finding[]> {
    const texts = await this.#redis.lrange(this.#keyOf(assignment), 0, -1);
    // A connection that broke before the answer has sent the last one twice.
    return [...new Set(texts)].map((text) => JSON.parse(text) as Finding);
  }

  #keyOf({ taskId, attempt }: AssignmentKey): string {
    return this.#keys.taskProgress(`${taskId}/${attempt}`);
  }
}

/** Counted from the last finding: a task that goes on for longer without another has little to show. */
const keptMs = 600_000;
