import { describe, expect, it } from 'vitest';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { listNewest } from '../../../manager/redis/newest.ts';
import { startTestRedis } from '../../support/manager.ts';

describe('a list, page by page', () => {
  it.each([1, 7, 100, 500])(
    'gives each row once, however many were made in one millisecond: pages of %i',
    async (limit) => {
      await using server = await startTestRedis();
      const redis = await connectRedis(server.url, 'test', () => {});
      try {
        const rows = Array.from({ length: 300 }, (_, index) => [Math.floor(index / 140), `row_${index}`] as const);
        await redis.zadd('rows', ...rows.flat());
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await listNewest(redis, 'rows', cursor, limit);
          seen.push(...page.ids);
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(seen).toHaveLength(300);
        expect(new Set(seen).size).toBe(300);
        expect(await listNewest(redis, 'rows', '1:gone', 500)).toMatchObject({ cursor: undefined });
        expect((await listNewest(redis, 'rows', '1:gone', 500)).ids).toHaveLength(280);
      } finally {
        redis.disconnect();
      }
    },
  );
});
