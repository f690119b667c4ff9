import { describe, expect, it } from 'vitest';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { finish, readParams, startDispatchWorld, succeeded } from '../../support/dispatch-world.ts';
import { startTestRedis } from '../../support/manager.ts';

describe('a manager whose Redis takes no writes', () => {
  it.each([
    { setting: 'maxmemory', refusing: '1', taking: '0', because: 'memory is full' },
    { setting: 'min-replicas-to-write', refusing: '1', taking: '0', because: 'replicas' },
  ])('says so, and what to do, when it is for its $setting; and goes on afterwards', async (limit) => {
    const { setting, refusing, taking, because } = limit;
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const delegate = await world.join();
    const client = await connectRedis(redis.url, 'limit', () => {});
    try {
      await client.config('SET', setting, refusing);
      const problem = {
        status: 503,
        body: {
          code: 'redis-refuses-writes',
          detail: expect.stringContaining(because),
          remedy: expect.stringContaining(setting),
        },
      };
      expect(await world.submit('ticket.read', readParams)).toMatchObject(problem);
      expect(await world.submit('ticket.read', readParams, { idempotencyKey: 'one' })).toMatchObject(problem);
      expect(await world.manager.call('PUT', '/secrets/other', { value: 'x' })).toMatchObject(problem);
      expect((await world.manager.call('GET', '/tasks')).status).toBe(200);
    } finally {
      await client.config('SET', setting, taking);
      client.disconnect();
    }
    const { body } = await world.submit('ticket.read', readParams, { idempotencyKey: 'one' });
    expect((await delegate.next('task.assign')).taskId).toBe(body.id);
  });

  it('acknowledges no report meanwhile, and records it when it is said again', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const delegate = await world.join();
    const { body } = await world.submit('ticket.read', readParams);
    const assign = await delegate.next('task.assign');
    const client = await connectRedis(redis.url, 'limit', () => {});
    await client.config('SET', 'maxmemory', '1');
    finish(delegate, assign);
    expect((await delegate.closed).code).toBe(4500);
    await client.config('SET', 'maxmemory', '0');
    client.disconnect();
    const back = await world.join('a', { inFlight: [{ taskId: assign.taskId, attempt: 1 }] });
    const { taskId, attempt } = assign;
    back.send({ type: 'task.report', taskId, attempt, outcome: succeeded, sideEffect: false, notes: [] });
    expect(await back.next('task.report.ack')).toMatchObject({ status: 'recorded' });
    expect((await world.ended(body.id)).state).toBe('succeeded');
  });

  it('says so when it has become a replica', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const client = await connectRedis(redis.url, 'replica', () => {});
    await client.call('REPLICAOF', '127.0.0.1', '1');
    expect(await world.submit('ticket.read', readParams)).toMatchObject({
      status: 503,
      body: { code: 'redis-refuses-writes', remedy: expect.stringContaining('primary') },
    });
    await client.call('REPLICAOF', 'NO', 'ONE');
    client.disconnect();
  });
});
