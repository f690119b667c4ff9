import type { Redis } from 'ioredis';
import type { Idempotency } from '../core/task-store.ts';
import { script } from './script.ts';

/**
 * Takes an idempotency key for an id, or answers with the id that it stands for already; undefined when that was for
 * something else. Without a key the id is free. `forgottenId`: what the key stands for no more, if it still does.
 */
export async function claimIdempotencyKey(
  redis: Redis,
  toKey: (key: string) => string,
  id: string,
  idempotency: Idempotency | undefined,
  keptMs: number,
  forgottenId?: string,
): Promise<string | undefined> {
  if (!idempotency) return id;
  const { key, fingerprint } = idempotency;
  const forgotten = forgottenId === undefined ? '' : JSON.stringify({ id: forgottenId, fingerprint });
  const text = await claimScript.run(redis, [toKey(key)], [JSON.stringify({ id, fingerprint }), keptMs, forgotten]);
  const holder = JSON.parse(String(text)) as { id: string; fingerprint: string };
  return holder.fingerprint === fingerprint ? holder.id : undefined;
}

/** The id that an idempotency key stands for; undefined when it was not used. */
export async function readIdempotencyKey(
  redis: Redis,
  toKey: (key: string) => string,
  { key, fingerprint }: Idempotency,
): Promise<{ readonly id: string } | 'key-reused' | undefined> {
  const text = await redis.get(toKey(key));
  if (text === null) return undefined;
  const holder = JSON.parse(text) as { id: string; fingerprint: string };
  return holder.fingerprint === fingerprint ? { id: holder.id } : 'key-reused';
}

/** SET with NX and GET together would need Redis 7. */
export const claimScript = script(`
  local holder = redis.call('GET', KEYS[1])
  if holder and holder ~= ARGV[3] then return holder end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return ARGV[1]`);
