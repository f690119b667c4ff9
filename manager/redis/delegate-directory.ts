import type { Redis } from 'ioredis';
import type {
  ApprovalStanding,
  DelegateDirectory,
  DelegateEntry,
  DrainWish,
  Sighting,
  Touched,
} from '../core/delegates.ts';
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
    const {
      sessionId,
      lastSeenAt,
      inFlight,
      canaryAt,
      askedSince,
      standing,
      conflict,
      approval,
      drain: _,
      ...session
    } = entry;
    const key = this.#keys.delegate(entry.id);
    const names = this.#keys.delegatesNamed(entry.name);
    await this.#redis
      .multi()
      .hset(key, {
        session: JSON.stringify(session),
        sessionId,
        lastSeenAt,
        inFlight,
        canaryAt,
        askedSince,
        standing,
        approval,
      })
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

  async touch(delegateId: string, sessionId: string, seen: Sighting): Promise<Touched> {
    const { at, inFlight, canaryAt, askedSince } = seen;
    const fields = ['lastSeenAt', at, 'inFlight', inFlight, 'canaryAt', canaryAt, 'askedSince', askedSince];
    const answer = await this.#changeAndRead(delegateId, sessionId, fields);
    return answer === null ? { kind: 'replaced' } : { kind: 'current', drain: readWish(answer || undefined) };
  }

  async leave(delegateId: string, sessionId: string, standing: 'draining' | 'gone'): Promise<void> {
    await this.#change(delegateId, sessionId, ['standing', standing]);
  }

  async askToDrain(delegateId: string, wish: DrainWish): Promise<boolean> {
    return this.#change(delegateId, wish.sessionId, ['drain', JSON.stringify(wish)]);
  }

  async recordApproval(delegateId: string, approval: ApprovalStanding): Promise<void> {
    await fieldScript.run(this.#redis, [this.#keys.delegate(delegateId)], ['approval', approval]);
  }

  async reportConflict(delegateId: string, conflict: { at: number; hostname: string }): Promise<void> {
    await fieldScript.run(this.#redis, [this.#keys.delegate(delegateId)], ['conflict', JSON.stringify(conflict)]);
  }

  async #readAll(ids: readonly string[]): Promise<DelegateEntry[]> {
    const entries = await Promise.all(ids.map((id) => this.read(id)));
    return entries.filter((entry) => entry !== undefined);
  }

  async #change(delegateId: string, sessionId: string, fields: readonly (string | number)[]): Promise<boolean> {
    return (await this.#changeAndRead(delegateId, sessionId, fields)) !== null;
  }

  /** Answers with the last wish to drain, or an empty text. Null when the session is not the newest. */
  async #changeAndRead(
    delegateId: string,
    sessionId: string,
    fields: readonly (string | number)[],
  ): Promise<string | null> {
    const args = [sessionId, keptMs, ...fields];
    return (await changeScript.run(this.#redis, [this.#keys.delegate(delegateId)], args)) as string | null;
  }
}

/** ARGV: session id, how long it is kept, field, value, field, value … */
const changeScript = script(`
  if redis.call('HGET', KEYS[1], 'sessionId') ~= ARGV[1] then return false end
  redis.call('HSET', KEYS[1], unpack(ARGV, 3))
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return redis.call('HGET', KEYS[1], 'drain') or ''`);

/** ARGV: field, value. Whatever the session; of a delegate that is forgotten nothing is kept. */
const fieldScript = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])`);

type SessionPart = Omit<
  DelegateEntry,
  'sessionId' | 'lastSeenAt' | 'inFlight' | 'canaryAt' | 'askedSince' | 'standing' | 'conflict' | 'drain' | 'approval'
>;

/** We wrote it: parsing what is there needs no schema. */
function readEntry(hash: Record<string, string>): DelegateEntry | undefined {
  const { session, sessionId, standing, conflict, drain, approval } = hash;
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
    drain: readWish(drain),
    // Entries of versions without approvals have none.
    approval: (approval ?? 'not-needed') as ApprovalStanding,
  };
}

function readWish(text: string | undefined): DrainWish | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as DrainWish);
}
