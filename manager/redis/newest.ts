import type { Redis } from 'ioredis';
import { script } from './script.ts';

/**
 * ARGV: score and member of the last row that was given, how many. By rank: any number of rows may have one score, since
 * they were made in one millisecond.
 */
const pageScript = script(`
  local start = 0
  if ARGV[2] ~= '' then
    local rank = redis.call('ZREVRANK', KEYS[1], ARGV[2])
    start = rank and rank + 1 or redis.call('ZCOUNT', KEYS[1], '(' .. ARGV[1], '+inf')
  end
  return redis.call('ZREVRANGE', KEYS[1], start, start + ARGV[3] - 1, 'WITHSCORES')`);

/** Pages through a sorted set, highest score first. The cursor is `score:member` of the last row that was given. */
export async function listNewest(
  redis: Redis,
  key: string,
  cursor: string | undefined,
  limit: number,
): Promise<{ ids: string[]; cursor: string | undefined }> {
  const [, score = '', member = ''] = /^(\d+):(.+)$/.exec(cursor ?? '') ?? [];
  const rows = (await pageScript.run(redis, [key], [score, member, limit])) as string[];
  const ids = rows.filter((_, index) => index % 2 === 0);
  const last = ids.at(-1);
  return { ids, cursor: last !== undefined && ids.length === limit ? `${rows.at(-1)}:${last}` : undefined };
}
