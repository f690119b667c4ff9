import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { RedisDelegateDirectory } from '../../../manager/redis/delegate-directory.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { readParams, startDispatchWorld, succeeded } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';
import { callApi, startDelegate, startManager } from '../../support/programs.ts';

const live = { kind: 'live' } as const;

describe('POST /delegates/{id}/drain', () => {
  it('asks the delegate to drain, gives it nothing new, and lets it finish what it has', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.joinModern('a', live);
    const { body: running } = await world.submit('ticket.read', readParams);
    const { taskId, attempt } = await delegate.next('task.assign');
    delegate.send({ type: 'task.accept', taskId, attempt });
    const [{ id }] = (await world.manager.call('GET', '/delegates')).body.items;
    expect(await world.manager.call('POST', `/delegates/${id}/drain`)).toMatchObject({
      status: 200,
      body: { state: 'draining' },
    });
    expect(await delegate.next('drain')).toEqual({ type: 'drain', reason: 'admin' });
    const { body: later } = await world.submit('ticket.read', readParams);
    const { body: why } = await world.manager.call('GET', `/tasks/${later.id}/why`);
    expect(why.delegates).toMatchObject([{ verdict: { kind: 'draining' } }]);
    delegate.send({
      type: 'task.report',
      taskId,
      attempt,
      outcome: succeeded,
      sideEffect: false,
      notes: [],
    });
    expect((await world.ended(running.id)).state).toBe('succeeded');
    expect((await world.manager.call('POST', `/delegates/${id}/drain`)).status).toBe(200);
  });

  it('reaches a delegate of another manager, and again in a new session of the same process, not of the next', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    await using there = await startTestManager({ redis });
    const { call } = world.manager;
    const first = await world.joinModern('a', live, { runId: 'run-1' }, there);
    const [{ id }] = (await call('GET', '/delegates')).body.items;
    const stateOf = async () => (await call('GET', `/delegates/${id}`)).body.state;
    await expect.poll(stateOf).toBe('online');
    expect((await call('POST', `/delegates/${id}/drain`)).body.state).toBe('draining');
    await first.next('drain');
    await first[Symbol.asyncDispose]();
    const again = await world.joinModern('a', live, { runId: 'run-1' });
    await again.next('drain');
    await again[Symbol.asyncDispose]();
    await world.joinModern('a', live, { runId: 'run-2' }, there);
    await expect.poll(stateOf).toBe('online');
  });

  it('is found with the next heartbeat when its notice is lost', async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis });
    const delegate = await world.joinModern('a', live);
    const client = await connectRedis(redis.url, 'wish', () => {});
    const directory = new RedisDelegateDirectory(client, new Keys('ticketgate'));
    const [entry] = await directory.list();
    const wish = { at: 1, by: 'somebody', runId: entry?.runId, sessionId: entry?.sessionId ?? '' };
    expect(await directory.askToDrain(entry?.id ?? '', wish)).toBe(true);
    expect(await delegate.next('drain')).toMatchObject({ reason: 'somebody' });
    expect(await directory.askToDrain(entry?.id ?? '', { ...wish, sessionId: 'ses_before' })).toBe(false);
    client.disconnect();
  });

  it('answers 404 for an unknown delegate, and 409 for one that is offline', async () => {
    await using world = await startDispatchWorld();
    expect((await world.manager.call('POST', '/delegates/nobody.1/drain')).body.code).toBe('delegate-not-found');
    const delegate = await world.joinModern('a', live);
    await delegate[Symbol.asyncDispose]();
    const [{ id }] = (await world.manager.call('GET', '/delegates')).body.items;
    await expect.poll(async () => (await world.manager.call('GET', `/delegates/${id}`)).body.state).toBe('offline');
    expect(await world.manager.call('POST', `/delegates/${id}/drain`)).toMatchObject({
      status: 409,
      body: { code: 'delegate-offline' },
    });
  });

  it('ends a real delegate with code 0, and a restart brings it back', async () => {
    await using manager = await startManager();
    await using directory = await temporaryDirectory();
    const call = callApi(manager);
    const { token } = await call('POST', '/delegate-tokens', { name: 'real' });
    const settings = { manager: manager.url, token, name: 'dc1', data: directory.path };
    await using delegate = await startDelegate(settings);
    const ended = once(delegate.child, 'exit');
    await call('POST', `/delegates/${delegate.delegateId}/drain`, {});
    expect((await ended)[0]).toBe(0);
    await using again = await startDelegate(settings);
    const stateOf = async () => (await call('GET', `/delegates/${again.delegateId}`)).state;
    await expect.poll(stateOf, { timeout: 10_000 }).toBe('online');
  });
});
