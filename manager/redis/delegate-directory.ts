import type { Redis } from 'ioredis';
import type { DelegateDirectory, DelegateEntry, Sighting } from '../core/delegates.ts';
import type { Keys } from './keys.ts';
import { script } from './script.ts';

const keptMs = 7 * 86_400_000;

/** One hash a delegate: what a session begins with as JSON, and what changes with time in fields of their own. */
export class RedisDelegateDirectory implements DelegateDirectory {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async write(entry: DelegateEntry): Promise<void> {
    const { sessionId, lastSeenAt, inFlight, canaryAt, askedSince, standing, conflict, ...session } = entry;
    const key = this.#keys.delegate(entry.id);
    const names = this.#keys.delegatesNamed(entry.name);
    await this.#redis
      .multi()
      .hset(key, { session: JSON.stringify(session), sessionId, lastSeenAt, inFlight, canaryAt, askedSince, standing })
      .pexpire(key, keptMs)
      .sadd(this.#keys.delegateIndex(), entry.id)
      .sadd(names, entry.id)
      .pexpire(names, keptMs)
      .exec();
    if (conflict) await this.reportConflict(entry.id, conflict);
  }

  async read(delegateId: string): Promise<DelegateEntry | undefined> {
    return readEntry(await this.#redis.hgetall(this.#keys.delegate(delegateId)));
  }

  async named(name: string): Promise<DelegateEntry[]> {
    return this.#readAll(await this.#redis.smembers(this.#keys.delegatesNamed(name)));
  }

  async list(): Promise<DelegateEntry[]> {
    const ids = await this.#redis.smembers(this.#keys.delegateIndex());
    const entries = await this.#readAll(ids);
    const found = new Set(entries.map(({ id }) => id));
    const forgotten = ids.filter((id) => !found.has(id));
    if (forgotten.length > 0) await this.#redis.srem(this.#keys.delegateIndex(), ...forgotten);
    return entries.sort((a, b) => a.name.localeCompare(b.name));
  }

  async touch(delegateId: string, sessionId: string, seen: Sighting): Promise<boolean> {
    const { at, inFlight, canaryAt, askedSince } = seen;
    const fields = ['lastSeenAt', at, 'inFlight', inFlight, 'canaryAt', canaryAt, 'askedSince', askedSince];
    return this.#change(delegateId, sessionId, fields);
  }

  async leave(delegateId: string, sessionId: string, standing: 'draining' | 'gone'): Promise<void> {
    await this.#change(delegateId, sessionId, ['standing', standing]);
  }

  async reportConflict(delegateId: string, conflict: { at: number; hostname: string }): Promise<void> {
    await conflictScript.run(this.#redis, [this.#keys.delegate(delegateId)], [JSON.stringify(conflict)]);
  }

  async #readAll(ids: readonly string[]): Promise<DelegateEntry[]> {
    const entries = await Promise.all(ids.map((id) => this.read(id)));
    return entries.filter((entry) => entry !== undefined);
  }

  async #change(delegateId: string, sessionId: string, fields: readonly (string | number)[]): Promise<boolean> {
    const args = [sessionId, keptMs, ...fields];
    return (await changeScript.run(this.#redis, [this.#keys.delegate(delegateId)], args)) === 1;
  }
}

/** ARGV: session id, how long it is kept, field, value, field, value … */
const changeScript = script(`
  if redis.call('HGET', KEYS[1], 'sessionId') ~= ARGV[1] then return 0 end
  redis.call('HSET', KEYS[1], unpack(ARGV, 3))
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1`);

const conflictScript = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  return redis.call('HSET', KEYS[1], 'conflict', ARGV[1])`);

type SessionPart = Omit<
  DelegateEntry,
  'sessionId' | 'lastSeenAt' | 'inFlight' | 'canaryAt' | 'askedSince' | 'standing' | 'conflict'
>;

/** We wrote it: parsing what is there needs no schema. */
function readEntry(hash: Record<string, string>): DelegateEntry | undefined {
  const { session, sessionId, standing, conflict } = hash;
  if (session === undefined || sessionId === undefined) return undefined;
  return {
    ...(JSON.parse(session) as SessionPart),
    sessionId,
    lastSeenAt: Number(hash.lastSeenAt),
    inFlight: Number(hash.inFlight),
    canaryAt: Number(hash.canaryAt),
    askedSince: Number(hash.askedSince),
    standing: standing as DelegateEntry['standing'],
    conflict: conflict === undefined ? undefined : (JSON.parse(conflict) as DelegateEntry['conflict']),
  };
}
