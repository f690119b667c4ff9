import type { Redis } from 'ioredis';
import { type AuditEntry, type AuditFilter, type AuditStore, fits, type RecordedEntry } from '../core/audit.ts';
import type { Keys } from './keys.ts';

interface Retention {
  readonly keptMs: number;
  readonly most: number;
}

/** A stream: what is in it can be added to and dropped from its old end, and never be changed. */
export class RedisAuditStore implements AuditStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #retention: Retention;

  constructor(redis: Redis, keys: Keys, retention: Retention) {
    this.#redis = redis;
    this.#keys = keys;
    this.#retention = retention;
  }

  async append(entry: AuditEntry): Promise<string> {
    const key = this.#keys.audit();
    const { keptMs, most } = this.#retention;
    const oldest = Math.max(0, entry.at - keptMs);
    const [added] = (await this.#redis
      .pipeline()
      .xadd(key, '*', 'entry', JSON.stringify(entry))
      .xtrim(key, 'MAXLEN', '~', most)
      .xtrim(key, 'MINID', '~', oldest)
      .exec()) ?? [[new Error('nothing was written'), undefined]];
    const [error, id] = added ?? [];
    if (error || typeof id !== 'string') throw error ?? new Error('an audit entry was given no id');
    return id;
  }

  async conclude(id: string, status: number): Promise<void> {
    const key = this.#keys.auditAnswers(dayOf(id));
    await this.#redis
      .pipeline()
      .hset(key, id, status)
      .pexpire(key, this.#retention.keptMs + dayMs)
      .exec();
  }

  async list(filter: AuditFilter, cursor: string | undefined, limit: number) {
    const found: RecordedEntry[] = [];
    let upTo = cursor === undefined ? endOf(filter) : `(${cursor}`;
    let next: string | undefined;
    for (let looked = 0; looked < mostLooked; looked += lookedAtOnce) {
      const rows = await this.#redis.xrevrange(this.#keys.audit(), upTo, filter.from ?? '-', 'COUNT', lookedAtOnce);
      next = rows.length === lookedAtOnce ? rows.at(-1)?.[0] : undefined;
      for (const [id, [, text = '']] of rows) {
        const entry = JSON.parse(text) as AuditEntry;
        if (!fits(entry, filter)) continue;
        found.push({ ...entry, id });
        if (found.length === limit) return { entries: await this.#withAnswers(found), cursor: id };
      }
      if (next === undefined) break;
      upTo = `(${next}`;
    }
    return { entries: await this.#withAnswers(found), cursor: next };
  }

  async #withAnswers(entries: readonly RecordedEntry[]): Promise<RecordedEntry[]> {
    const answers = await Promise.all(
      entries.map(({ id }) => this.#redis.hget(this.#keys.auditAnswers(dayOf(id)), id)),
    );
    return entries.map((entry, index) => {
      const answer = answers[index];
      return answer === null || answer === undefined ? entry : { ...entry, status: Number(answer) };
    });
  }
}

/** What a page looks at, at most: of a filter that few fit, it may be short and have a next one. */
const mostLooked = 20_000;
const lookedAtOnce = 500;

const dayMs = 86_400_000;

function endOf({ to }: AuditFilter): string {
  return to === undefined ? '+' : `(${to}`;
}

/** An id begins with the milliseconds at which Redis wrote it. */
function dayOf(id: string): string {
  return new Date(Number.parseInt(id, 10)).toISOString().slice(0, 10);
}
