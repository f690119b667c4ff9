import type { Redis } from 'ioredis';
import type { Standing } from '../core/delegates.ts';
import type { ReachStore } from '../core/reachability.ts';
import type { Keys } from './keys.ts';

/** One hash a base URL, with a field for each delegate. It expires with the last thing that was learnt. */
export class RedisReachStore implements ReachStore {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async load(baseUrl: string): Promise<Map<string, Standing>> {
    const fields = await this.#redis.hgetall(this.#keys.reach(baseUrl));
    return new Map(Object.entries(fields).map(([delegateId, text]) => [delegateId, JSON.parse(text) as Standing]));
  }

  async save(baseUrl: string, delegateId: string, standing: Standing, keptMs: number): Promise<void> {
    const key = this.#keys.reach(baseUrl);
    await this.#redis.multi().hset(key, delegateId, JSON.stringify(standing)).pexpire(key, keptMs).exec();
  }

  async drop(baseUrl: string, delegateIds: readonly string[]): Promise<void> {
    await this.#redis.hdel(this.#keys.reach(baseUrl), ...delegateIds);
  }
}
