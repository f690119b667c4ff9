import type { Redis } from 'ioredis';
import type { LoadStore } from '../core/instance-budget.ts';
import type { InstanceLoad, LoadChange } from '../core/instance-load.ts';
import type { Keys } from './keys.ts';
import { script } from './script.ts';

/** One hash an instance. It expires a day after the last change. */
export class RedisLoadStore implements LoadStore {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async load(baseUrl: string): Promise<InstanceLoad> {
    return readLoad(await this.#redis.hmget(this.#keys.instanceLoad(baseUrl), ...fields));
  }

  /** How many tasks are under way at an instance, where they are counted. */
  async underWay(baseUrl: string, now: number): Promise<number> {
    return this.#redis.zcount(this.#keys.instanceTasks(baseUrl), now, '+inf');
  }

  async change(baseUrl: string, change: LoadChange, now: number): Promise<InstanceLoad> {
    const { used, window, pausedUntil, strikes } = change;
    const args = [now, used, window?.limit ?? '', window?.endsAt ?? '', pausedUntil ?? 0, strikes];
    const reply = await changeScript.run(this.#redis, [this.#keys.instanceLoad(baseUrl)], args);
    return readLoad(reply as (string | null)[]);
  }
}

const fields = ['pausedUntil', 'strikes', 'limit', 'endsAt', 'used'] as const;

/** Windows whose ends differ by less are one: each answer tells the end in whole seconds by its own clock. */
const sameWindowMs = 10_000;
const keptMs = 86_400_000;

/** ARGV: now, requests, limit and end of the window or '', until when to pause or 0, strikes. A pause never gets shorter. */
const changeScript = script(`
  local now, key = tonumber(ARGV[1]), KEYS[1]
  local endsAt = tonumber(redis.call('HGET', key, 'endsAt') or '0')
  if ARGV[4] ~= '' then
    if endsAt <= now or math.abs(tonumber(ARGV[4]) - endsAt) > ${sameWindowMs} then
      redis.call('HSET', key, 'endsAt', ARGV[4], 'used', 0)
      endsAt = tonumber(ARGV[4])
    end
    redis.call('HSET', key, 'limit', ARGV[3])
  end
  if endsAt > now then redis.call('HINCRBY', key, 'used', ARGV[2]) end
  if tonumber(ARGV[5]) > tonumber(redis.call('HGET', key, 'pausedUntil') or '0') then
    redis.call('HSET', key, 'pausedUntil', ARGV[5])
  end
  redis.call('HSET', key, 'strikes', ARGV[6])
  redis.call('PEXPIRE', key, ${keptMs})
  return redis.call('HMGET', key, '${fields.join("', '")}')`);

function readLoad([pausedUntil, strikes, limit, endsAt, used]: readonly (string | null | undefined)[]): InstanceLoad {
  return {
    pausedUntil: Number(pausedUntil ?? 0),
    strikes: Number(strikes ?? 0),
    window: endsAt == null ? undefined : { limit: Number(limit ?? 0), endsAt: Number(endsAt), used: Number(used ?? 0) },
  };
}
