import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { openWorld, startOddServer } from '../servicenow/task-world.ts';
import { createDelegateWorld } from './delegate-world.ts';

describe('a reach check over a real socket', () => {
  it('is answered by what a real request met, beside a delegate that is full', async () => {
    await using simulator = await startSimulator();
    await using serviceNow = openWorld(simulator.url);
    await using world = await createDelegateWorld({ probeReach: serviceNow.probeReach });
    await world.start({ capacity: 1 });
    const { session, hello } = await world.manager.nextHello();
    expect(hello.features).toContain('reach-check');
    session.send({ type: 'reach.check', checkId: 'check-1', baseUrl: simulator.url });
    expect(await session.waitForMessage('reach.result')).toEqual({
      type: 'reach.result',
      checkId: 'check-1',
      found: { kind: 'live' },
    });
    await simulator.setFault({ mode: 'hibernating' });
    session.send({ type: 'reach.check', checkId: 'check-2', baseUrl: simulator.url });
    expect(await session.waitForMessage('reach.result')).toMatchObject({
      checkId: 'check-2',
      found: { kind: 'not-live', failure: { code: 'servicenow-hibernating' } },
    });
  });

  it('that comes twice at once is one request and two answers', async () => {
    await using simulator = await startSimulator();
    await using serviceNow = openWorld(simulator.url);
    await using world = await createDelegateWorld({ probeReach: serviceNow.probeReach });
    await world.start();
    const { session } = await world.manager.nextHello();
    for (const checkId of ['check-1', 'check-2'])
      session.send({ type: 'reach.check', checkId, baseUrl: simulator.url });
    expect(await session.waitForMessage('reach.result')).toMatchObject({ checkId: 'check-1', found: { kind: 'live' } });
    expect(await session.waitForMessage('reach.result')).toMatchObject({ checkId: 'check-2', found: { kind: 'live' } });
    expect((await simulator.requests()).total).toBe(1);
  });

  it('is dropped with the session that it came in', async () => {
    const dropped = Promise.withResolvers<void>();
    await using server = await startOddServer((request) => request.socket.on('close', () => dropped.resolve()));
    await using serviceNow = openWorld(server.url);
    await using world = await createDelegateWorld({ probeReach: serviceNow.probeReach });
    await world.start();
    const { session } = await world.manager.nextHello();
    session.send({ type: 'reach.check', checkId: 'check-1', baseUrl: server.url });
    await expect.poll(() => server.requests.length).toBe(1);
    session.close(1001);
    await dropped.promise;
    const next = await world.manager.nextHello();
    expect(next.session.pendingTypes()).toEqual([]);
  });
});
