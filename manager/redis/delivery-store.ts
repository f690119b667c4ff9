import type { Redis } from 'ioredis';
import type { Delivery, KeptTry } from '../core/delivery-record.ts';
import type { DeliveryChange, DeliveryClaim, DeliveryStore } from '../core/delivery-store.ts';
import type { Keys } from './keys.ts';
import { script } from './script.ts';

/** Deliveries of an approval are one hash, their tries a list; which approvals are due is a sorted set. */
export class RedisDeliveryStore implements DeliveryStore {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async claim(now: number, leaseMs: number, most: number): Promise<DeliveryClaim[]> {
    const until = now + leaseMs;
    const ids = await claimScript.run(this.#redis, [this.#keys.deliveriesDue()], [now, until, most]);
    return (ids as string[]).map((approvalId) => ({ approvalId, until }));
  }

  async open(approvalId: string, fresh: readonly Delivery[]): Promise<Delivery[]> {
    const keys = [this.#keys.deliveries(approvalId), this.#keys.approval(approvalId)];
    const args = fresh.flatMap((delivery) => [delivery.kind, JSON.stringify(delivery)]);
    return readAll<Delivery>((await openScript.run(this.#redis, keys, args)) as string[]);
  }

  async settle(claim: DeliveryClaim, changes: readonly DeliveryChange[], now: number): Promise<void> {
    const args = changes.flatMap(({ before, after, entry }) => [
      before.kind,
      before.revision,
      after.state === 'delivered' ? 1 : 0,
      JSON.stringify(after),
      entry ? JSON.stringify(entry) : '',
    ]);
    await settleScript.run(this.#redis, this.#allKeys(claim.approvalId), [claim.approvalId, claim.until, now, ...args]);
  }

  async drop({ approvalId, until }: DeliveryClaim): Promise<void> {
    await dropScript.run(this.#redis, [this.#keys.deliveriesDue()], [approvalId, until]);
  }

  async renew(approvalId: string, delivery: Delivery, now: number): Promise<boolean> {
    const args = [approvalId, now, delivery.kind, delivery.revision - 1, JSON.stringify(delivery)];
    return (await renewScript.run(this.#redis, this.#allKeys(approvalId), args)) === 1;
  }

  async read(approvalId: string): Promise<{ deliveries: Delivery[]; tries: KeptTry[] }> {
    const [deliveries, tries] = await Promise.all([
      this.#redis.hvals(this.#keys.deliveries(approvalId)),
      this.#redis.lrange(this.#keys.deliveryTries(approvalId), 0, -1),
    ]);
    return { deliveries: readAll<Delivery>(deliveries), tries: readAll<KeptTry>(tries) };
  }

  async openIds(): Promise<string[]> {
    return this.#redis.zrangebyscore(this.#keys.deliveriesDue(), '-inf', '+inf');
  }

  #allKeys(approvalId: string): string[] {
    const keys = this.#keys;
    return [
      keys.deliveries(approvalId),
      keys.deliveryTries(approvalId),
      keys.approval(approvalId),
      keys.deliveriesDue(),
    ];
  }
}

function readAll<T>(texts: readonly string[]): T[] {
  return texts.map((text) => JSON.parse(text) as T);
}

/** Of each approval; a target that fails for a day has a dozen. */
const mostTries = 100;

/** An approval, however short the retention, is kept for so long after its next try. */
const graceMs = 120_000;

const claimScript = script(`
  local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
  for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[2], id) end
  return ids`);

const openScript = script(`
  local ttl = redis.call('PTTL', KEYS[2])
  if ttl == -2 then return {} end
  for i = 1, #ARGV, 2 do redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
  if ttl >= 0 then redis.call('PEXPIRE', KEYS[1], ttl) end
  return redis.call('HVALS', KEYS[1])`);

/** Lets what is kept of deliveries live as long as the approval, and that one until the next try at least. */
const keepTogether = `
  local function keep(due, now)
    local ttl = redis.call('PTTL', KEYS[3])
    if ttl < 0 then return end
    if due and ttl < due - now + ${graceMs} then
      ttl = due - now + ${graceMs}
      redis.call('PEXPIRE', KEYS[3], ttl)
    end
    redis.call('PEXPIRE', KEYS[1], ttl)
    redis.call('PEXPIRE', KEYS[2], ttl)
  end`;

/**
 * ARGV: id, until when it was claimed, now; then for each change its kind, the revision that it was decided on, whether it
 * is made, the delivery, the try or ''. Tries that are the last ones already were sent twice by a broken connection. Whoever's
 * claim was over meanwhile leaves the next try to whoever has it now.
 */
const settleScript = script(`${keepTogether}
  local known = {}
  for _, text in ipairs(redis.call('LRANGE', KEYS[2], -2, -1)) do known[text] = true end
  for i = 4, #ARGV, 5 do
    local held = redis.call('HGET', KEYS[1], ARGV[i])
    if held and (ARGV[i + 2] == '1' or cjson.decode(held).revision == tonumber(ARGV[i + 1])) then
      redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 3])
    end
    if held and ARGV[i + 4] ~= '' and not known[ARGV[i + 4]] then
      redis.call('RPUSH', KEYS[2], ARGV[i + 4])
      redis.call('LTRIM', KEYS[2], -${mostTries}, -1)
    end
  end
  local due
  for _, text in ipairs(redis.call('HVALS', KEYS[1])) do
    local delivery = cjson.decode(text)
    if delivery.state == 'waiting' and (not due or delivery.nextTryAt < due) then due = delivery.nextTryAt end
  end
  if redis.call('ZSCORE', KEYS[4], ARGV[1]) == ARGV[2] then
    if due then redis.call('ZADD', KEYS[4], due, ARGV[1]) else redis.call('ZREM', KEYS[4], ARGV[1]) end
  end
  keep(due, tonumber(ARGV[3]))
  return 1`);

const dropScript = script(`
  if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('ZREM', KEYS[1], ARGV[1]) end
  return 0`);

/** ARGV: id, now, kind, the revision that was seen, the delivery. */
const renewScript = script(`${keepTogether}
  local held = redis.call('HGET', KEYS[1], ARGV[3])
  if not held or cjson.decode(held).revision ~= tonumber(ARGV[4]) then return 0 end
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[5])
  redis.call('ZADD', KEYS[4], ARGV[2], ARGV[1])
  keep(tonumber(ARGV[2]), tonumber(ARGV[2]))
  return 1`);
