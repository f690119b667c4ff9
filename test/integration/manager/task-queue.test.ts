import { describe, expect, it } from 'vitest';
import type { Claim } from '../../../manager/core/task-queue.ts';
import { routeOf } from '../../../manager/core/task-record.ts';
import type { Notice, Notices } from '../../../manager/core/waiters.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { BullTaskQueue } from '../../../manager/redis/task-queue.ts';
import { systemClock } from '../../../manager/system-clock.ts';
import { capturingLogger } from '../../support/log.ts';
import { startTestRedis, type TestRedis } from '../../support/manager.ts';

const target = { baseUrl: 'https://example.service-now.com/' };
const route = routeOf({ type: 'ticket.read', selectors: ['dc1'], target });
const other = routeOf({ type: 'ticket.read', selectors: ['dc2'], target });

class LocalNotices implements Notices {
  readonly sent: Notice[] = [];
  publish(notice: Notice): void {
    this.sent.push(notice);
  }
  subscribe(): () => void {
    return () => {};
  }
}

async function openQueue(server: TestRedis, managerId = 'mgr_1', clock = systemClock) {
  const redis = await connectRedis(server.url, 'test', () => {});
  const notices = new LocalNotices();
  const keys = new Keys('test');
  const log = capturingLogger().logger;
  const queue = new BullTaskQueue({ redis, keys, notices, managerId, clock, log, lockMs: 1_000 });
  return {
    queue,
    redis,
    notices,
    [Symbol.asyncDispose]: async () => {
      await queue.close();
      redis.disconnect();
    },
  };
}

function taken(claim: Claim | undefined): Claim {
  if (!claim) throw new Error('nothing was claimed');
  return claim;
}

/**
 * BullMQ's manual interface and backend are public but low-level: these tests hold what we rely on, for the pinned version.
 */
describe('the task queue', () => {
  it('gives each task to one claim, in order', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await using two = await openQueue(server, 'mgr_2');
    for (const id of ['tsk_a', 'tsk_b', 'tsk_c']) await one.queue.enqueue(route, id, 1, 0);
    const claims = [
      await one.queue.claim(route),
      await two.queue.claim(route),
      await one.queue.claim(route),
      await two.queue.claim(route),
    ];
    expect(claims.map((claim) => claim?.taskId)).toEqual(['tsk_a', 'tsk_b', 'tsk_c', undefined]);
    expect(claims[0]).toMatchObject({ attempt: 1, route });
  });

  it('keeps routes apart, and remembers which there are', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(other, 'tsk_x', 1, 0);
    expect(await one.queue.claim(route)).toBeUndefined();
    expect(await one.queue.busyRoutes()).toEqual([other]);
    expect(one.notices.sent).toEqual([{ kind: 'route-has-work', route: other }]);
  });

  it('takes the same attempt only once, however often it is added, and the next one beside what is left of it', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    const claim = taken(await one.queue.claim(route));
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    expect(await one.queue.claim(route)).toBeUndefined();
    await one.queue.enqueue(route, 'tsk_a', 2, 0);
    expect(taken(await one.queue.claim(route)).attempt).toBe(2);
    await one.queue.done(claim);
    expect(await one.queue.claim(route)).toBeUndefined();
  });

  it('gives a task out only when its time has come, to anyone', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await using two = await openQueue(server, 'mgr_2');
    const until = Date.now() + 300;
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    await one.queue.putBack(taken(await one.queue.claim(route)), until);
    await one.queue.enqueue(route, 'tsk_b', 1, until);
    expect(await two.queue.claim(route)).toBeUndefined();
    const next = async () => (await two.queue.claim(route))?.taskId;
    const came: (string | undefined)[] = [];
    for (let n = 0; n < 2; n += 1) {
      await expect.poll(async () => came.push(await next()) && came.at(-1), { timeout: 5_000 }).toBeDefined();
    }
    expect(came.filter((id) => id !== undefined).sort()).toEqual(['tsk_a', 'tsk_b']);
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });

  it('leaves nothing of a placed or a discarded task behind', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    await one.queue.enqueue(route, 'tsk_b', 1, 0);
    await one.queue.enqueue(route, 'tsk_c', 1, Date.now() + 60_000);
    await one.queue.done(taken(await one.queue.claim(route)));
    await one.queue.discard(route, 'tsk_b', 1);
    await one.queue.discard(route, 'tsk_c', 1);
    expect(await one.queue.claim(route)).toBeUndefined();
    expect(await one.redis.keys('*tsk_*')).toEqual([]);
  });

  it('takes the task of a holder that died, once its lock is over', async () => {
    await using server = await startTestRedis();
    await using survivor = await openQueue(server, 'mgr_2');
    const dead = await openQueue(server);
    await dead.queue.enqueue(route, 'tsk_a', 1, 0);
    taken(await dead.queue.claim(route));
    await dead[Symbol.asyncDispose]();
    const claim = async () => {
      await survivor.queue.recover(route);
      return (await survivor.queue.claim(route))?.taskId;
    };
    await expect.poll(claim, { timeout: 10_000, interval: 100 }).toBe('tsk_a');
  });

  it('does no harm when a claim that was lost is ended late', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    const claim = taken(await one.queue.claim(route));
    await one.queue.done(claim);
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    const anew = taken(await one.queue.claim(route));
    await one.queue.done(claim);
    await one.queue.putBack(anew, Date.now());
    await expect.poll(async () => (await one.queue.claim(route))?.taskId).toBe('tsk_a');
  });

  it('forgets a route that has not been used for a minute, with all of its keys, and not before its last task', async () => {
    await using server = await startTestRedis();
    let ahead = 0;
    const clock = { ...systemClock, now: () => Date.now() + ahead };
    await using one = await openQueue(server, 'mgr_1', clock);
    await one.queue.enqueue(route, 'tsk_a', 1, 0);
    ahead = 120_000;
    await one.queue.forgetIdle();
    expect(await one.queue.busyRoutes()).toEqual([route]);
    await one.queue.done(taken(await one.queue.claim(route)));
    expect(await one.queue.busyRoutes()).toEqual([]);
    ahead = 240_000;
    await one.queue.forgetIdle();
    expect(await one.redis.keys('*')).toEqual([]);
    await one.queue.enqueue(route, 'tsk_b', 1, 0);
    expect(taken(await one.queue.claim(route)).taskId).toBe('tsk_b');
  });

  it('uses one connection, however many routes there are', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    for (let n = 0; n < 50; n += 1) {
      const many = routeOf({ type: 'ticket.read', selectors: [`tag-${n}`], target });
      await one.queue.enqueue(many, `tsk_${n}`, 1, 0);
      await one.queue.claim(many);
    }
    const clients = String(await one.redis.client('LIST'))
      .trim()
      .split('\n');
    expect(clients.filter((line) => !line.includes('ticketgate-watch'))).toHaveLength(1);
  });
});
