import type { Redis } from 'ioredis';
import type { RetestClaims } from '../core/retests.ts';
import type { Keys } from './keys.ts';

/** A claim is a key that ends by itself. */
export class RedisRetestClaims implements RetestClaims {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async claim(name: string, ms: number): Promise<boolean> {
    return (await this.#redis.set(this.#keys.retest(name), '1', 'PX', ms, 'NX')) === 'OK';
  }
}
