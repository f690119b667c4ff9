import type { Redis } from 'ioredis';

/** Pages through a sorted set, highest score first. The cursor is `score:member` of the last row that was given. */
export async function listNewest(
  redis: Redis,
  key: string,
  cursor: string | undefined,
  limit: number,
): Promise<{ ids: string[]; cursor: string | undefined }> {
  const last = cursor === undefined ? undefined : /^(\d+):(.+)$/.exec(cursor);
  const from = last?.[1] ?? '+inf';
  // Rows of the cursor's own score come again; those up to the cursor are dropped.
  const rows = await redis.zrevrangebyscore(key, from, '-inf', 'WITHSCORES', 'LIMIT', 0, limit + 64);
  const pairs = Array.from({ length: rows.length / 2 }, (_, index) => ({
    id: rows[2 * index] ?? '',
    score: rows[2 * index + 1] ?? '',
  }));
  const seen = pairs.findIndex(({ id }) => id === last?.[2]);
  const page = pairs.slice(seen + 1, seen + 1 + limit);
  const end = page.at(-1);
  return { ids: page.map(({ id }) => id), cursor: end && page.length === limit ? `${end.score}:${end.id}` : undefined };
}
