import type { Redis } from 'ioredis';
import type { ApprovalEnd, ApprovalProgress, ApprovalRecord, ApprovalSpec } from '../core/approval-record.ts';
import type { ApprovalStore } from '../core/approval-store.ts';
import type { Idempotency } from '../core/task-store.ts';
import { claimIdempotencyKey } from './idempotency.ts';
import type { Keys } from './keys.ts';
import { listNewest } from './newest.ts';
import { script } from './script.ts';

/** An approval is one hash: `spec`, `progress`, and once it has ended `end`, evidence included, in the same step. */
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
    const id = await claimIdempotencyKey(this.#redis, this.#keys.approvalIdempotency, spec.id, idempotency, keptMs);
    if (id === undefined) return 'key-reused';
    // The deadline first: whatever instant this ends at, the approval ends some time. The group last: a member without
    // an approval is dropped by the next tick.
    await this.#redis.zadd(this.#keys.approvalIndex(), 'NX', spec.createdAt, id);
    await this.#redis.zadd(this.#keys.approvalDeadlines(), 'NX', spec.deadlineAt, id);
    await createScript.run(
      this.#redis,
      [this.#keys.approval(id)],
      [JSON.stringify({ ...spec, id }), JSON.stringify(progress)],
    );
    const record = await this.read(id);
    if (!record) throw new Error('an approval that was just written is not there');
    if (!record.end) {
      await this.#redis.sadd(this.#keys.pollGroups(), record.spec.groupId);
      await this.#redis.sadd(this.#keys.pollGroup(record.spec.groupId), id);
    }
    return record;
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
  ): Promise<{ approvalIds: string[]; cursor: string | undefined }> {
    const index = this.#keys.approvalIndex();
    await this.#redis.zremrangebyscore(index, 0, Date.now() - this.#keptMs - longestLifeMs);
    const page = await listNewest(this.#redis, index, cursor, limit);
    return { approvalIds: page.ids, cursor: page.cursor };
  }

  async saveProgress(approvalId: string, progress: ApprovalProgress): Promise<boolean> {
    const args = [JSON.stringify(progress)];
    return (await progressScript.run(this.#redis, [this.#keys.approval(approvalId)], args)) === 1;
  }

  async end(approvalId: string, progress: ApprovalProgress, end: ApprovalEnd & { endedAt: number }): Promise<boolean> {
    const args = [JSON.stringify(progress), JSON.stringify(end), this.#keptMs];
    const ended = (await endScript.run(this.#redis, [this.#keys.approval(approvalId)], args)) === 1;
    await this.#redis.zrem(this.#keys.approvalDeadlines(), approvalId);
    return ended;
  }

  async membersOf(groupId: string): Promise<string[]> {
    return this.#redis.smembers(this.#keys.pollGroup(groupId));
  }

  async groups(): Promise<string[]> {
    return this.#redis.smembers(this.#keys.pollGroups());
  }

  async forgetGroup(groupId: string): Promise<void> {
    await this.#redis.srem(this.#keys.pollGroups(), groupId);
  }

  async leaveGroup(groupId: string, approvalId: string): Promise<void> {
    await this.#redis.srem(this.#keys.pollGroup(groupId), approvalId);
  }

  async forget(approvalId: string): Promise<void> {
    await this.#redis.zrem(this.#keys.approvalDeadlines(), approvalId);
  }

  async due(now: number, limit: number): Promise<string[]> {
    return this.#redis.zrangebyscore(this.#keys.approvalDeadlines(), '-inf', now, 'LIMIT', 0, limit);
  }
}

/** An approval older than this has ended: the longest time-out is below 25 days. */
const longestLifeMs = 25 * 86_400_000;

const createScript = script(`
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
  redis.call('HSET', KEYS[1], 'spec', ARGV[1], 'progress', ARGV[2])
  return 1`);

const progressScript = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'end') == 1 then return 0 end
  redis.call('HSET', KEYS[1], 'progress', ARGV[1])
  return 1`);

const endScript = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'end') == 1 then return 0 end
  redis.call('HSET', KEYS[1], 'progress', ARGV[1], 'end', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return 1`);
