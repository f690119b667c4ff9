import type { Redis } from 'ioredis';
import type { Idempotency } from '../core/task-store.ts';

/**
 * Takes an idempotency key for an id, or answers with the id that it stands for already; undefined when that was for
 * something else. Without a key the id is free.
 */
export async function claimIdempotencyKey(
  redis: Redis,
  toKey: (key: string) => string,
  id: string,
  idempotency: Idempotency | undefined,
  keptMs: number,
): Promise<string | undefined> {
  if (!idempotency) return id;
  const { key, fingerprint } = idempotency;
  const before = await redis.set(toKey(key), JSON.stringify({ id, fingerprint }), 'PX', keptMs, 'NX', 'GET');
  if (before === null) return id;
  const holder = JSON.parse(before) as { id: string; fingerprint: string };
  return holder.fingerprint === fingerprint ? holder.id : undefined;
}
