import type { Redis } from 'ioredis';
import type { ManagerDirectory, ManagerEntry } from '../core/managers.ts';
import type { Keys } from './keys.ts';

/** One text a manager, which ends with it, and a set of their ids by when each ends. */
export class RedisManagerDirectory implements ManagerDirectory {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async write(entry: ManagerEntry, keptMs: number): Promise<void> {
    const index = this.#keys.managerIndex();
    await this.#redis
      .multi()
      .set(this.#keys.manager(entry.id), JSON.stringify(entry), 'PX', keptMs)
      .zadd(index, entry.lastSeenAt + keptMs, entry.id)
      .zremrangebyscore(index, '-inf', `(${entry.lastSeenAt}`)
      .pexpire(index, keptMs)
      .exec();
  }

  async leave(managerId: string): Promise<void> {
    const index = this.#keys.managerIndex();
    await this.#redis.multi().del(this.#keys.manager(managerId)).zrem(index, managerId).exec();
  }

  async list(most: number): Promise<ManagerEntry[]> {
    const ids = await this.#redis.zrevrange(this.#keys.managerIndex(), 0, most - 1);
    if (ids.length === 0) return [];
    const texts = await this.#redis.mget(...ids.map(this.#keys.manager));
    const entries = texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as ManagerEntry]));
    return entries.sort((a, b) => a.startedAt - b.startedAt);
  }
}
