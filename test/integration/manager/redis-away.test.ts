import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { startEmbeddedRedis } from '../../../manager/redis/embedded.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { readParams, readResult, startDispatchWorld, ticketParams } from '../../support/dispatch-world.ts';
import { capturingLogger } from '../../support/log.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';

describe('a manager whose Redis goes away', () => {
  it('says so at once, and carries on when it is back, with what it had accepted', async () => {
    await using directory = await temporaryDirectory();
    const start = () => startEmbeddedRedis(directory.path, capturingLogger().logger);
    const first = await start();
    const redis = { url: first.url, dir: directory.path, [Symbol.asyncDispose]: async () => {} };
    await using world = await startDispatchWorld({ redis });
    const { body } = await world.submit('ticket.read', readParams, { limits: { pickUp: '10m', deadline: '20m' } });
    await first.close();
    await expect
      .poll(async () => (await world.manager.call('GET', '/tasks')).body, { timeout: 5_000 })
      .toMatchObject({ status: 503, code: 'redis-unavailable', remedy: expect.stringContaining('again') });
    expect((await fetch(`${world.manager.url}/ready`)).status).toBe(503);
    expect((await fetch(`${world.manager.url}/live`)).status).toBe(200);
    const signIn = await world.manager.call('POST', '/session', { token: world.manager.adminToken });
    expect(signIn.body.code).toBe('redis-unavailable');
    expect((await world.manager.call('DELETE', '/session')).status).toBe(204);
    const second = await start();
    try {
      await expect.poll(async () => (await fetch(`${world.manager.url}/ready`)).status, { timeout: 10_000 }).toBe(200);
      const delegate = await world.join();
      const { taskId, attempt } = await delegate.next('task.assign');
      expect(taskId).toBe(body.id);
      delegate.send({ type: 'task.accept', taskId, attempt });
      delegate.send({
        type: 'task.report',
        taskId,
        attempt,
        outcome: { kind: 'succeeded', result: readResult },
        sideEffect: false,
        notes: [],
      });
      expect((await world.ended(taskId)).state).toBe('succeeded');
    } finally {
      await world[Symbol.asyncDispose]();
      await second.close();
    }
  }, 40_000);
});

describe('a manager whose Redis comes back empty', () => {
  it('says so, takes no work, lets nobody wait, and begins anew when it is started again', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const { body } = await world.submit('ticket.read', readParams, { selectors: ['nobody'] });
    const waiting = world.manager.call('GET', `/tasks/${body.id}?waitMs=30000`);
    const client = await connectRedis(redis.url, 'wipe', () => {});
    await client.flushall();
    expect(await waiting).toMatchObject({
      status: 503,
      body: { code: 'redis-emptied', remedy: expect.stringContaining('Restore Redis') },
    });
    const ready = await fetch(`${world.manager.url}/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { because: expect.stringContaining('lost') }]);
    expect((await world.manager.call('GET', '/tasks')).body.code).toBe('redis-emptied');
    expect(world.manager.log()).toContain('redis has lost everything that was in it');
    // A started one has nothing that it could miss.
    await using anew = await startTestManager({ redis });
    expect((await anew.call('GET', '/tasks')).body.items).toEqual([]);
    client.disconnect();
  });
});

describe('a delegate whose manager finds its Redis emptied', () => {
  it('is told nothing untrue, and keeps the report that nobody could record', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const delegate = await world.join();
    await world.submit('ticket.create', ticketParams);
    const { taskId, attempt } = await delegate.next('task.assign');
    delegate.send({ type: 'task.accept', taskId, attempt });
    await delegate.beat([{ taskId, attempt }]);
    const client = await connectRedis(redis.url, 'wipe', () => {});
    await client.flushall();
    client.disconnect();
    const heard: string[] = [];
    delegate.onMessage(({ type }) => heard.push(type));
    const outcome = { kind: 'failed', failure: failure('outcome-unknown', 'x', 'y') } as const;
    delegate.send({ type: 'task.report', taskId, attempt, outcome, sideEffect: true, notes: [] });
    expect(await delegate.closed).toMatchObject({ code: 4500 });
    expect(heard).not.toContain('task.report.ack');
    expect(heard).not.toContain('task.cancel');
  });
});

describe('a manager whose Redis stalls without closing its connection', () => {
  it('says so within seconds, and carries on when it answers again', async () => {
    await using directory = await temporaryDirectory();
    const server = await startEmbeddedRedis(directory.path, capturingLogger().logger);
    const redis = { url: server.url, dir: directory.path, [Symbol.asyncDispose]: async () => {} };
    const client = await connectRedis(server.url, 'pid', () => {});
    const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
    client.disconnect();
    {
      await using world = await startDispatchWorld({ redis });
      const delegate = await world.join();
      const ready = async () => (await fetch(`${world.manager.url}/ready`)).status;
      process.kill(pid, 'SIGSTOP');
      try {
        await expect.poll(ready, { timeout: 10_000 }).toBe(503);
        expect((await world.manager.call('GET', '/tasks')).body.code).toBe('redis-unavailable');
        // Heartbeats are answered all the same: the session outlives it.
        await delegate.beat();
      } finally {
        process.kill(pid, 'SIGCONT');
      }
      await expect.poll(ready, { timeout: 10_000 }).toBe(200);
      const { body } = await world.submit('ticket.read', readParams);
      expect((await delegate.next('task.assign')).taskId).toBe(body.id);
    }
    await server.close();
  }, 40_000);
});

describe('a stranger who sends a malformed upgrade', () => {
  it.each(['//', 'http://[', '/%'])('of %s is refused, and the manager lives on', async (target) => {
    await using manager = await startTestManager();
    const { port } = new URL(manager.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 40[04] /);
    socket.destroy();
    expect((await fetch(`${manager.url}/live`)).status).toBe(200);
  });
});
