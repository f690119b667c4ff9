import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startEmbeddedRedis } from '../../../manager/redis/embedded.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { readParams, readResult, startDispatchWorld } from '../../support/dispatch-world.ts';
import { capturingLogger } from '../../support/log.ts';
import { startTestManager } from '../../support/manager.ts';

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
