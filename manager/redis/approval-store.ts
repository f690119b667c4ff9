import type { Redis } from 'ioredis';
import type { ApprovalEnd, ApprovalProgress, ApprovalRecord, ApprovalSpec } from '../core/approval-record.ts';
import type { ApprovalFilter, ApprovalStore } from '../core/approval-store.ts';
import type { Idempotency } from '../core/task-store.ts';
import { searchApprovals } from './approval-search.ts';
import { claimIdempotencyKey, readIdempotencyKey } from './idempotency.ts';
import type { Keys } from './keys.ts';
import { listNewest } from './newest.ts';
import { script } from './script.ts';

/**
 * An approval is one hash: `spec`, `progress`, and once it has ended `end`, evidence included, in the same step; `begun`:
 * when the newest reading that was taken was given out.
 */
export class RedisApprovalStore implements ApprovalStore {
  readonly #redis: Redis;
  readonly #keys: Keys;
  readonly #keptMs: number;

  constructor(redis: Redis, keys: Keys, keptMs: number) {
    this.#redis = redis;
    this.#keys = keys;
    this.#keptMs = keptMs;
  }

  async create(
    spec: ApprovalSpec,
    progress: ApprovalProgress,
    idempotency: Idempotency | undefined,
  ): Promise<ApprovalRecord | 'key-reused'> {
    const keptMs = this.#keptMs + spec.deadlineAt - spec.createdAt;
    const claim = (forgottenId?: string) =>
      claimIdempotencyKey(this.#redis, this.#keys.approvalIdempotency, spec.id, idempotency, keptMs, forgottenId);
    const holder = await claim();
    const id = holder !== undefined && (await this.#isForgotten(holder)) ? await claim(holder) : holder;
    if (id === undefined) return 'key-reused';
    const named = { ...spec, id };
    const { createdAt, deadlineAt, intervalMs, groupId } = spec;
    await createScript.run(this.#redis, this.#keysOf(named), [
      id,
      JSON.stringify(named),
      JSON.stringify(progress),
      createdAt,
      deadlineAt,
      intervalMs,
      groupId,
      spec.origin.connectorId,
      'number' in spec.ticket ? spec.ticket.number : '',
    ]);
    const record = await this.read(id);
    if (!record) throw new Error('an approval that was just written is not there');
    return record;
  }

  async recall(idempotency: Idempotency): Promise<ApprovalRecord | 'key-reused' | undefined> {
    const holder = await readIdempotencyKey(this.#redis, this.#keys.approvalIdempotency, idempotency);
    return holder === 'key-reused' || holder === undefined ? holder : this.read(holder.id);
  }

  async read(approvalId: string): Promise<ApprovalRecord | undefined> {
    const { spec, progress, end } = await this.#redis.hgetall(this.#keys.approval(approvalId));
    if (spec === undefined || progress === undefined) return undefined;
    return {
      spec: JSON.parse(spec) as ApprovalSpec,
      progress: JSON.parse(progress) as ApprovalProgress,
      end: end === undefined ? undefined : (JSON.parse(end) as ApprovalRecord['end']),
    };
  }

  async readMany(approvalIds: readonly string[]): Promise<(ApprovalRecord | undefined)[]> {
    return Promise.all(approvalIds.map((id) => this.read(id)));
  }

  async list(
    cursor: string | undefined,
    limit: number,
    filter: ApprovalFilter = {},
  ): Promise<{ approvalIds: string[]; cursor: string | undefined }> {
    const index = this.#keys.approvalIndex();
    await this.#redis.zremrangebyscore(index, 0, Date.now() - this.#keptMs - longestLifeMs);
    const page =
      Object.keys(filter).length > 0
        ? await searchApprovals(this.#redis, this.#keys, filter, cursor, limit)
        : await listNewest(this.#redis, index, cursor, limit);
    return { approvalIds: page.ids, cursor: page.cursor };
  }

  async saveProgress(approvalId: string, progress: ApprovalProgress): Promise<boolean> {
    const args = [JSON.stringify(progress), progress.begunAt ?? 0];
    return (await progressScript.run(this.#redis, [this.#keys.approval(approvalId)], args)) === 1;
  }

  async end(
    spec: ApprovalSpec,
    progress: ApprovalProgress,
    end: ApprovalEnd & { endedAt: number },
    by: 'reading' | 'other',
  ): Promise<boolean> {
    const isTold = spec.webhook !== undefined || spec.workNotes;
    const written = [JSON.stringify(progress), JSON.stringify(end)];
    const begunAt = by === 'reading' ? (progress.begunAt ?? 0) : Number.MAX_SAFE_INTEGER;
    const keptMs = isTold ? Math.max(this.#keptMs, longestUntoldMs) : this.#keptMs;
    const args = [spec.id, ...written, keptMs, isTold ? '1' : '0', end.endedAt, begunAt, end.state];
    return (await endScript.run(this.#redis, this.#keysOf(spec), args)) === 1;
  }

  async forget(approvalId: string): Promise<void> {
    await this.#redis.zrem(this.#keys.approvalDeadlines(), approvalId);
  }

  async due(now: number, limit: number): Promise<string[]> {
    return this.#redis.zrangebyscore(this.#keys.approvalDeadlines(), '-inf', now, 'LIMIT', 0, limit);
  }

  /** It was there, as its place in the list tells, and is not any more: its id must not stand for another one. */
  async #isForgotten(approvalId: string): Promise<boolean> {
    const { approvalIndex, approval } = this.#keys;
    const listedAt = await this.#redis.zscore(approvalIndex(), approvalId);
    return listedAt !== null && (await this.#redis.exists(approval(approvalId))) === 0;
  }

  /** Both scripts take all of them, in this order. */
  #keysOf({ id, groupId }: ApprovalSpec): string[] {
    const { approval, approvalIndex, approvalDeadlines, pollGroup, pollsDue, pollTickets } = this.#keys;
    const { pollGroups, pollHolders, deliveriesDue } = this.#keys;
    const ofGroup = [pollGroup(groupId), pollsDue(groupId), pollTickets(groupId), pollGroups(), pollHolders()];
    return [approval(id), approvalIndex(), approvalDeadlines(), ...ofGroup, deliveriesDue()];
  }
}

/** An approval older than this has ended: the longest time-out is below 25 days. */
const longestLifeMs = 25 * 86_400_000;
/** Its end must be told however soon it is forgotten otherwise: so long all managers may be down. */
const longestUntoldMs = 2 * 86_400_000;

/**
 * ARGV: id, spec, progress, createdAt, deadlineAt, intervalMs, groupId, and what lists are narrowed by: its connector and the
 * number of its ticket or ''. One that was never read comes before all that wait to be read again. Who holds the group
 * looks for newcomers; a group that nobody holds becomes due.
 */
export const createScript = script(`
  local id, now, group = ARGV[1], ARGV[4], ARGV[7]
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
  redis.call('HSET', KEYS[1], 'spec', ARGV[2], 'progress', ARGV[3], 'connectorId', ARGV[8])
  if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'number', ARGV[9]) end
  redis.call('ZADD', KEYS[2], now, id)
  redis.call('ZADD', KEYS[3], ARGV[5], id)
  redis.call('ZADD', KEYS[4], ARGV[6], id)
  redis.call('ZADD', KEYS[5], 0, id)
  local at = redis.call('ZSCORE', KEYS[7], group)
  local isHeld = redis.call('HEXISTS', KEYS[8], group) == 1
  if not at or (not isHeld and tonumber(at) > tonumber(now)) then redis.call('ZADD', KEYS[7], now, group) end
  return 1`);

/** ARGV: progress, when its reading was given out. A manager that lost its group may come with an old one. */
const progressScript = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'end') == 1 then return 0 end
  if tonumber(redis.call('HGET', KEYS[1], 'begun') or 0) > tonumber(ARGV[2]) then return 0 end
  redis.call('HSET', KEYS[1], 'progress', ARGV[1], 'begun', ARGV[2])
  return 1`);

/** ARGV: id, progress, end, keptMs, whether somebody is to be told, endedAt, when what ends it was given out to be read, state. */
export const endScript = script(`
  local id = ARGV[1]
  if tonumber(redis.call('HGET', KEYS[1], 'begun') or 0) > tonumber(ARGV[7]) then return 0 end
  redis.call('ZREM', KEYS[3], id)
  redis.call('ZREM', KEYS[4], id)
  redis.call('ZREM', KEYS[5], id)
  redis.call('HDEL', KEYS[6], id)
  if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'end') == 1 then return 0 end
  redis.call('HSET', KEYS[1], 'progress', ARGV[2], 'end', ARGV[3], 'state', ARGV[8])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  if ARGV[5] == '1' then redis.call('ZADD', KEYS[9], ARGV[6], id) end
  return 1`);
