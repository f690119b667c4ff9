import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { limits } from '#protocol/limits.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';
import { ScriptedDelegate } from '../../support/scripted-delegate.ts';

describe('a delegate that dials the manager', () => {
  it('is welcomed with every interval it needs, and listed as online', async () => {
    await using manager = await startTestManager();
    await using delegate = await ScriptedDelegate.dial(manager.url);
    delegate.send(delegate.hello(await manager.delegateToken(), { tags: ['DC1', ' prod '] }));
    expect(await delegate.next('welcome')).toMatchObject({
      delegateId: 'scripted.00000000',
      heartbeatMs: 100,
      heartbeatTimeoutMs: 1_000,
      maxFrameBytes: limits.maxFrameBytes,
    });
    const { body } = await manager.call('GET', '/delegates');
    expect(body.items).toMatchObject([{ name: 'scripted', state: 'online', tags: ['dc1', 'prod', 'scripted'] }]);
  });

  it('is told that its token is unknown', async () => {
    await using manager = await startTestManager();
    await using delegate = await ScriptedDelegate.dial(manager.url);
    delegate.send(delegate.hello('tgd_nobody_nothing'));
    expect(await delegate.closed).toMatchObject({
      code: 4401,
      reason: expect.stringContaining('delegate-token create'),
    });
  });

  it('is closed within seconds when its token is revoked, and told so when it comes back', async () => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken('site');
    await using delegate = await ScriptedDelegate.join(manager.url, token);
    expect((await manager.call('DELETE', '/delegate-tokens/site')).status).toBe(200);
    expect((await delegate.closed).code).toBe(4403);
    await using again = await ScriptedDelegate.dial(manager.url);
    again.send(again.hello(token));
    expect((await again.closed).code).toBe(4403);
  });

  it('cannot join with an API token', async () => {
    await using manager = await startTestManager();
    await using delegate = await ScriptedDelegate.dial(manager.url);
    delegate.send(delegate.hello(manager.adminToken));
    expect((await delegate.closed).code).toBe(4401);
  });

  it('is refused the upgrade without the subprotocol', async () => {
    await using manager = await startTestManager();
    const socket = new WebSocket(`${manager.url.replace('http', 'ws')}/api/v1/delegate`);
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(400);
    response.destroy();
  });

  it('is refused an upgrade of another path', async () => {
    await using manager = await startTestManager();
    const socket = new WebSocket(`${manager.url.replace('http', 'ws')}/elsewhere`, 'ticketgate.v1');
    const [, response] = await once(socket, 'unexpected-response');
    expect(response.statusCode).toBe(404);
    response.destroy();
  });

  it.each([
    { what: 'an unknown message', frame: '{"type":"task.steal"}', reason: 'unknown message "task.steal"' },
    { what: 'no JSON', frame: 'hello?', reason: 'the frame is not JSON' },
    { what: 'no type', frame: '[]', reason: 'the frame is not an object with a type' },
    { what: "a manager's message", frame: '{"type":"welcome"}', reason: 'welcome travels the other way' },
    { what: 'a heartbeat without its list', frame: '{"type":"heartbeat"}', reason: 'heartbeat: lacks inFlight' },
    { what: 'a second hello', frame: 'HELLO', reason: 'hello came twice' },
    {
      what: 'the acceptance of a task that it was not given',
      frame: '{"type":"task.accept","taskId":"tsk_x","attempt":1}',
      reason: 'task.accept: tsk_x/1 was not given to this session, or is answered',
    },
  ])('is closed with 4400 and the reason when it sends $what', async ({ frame, reason }) => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken();
    await using delegate = await ScriptedDelegate.join(manager.url, token);
    delegate.sendRaw(frame === 'HELLO' ? JSON.stringify(delegate.hello(token)) : frame);
    expect(await delegate.closed).toEqual({ code: 4400, reason });
  });

  it('is closed with 4400 when it sends a binary frame', async () => {
    await using manager = await startTestManager();
    await using delegate = await ScriptedDelegate.join(manager.url, await manager.delegateToken());
    delegate.sendRaw(Buffer.from([1, 2, 3]));
    expect((await delegate.closed).code).toBe(4400);
  });

  it('is closed with 4400 when it speaks before its hello', async () => {
    await using manager = await startTestManager();
    await using delegate = await ScriptedDelegate.dial(manager.url);
    delegate.send({ type: 'heartbeat', inFlight: [] });
    expect((await delegate.closed).reason).toBe('heartbeat is not legal before welcome');
  });

  it('is closed with 1009 when its hello is too long, or any frame is', async () => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken();
    await using early = await ScriptedDelegate.dial(manager.url);
    early.sendRaw(' '.repeat(limits.maxHelloBytes + 1));
    expect((await early.closed).code).toBe(1009);
    await using late = await ScriptedDelegate.join(manager.url, token);
    late.sendRaw(' '.repeat(limits.maxFrameBytes + 1));
    expect((await late.closed).code).toBe(1009);
  });

  it('is closed with 4408 when it says nothing', async () => {
    await using manager = await startTestManager({ timing: { helloTimeoutMs: 300 } });
    await using delegate = await ScriptedDelegate.dial(manager.url);
    expect(await delegate.closed).toEqual({ code: 4408, reason: 'no hello in time' });
  });

  it('is closed with 4408 when its heartbeats stop, and listed as offline', async () => {
    await using manager = await startTestManager();
    await using delegate = await ScriptedDelegate.join(manager.url, await manager.delegateToken());
    await delegate.beat();
    expect(await delegate.closed).toEqual({ code: 4408, reason: 'no heartbeat in time' });
    expect((await manager.call('GET', '/delegates')).body.items).toMatchObject([{ state: 'offline' }]);
  });

  it('is closed with 4409 when another live delegate has its name', async () => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken();
    await using _first = await ScriptedDelegate.join(manager.url, token);
    await using second = await ScriptedDelegate.dial(manager.url);
    second.send(second.hello(token, { instanceId: '11111111-0000-4000-8000-000000000002' }));
    expect(await second.closed).toMatchObject({ code: 4409, reason: expect.stringContaining('another instance id') });
  });

  it('replaces its own earlier session', async () => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken();
    await using first = await ScriptedDelegate.join(manager.url, token);
    await using _second = await ScriptedDelegate.join(manager.url, token);
    expect((await first.closed).code).toBe(4410);
    expect((await manager.call('GET', '/delegates')).body.items).toMatchObject([{ state: 'online' }]);
  });

  it.each([
    { what: 'tags with blanks inside', change: { tags: ['two words'] }, reason: 'hello: /tags two words' },
    { what: 'a seal key that is none', change: { sealKey: 'AAAA' }, reason: 'hello: /sealKey' },
    { what: 'no capacity', change: { capacity: 0 }, reason: 'hello: /capacity must be >= 1' },
  ])('is closed with 4400 when its hello has $what', async ({ change, reason }) => {
    await using manager = await startTestManager();
    await using delegate = await ScriptedDelegate.dial(manager.url);
    delegate.send(delegate.hello(await manager.delegateToken(), change));
    expect(await delegate.closed).toMatchObject({ code: 4400, reason: expect.stringContaining(reason) });
  });

  it('is told that the manager stops', async () => {
    const manager = await startTestManager();
    await using delegate = await ScriptedDelegate.join(manager.url, await manager.delegateToken());
    await manager[Symbol.asyncDispose]();
    expect((await delegate.closed).code).toBe(1001);
  });

  it('is closed when its token expires while it is connected', async () => {
    await using redis = await startTestRedis();
    await using manager = await startTestManager({ redis });
    await using delegate = await ScriptedDelegate.join(manager.url, await manager.delegateToken('short', '1m'));
    delegate.keepAlive(100);
    const client = await connectRedis(redis.url, 'expire', () => {});
    const [[id, text] = ['', '']] = Object.entries(await client.hgetall('ticketgate:delegate-tokens'));
    await client.hset('ticketgate:delegate-tokens', id, JSON.stringify({ ...JSON.parse(text), expiresAt: Date.now() }));
    client.disconnect();
    expect((await delegate.closed).code).toBe(4402);
  });

  it('is not let in again by a manager that stops, however slow another delegate is to leave', async () => {
    const manager = await startTestManager();
    const token = await manager.delegateToken();
    await using slow = await ScriptedDelegate.join(manager.url, token);
    await using quick = await ScriptedDelegate.join(manager.url, token, {
      name: 'quick',
      instanceId: '22222222-0000-4000-8000-000000000000',
    });
    slow.freeze();
    const stopped = manager[Symbol.asyncDispose]();
    expect((await quick.closed).code).toBe(1001);
    await expect(ScriptedDelegate.dial(manager.url)).rejects.toThrow();
    await stopped;
  });

  it('never has its token in the log', async () => {
    await using manager = await startTestManager();
    const token = await manager.delegateToken();
    await using delegate = await ScriptedDelegate.join(manager.url, token);
    await delegate.beat();
    expect(manager.log()).toContain('scripted.00000000');
    expect(manager.log()).not.toContain(token);
  });
});
