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

const route = routeOf('ticket.read', ['dc1']);
const other = routeOf('ticket.read', ['dc2']);

class LocalNotices implements Notices {
  readonly sent: Notice[] = [];
  publish(notice: Notice): void {
    this.sent.push(notice);
  }
  subscribe(): () => void {
    return () => {};
  }
}

async function openQueue(server: TestRedis, managerId = 'mgr_1') {
  const redis = await connectRedis(server.url, 'test', () => {});
  const notices = new LocalNotices();
  const keys = new Keys('test');
  const queue = new BullTaskQueue({
    redis,
    keys,
    notices,
    managerId,
    clock: systemClock,
    log: capturingLogger().logger,
  });
  queue.start();
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
  it('gives each task to one claim, in order, priority first', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await using two = await openQueue(server, 'mgr_2');
    await one.queue.enqueue(route, 'tsk_low', 3);
    await one.queue.enqueue(route, 'tsk_a', 1);
    await one.queue.enqueue(route, 'tsk_b', 1);
    const claims = [
      await one.queue.claim(route),
      await two.queue.claim(route),
      await one.queue.claim(route),
      await two.queue.claim(route),
    ];
    expect(claims.map((claim) => claim?.taskId)).toEqual(['tsk_a', 'tsk_b', 'tsk_low', undefined]);
  });

  it('keeps routes apart, and remembers which there are', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(other, 'tsk_x', 1);
    expect(await one.queue.claim(route)).toBeUndefined();
    expect(await one.queue.routes()).toEqual([other]);
    expect(one.notices.sent).toEqual([{ kind: 'route-has-work', routeId: other.id }]);
  });

  it('takes the same task only once, however often it is added', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(route, 'tsk_a', 1);
    await one.queue.enqueue(route, 'tsk_a', 1);
    const claim = taken(await one.queue.claim(route));
    await one.queue.enqueue(route, 'tsk_a', 1);
    expect(await one.queue.claim(route)).toBeUndefined();
    await one.queue.settle(claim);
    expect(await one.queue.claim(route)).toBeUndefined();
  });

  it('gives a deferred task out again when its time has come, to anyone', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await using two = await openQueue(server, 'mgr_2');
    await one.queue.enqueue(route, 'tsk_a', 1);
    const until = Date.now() + 300;
    await one.queue.defer(taken(await one.queue.claim(route)), until);
    expect(await two.queue.claim(route)).toBeUndefined();
    await expect.poll(async () => (await two.queue.claim(route))?.taskId, { timeout: 5_000 }).toBe('tsk_a');
    expect(Date.now()).toBeGreaterThanOrEqual(until);
  });

  it('leaves nothing of a settled task behind', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(route, 'tsk_a', 1);
    await one.queue.settle(taken(await one.queue.claim(route)));
    expect(await one.redis.keys('*tsk_a*')).toEqual([]);
  });

  it('discards a task that waits or is deferred, and leaves one that is held to its holder', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await using two = await openQueue(server, 'mgr_2');
    await one.queue.enqueue(route, 'tsk_a', 1);
    await one.queue.discard(route, 'tsk_a');
    expect(await one.queue.claim(route)).toBeUndefined();
    await one.queue.enqueue(route, 'tsk_b', 1);
    const claim = taken(await one.queue.claim(route));
    await two.queue.discard(route, 'tsk_b');
    await one.queue.settle(claim);
    expect(await one.redis.keys('*tsk_b*')).toEqual([]);
  });

  it('takes the task of a holder that died, once its lock is over', async () => {
    await using server = await startTestRedis();
    await using survivor = await openQueue(server, 'mgr_2');
    const dead = await openQueue(server);
    await dead.queue.enqueue(route, 'tsk_a', 1);
    taken(await dead.queue.claim(route));
    // It renews no more, as a killed process.
    await dead[Symbol.asyncDispose]();
    survivor.queue.watch(route);
    await expect
      .poll(async () => (await survivor.queue.claim(route))?.taskId, { timeout: 40_000, interval: 250 })
      .toBe('tsk_a');
  }, 50_000);

  it('ignores the settlement of a claim that it lost', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    await one.queue.enqueue(route, 'tsk_a', 1);
    const claim = taken(await one.queue.claim(route));
    await one.queue.settle(claim);
    await one.queue.enqueue(route, 'tsk_a', 1);
    const anew = taken(await one.queue.claim(route));
    await one.queue.settle(claim);
    await one.queue.defer(anew, Date.now());
    await expect.poll(async () => (await one.queue.claim(route))?.taskId).toBe('tsk_a');
  });

  it('uses one connection, however many routes there are', async () => {
    await using server = await startTestRedis();
    await using one = await openQueue(server);
    for (let n = 0; n < 50; n += 1) {
      const many = routeOf('ticket.read', [`tag-${n}`]);
      await one.queue.enqueue(many, `tsk_${n}`, 1);
      await one.queue.claim(many);
    }
    const clients = String(await one.redis.client('LIST'))
      .trim()
      .split('\n');
    expect(clients.filter((line) => !line.includes('ticketgate-watch'))).toHaveLength(1);
  });
});
