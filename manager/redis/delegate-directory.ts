import type { Redis } from 'ioredis';
import type { DelegateDirectory, DelegateEntry } from '../core/delegates.ts';
import type { Keys } from './keys.ts';
import { type Script, script } from './script.ts';

const keptMs = 7 * 86_400_000;

/** One JSON string a delegate, plus a set of their ids. What a heartbeat changes is changed in one step. */
export class RedisDelegateDirectory implements DelegateDirectory {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async write(entry: DelegateEntry): Promise<void> {
    await this.#redis
      .multi()
      .set(this.#keys.delegate(entry.id), JSON.stringify(entry), 'PX', keptMs)
      .sadd(this.#keys.delegateIndex(), entry.id)
      .exec();
  }

  async read(delegateId: string): Promise<DelegateEntry | undefined> {
    const text = await this.#redis.get(this.#keys.delegate(delegateId));
    return text === null ? undefined : (JSON.parse(text) as DelegateEntry);
  }

  async list(): Promise<DelegateEntry[]> {
    const ids = await this.#redis.smembers(this.#keys.delegateIndex());
    if (ids.length === 0) return [];
    const texts = await this.#redis.mget(ids.map(this.#keys.delegate));
    const forgotten = ids.filter((_, index) => texts[index] === null);
    if (forgotten.length > 0) await this.#redis.srem(this.#keys.delegateIndex(), ...forgotten);
    const entries = texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as DelegateEntry]));
    return entries.sort((a, b) => a.name.localeCompare(b.name));
  }

  touch(delegateId: string, sessionId: string, seen: { at: number; inFlight: number }): Promise<boolean> {
    return this.#change(delegateId, sessionId, { lastSeenAt: seen.at, inFlight: seen.inFlight });
  }

  async leave(delegateId: string, sessionId: string, standing: 'draining' | 'gone'): Promise<void> {
    await this.#change(delegateId, sessionId, { standing });
  }

  async #change(delegateId: string, sessionId: string, change: Partial<DelegateEntry>): Promise<boolean> {
    const key = this.#keys.delegate(delegateId);
    const before = await this.#redis.get(key);
    if (before === null) return false;
    const entry = JSON.parse(before) as DelegateEntry;
    if (entry.sessionId !== sessionId) return false;
    const after = JSON.stringify({ ...entry, ...change });
    const done = await replaceScript.run(this.#redis, [key], [before, after, keptMs]);
    // Only sessions of this delegate write here: whoever was quicker is newer, or wrote a newer heartbeat of ours.
    return done === 1 || (await this.read(delegateId))?.sessionId === sessionId;
  }
}

const replaceScript: Script = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1`);
