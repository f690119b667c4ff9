import type { Redis } from 'ioredis';
import type {
  Bounds,
  Due,
  GroupSize,
  GroupStanding,
  PollGroupStandings,
  PollGroups,
  Reread,
} from '../core/poll-groups.ts';
import { unwatched, type Watch } from '../core/watch.ts';
import type { Keys } from './keys.ts';
import { script } from './script.ts';

/** A group that nobody has looked at for a day has lost nothing by beginning anew. */
const watchKeptMs = 86_400_000;

/** Poll groups: a few sorted sets each, and one of all groups by when they are due. */
export class RedisPollGroups implements PollGroups, PollGroupStandings {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async take(managerId: string, now: number, until: number, most: number): Promise<string[]> {
    const keys = [this.#keys.pollGroups(), this.#keys.pollHolders()];
    return (await takeScript.run(this.#redis, keys, [managerId, now, until, most])) as string[];
  }

  async keep(groupId: string, managerId: string, until: number): Promise<boolean> {
    const keys = [this.#keys.pollGroups(), this.#keys.pollHolders()];
    return (await keepScript.run(this.#redis, keys, [groupId, managerId, until])) === 1;
  }

  async giveBack(groupId: string, managerId: string, bounds: Bounds): Promise<void> {
    const { pollGroups, pollHolders, pollGroup, pollsDue, pollTickets, pollWatch } = this.#keys;
    const ofGroup = [pollGroup(groupId), pollsDue(groupId), pollTickets(groupId), pollWatch(groupId)];
    const args = [groupId, managerId, bounds.notBefore, bounds.notAfter];
    await giveBackScript.run(this.#redis, [pollGroups(), pollHolders(), ...ofGroup], args);
  }

  async sizeOf(groupId: string): Promise<GroupSize | undefined> {
    const key = this.#keys.pollGroup(groupId);
    const [members, [, shortest]] = await Promise.all([
      this.#redis.zcard(key),
      this.#redis.zrange(key, '0', '0', 'WITHSCORES'),
    ]);
    return shortest === undefined ? undefined : { members, intervalMs: Number(shortest) };
  }

  async firstDue(groupId: string, most: number): Promise<Due[]> {
    const flat = await this.#redis.zrange(this.#keys.pollsDue(groupId), '0', String(most - 1), 'WITHSCORES');
    return Array.from({ length: flat.length / 2 }, (_, index) => ({
      approvalId: flat[2 * index] ?? '',
      dueAt: Number(flat[2 * index + 1]),
    }));
  }

  async drop(groupId: string, approvalId: string): Promise<void> {
    const { pollGroup, pollsDue, pollTickets } = this.#keys;
    await this.#redis
      .multi()
      .zrem(pollGroup(groupId), approvalId)
      .zrem(pollsDue(groupId), approvalId)
      .hdel(pollTickets(groupId), approvalId)
      .exec();
  }

  async hasten(groupId: string, sysIds: readonly string[], now: number): Promise<void> {
    if (sysIds.length === 0) return;
    const changed = new Set(sysIds);
    const tickets = Object.entries(await this.#redis.hgetall(this.#keys.pollTickets(groupId)));
    const scored = tickets.flatMap(([approvalId, sysId]) => (changed.has(sysId) ? [now, approvalId] : []));
    if (scored.length > 0) await this.#redis.zadd(this.#keys.pollsDue(groupId), 'XX', 'LT', ...scored);
  }

  async hastenAll(groupId: string, now: number, withinMs: number): Promise<void> {
    await hastenAllScript.run(this.#redis, [this.#keys.pollsDue(groupId)], [now, withinMs]);
  }

  async reschedule(groupId: string, managerId: string, rereads: readonly Reread[]): Promise<void> {
    if (rereads.length === 0) return;
    const keys = [this.#keys.pollHolders(), this.#keys.pollsDue(groupId), this.#keys.pollTickets(groupId)];
    const changes = rereads.flatMap(({ approvalId, dueAt, sysId }) => [approvalId, dueAt, sysId ?? '']);
    await rescheduleScript.run(this.#redis, keys, [groupId, managerId, ...changes]);
  }

  async standings(most: number): Promise<{ total: number; standings: GroupStanding[] }> {
    const key = this.#keys.pollGroups();
    const [total, flat] = await Promise.all([
      this.#redis.zcard(key),
      this.#redis.zrange(key, '0', String(most - 1), 'WITHSCORES'),
    ]);
    const found = await Promise.all(
      Array.from({ length: flat.length / 2 }, (_, index) =>
        this.#standingOf(flat[2 * index] ?? '', Number(flat[2 * index + 1])),
      ),
    );
    return { total, standings: found.filter((standing) => standing !== undefined) };
  }

  async #standingOf(groupId: string, nextAt: number): Promise<GroupStanding | undefined> {
    const [size, [sampleId], watch] = await Promise.all([
      this.sizeOf(groupId),
      this.#redis.zrange(this.#keys.pollsDue(groupId), '-1', '-1'),
      this.watchOf(groupId),
    ]);
    return size && sampleId !== undefined ? { ...size, groupId, nextAt, sampleId, watch } : undefined;
  }

  async watchOf(groupId: string): Promise<Watch> {
    const text = await this.#redis.get(this.#keys.pollWatch(groupId));
    return text === null ? unwatched : (JSON.parse(text) as Watch);
  }

  async saveWatch(groupId: string, watch: Watch): Promise<void> {
    const keys = [this.#keys.pollGroup(groupId), this.#keys.pollWatch(groupId)];
    await saveWatchScript.run(this.#redis, keys, [JSON.stringify(watch), watchKeptMs]);
  }
}

/** ARGV: manager, now, until, most. A holder whose lease is over is taken for dead. */
const takeScript = script(`
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'LIMIT', 0, ARGV[4])
  for _, group in ipairs(due) do
    redis.call('ZADD', KEYS[1], ARGV[3], group)
    redis.call('HSET', KEYS[2], group, ARGV[1])
  end
  return due`);

/** ARGV: group, manager, until. */
const keepScript = script(`
  if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then return 0 end
  redis.call('ZADD', KEYS[1], 'XX', ARGV[3], ARGV[1])
  return 1`);

/** ARGV: group, manager, notBefore, notAfter. An empty group is gone. */
export const giveBackScript = script(`
  local group = ARGV[1]
  if redis.call('HGET', KEYS[2], group) ~= ARGV[2] then return 0 end
  redis.call('HDEL', KEYS[2], group)
  local first = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
  if not first[2] then
    redis.call('ZREM', KEYS[1], group)
    redis.call('DEL', KEYS[3], KEYS[4], KEYS[5], KEYS[6])
    return 1
  end
  local at = math.max(math.min(tonumber(first[2]), tonumber(ARGV[4])), tonumber(ARGV[3]))
  redis.call('ZADD', KEYS[1], at, group)
  return 1`);

/**
 * ARGV: watch, keptMs. Of a group that has become empty nothing is kept: whoever lost it while Redis was away may be at work
 * on it still, after another manager has given it back.
 */
const saveWatchScript = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
  return 1`);

/** ARGV: now, withinMs. */
const hastenAllScript = script(`
  local now, within = tonumber(ARGV[1]), tonumber(ARGV[2])
  local later = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. (now + within), '+inf')
  for index, id in ipairs(later) do redis.call('ZADD', KEYS[1], now + math.floor(within * index / #later), id) end
  return #later`);

/** ARGV: group, manager, then approval, dueAt, sys_id or '', and so on. One that has left meanwhile stays out. */
export const rescheduleScript = script(`
  if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
  for at = 3, #ARGV, 3 do
    local id, sysId = ARGV[at], ARGV[at + 2]
    if redis.call('ZSCORE', KEYS[2], id) then
      redis.call('ZADD', KEYS[2], ARGV[at + 1], id)
      if sysId ~= '' then redis.call('HSET', KEYS[3], id, sysId) end
    end
  end
  return 1`);
