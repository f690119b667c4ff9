import { describe, expect, it } from 'vitest';
import { unwatched } from '../../../manager/core/watch.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { RedisPollGroups } from '../../../manager/redis/poll-group-store.ts';
import { startTestRedis } from '../../support/manager.ts';

const groupId = 'change_request-1';

async function openGroups() {
  const server = await startTestRedis();
  const redis = await connectRedis(server.url, 'test', () => {});
  const keys = new Keys('test');
  return {
    redis,
    keys,
    groups: new RedisPollGroups(redis, keys),
    [Symbol.asyncDispose]: async () => {
      redis.disconnect();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe('a poll group', () => {
  it('keeps what it has learnt while somebody waits in it', async () => {
    await using world = await openGroups();
    await world.redis.zadd(world.keys.pollGroup(groupId), 300, 'apr_1');
    await world.groups.saveWatch(groupId, { ...unwatched, askedAt: 7 });
    expect(await world.groups.watchOf(groupId)).toEqual({ ...unwatched, askedAt: 7 });
  });

  it('leaves nothing when a manager that had lost it learns something after it was given back empty', async () => {
    await using world = await openGroups();
    await world.redis.zadd(world.keys.pollGroups(), 0, groupId);
    expect(await world.groups.take('mgr_1', 1, 2, 1)).toEqual([groupId]);
    expect(await world.groups.take('mgr_2', 3, 4, 1)).toEqual([groupId]);
    await world.groups.giveBack(groupId, 'mgr_2', { notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER });
    await world.groups.saveWatch(groupId, { ...unwatched, askedAt: 7 });
    await world.groups.giveBack(groupId, 'mgr_1', { notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER });
    expect(await world.redis.keys('test:poll*')).toEqual([]);
  });
});
