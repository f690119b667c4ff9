import { describe, expect, it } from 'vitest';
import { closeCodes } from '#protocol/close-codes.ts';
import { limits } from '#protocol/limits.ts';
import { taskTypeNames } from '#protocol/task-types.ts';
import { knownFeatures, revision } from '#protocol/version.ts';
import { composeAssign, key } from '../../unit/delegate/fixtures.ts';
import { seal } from '../../unit/delegate/seal.ts';
import { createDelegateWorld, warnings } from './delegate-world.ts';

describe('the handshake', () => {
  it('tells who the delegate is, and is online with the first welcome', async () => {
    await using world = await createDelegateWorld();
    const service = await world.start();
    const { session, hello } = await world.manager.nextHello();
    expect([session.path, session.subprotocol]).toEqual(['/api/v1/delegate', 'ticketgate.v1']);
    expect(hello).toEqual({
      type: 'hello',
      revision,
      features: [...knownFeatures],
      token: 'tgd_token',
      name: 'DC-1',
      instanceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      hostname: 'Host-1',
      version: '9.9.9',
      tags: ['dc-1', 'host-1', 'prod'],
      taskTypes: expect.arrayContaining([...taskTypeNames]),
      capacity: 2,
      sealKey: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      inFlight: [],
      runId: 'run-1',
    });
    expect(await service.ready).toEqual({
      event: 'online',
      delegateId: 'delegate-1',
      managerId: 'manager-1',
      name: 'DC-1',
    });
  });

  it('keeps a path prefix of the manager', async () => {
    await using world = await createDelegateWorld();
    await world.start({ managerUrl: `${world.manager.url}/tools/ticketgate/` });
    expect((await world.manager.nextSession()).path).toBe('/tools/ticketgate/api/v1/delegate');
  });

  it('makes a new key pair for every session, under the same instance id and in the same run', async () => {
    await using world = await createDelegateWorld();
    await world.start();
    const first = await world.manager.nextHello();
    first.session.close(1001);
    const second = await world.manager.nextHello();
    expect(second.hello.sealKey).not.toBe(first.hello.sealKey);
    expect(second.hello.instanceId).toBe(first.hello.instanceId);
    expect(second.hello.runId).toBe(first.hello.runId);
  });

  it('fails clearly when what answers speaks no ticketgate.v1', async () => {
    await using world = await createDelegateWorld();
    world.manager.answeredSubprotocol = false;
    await world.start();
    await world.manager.nextSession();
    world.manager.answeredSubprotocol = 'ticketgate.v1';
    await world.manager.nextHello();
    expect(warnings(world.log)).toMatchObject([
      { phrase: 'no session with the manager', reason: 'no subprotocol ticketgate.v1', redialInMs: 90 },
    ]);
  });
});

describe('a refused delegate', () => {
  it.each([
    ['token-unknown', 'ticketgate delegate-token create'],
    ['token-expired', 'ticketgate delegate-token create'],
    ['token-revoked', 'administrator'],
    ['revision-unsupported', 'upgrade'],
    ['identity-conflict', '--name'],
    ['flooding', 'Report'],
  ] as const)('(%s) says so with a remedy, dials slowly, and is welcomed when it may', async (closeName, remedy) => {
    await using world = await createDelegateWorld();
    world.manager.autoHandshake = false;
    const service = await world.start();
    for (let refusals = 0; refusals < 3; refusals++) {
      const { session } = await world.manager.nextHello();
      if (refusals === 2) world.manager.autoHandshake = true;
      session.close(closeCodes[closeName].code, 'as the manager says');
    }
    await service.ready;
    const refused = { phrase: 'no session with the manager', by: 'manager', closeName, redialInMs: 90 };
    const line = { ...refused, reason: 'as the manager says', remedy: expect.stringContaining(remedy) };
    expect(warnings(world.log)).toMatchObject([line, line, line]);
  });

  it.each([
    [401, 'redial-slowly', 90],
    [403, 'redial-slowly', 90],
    [400, 'redial-slowly', 90],
    [407, 'redial-slowly', 90],
    [503, 'redial', 7.5],
  ])('by HTTP %i in the place of the upgrade explains it and dials again (%s)', async (status, _after, redialInMs) => {
    await using world = await createDelegateWorld();
    world.manager.refuse(status, { 'content-type': 'text/html', server: 'BigWall' }, '<html>Blocked</html>');
    await world.start();
    await expect.poll(() => warnings(world.log).length).toBeGreaterThan(0);
    world.manager.accept();
    await world.manager.nextHello();
    expect(warnings(world.log)[0]).toMatchObject({
      by: 'network',
      reason: `HTTP ${status} with a web page in the place of a WebSocket, from BigWall`,
      remedy: expect.stringMatching(/./),
      redialInMs: Math.round(redialInMs),
    });
  });

  it('by a closed port explains it, and dials again for ever', async () => {
    await using world = await createDelegateWorld();
    await world.manager.close();
    await world.start();
    await expect.poll(() => warnings(world.log).length).toBeGreaterThan(2);
    expect(warnings(world.log)[2]).toMatchObject({
      reason: expect.stringContaining('ECONNREFUSED'),
      remedy: expect.stringContaining('Nothing listens'),
    });
  });
});

describe('a session', () => {
  it('that the manager ends with 1001 is followed by another at once', async () => {
    await using world = await createDelegateWorld();
    await world.start();
    const { session } = await world.manager.nextHello();
    session.close(1001, 'restart');
    await world.manager.nextHello();
    expect(warnings(world.log)).toMatchObject([{ closeName: 'going-away', reason: 'restart', redialInMs: 8 }]);
  });

  it('that is cut is followed by another at once', async () => {
    await using world = await createDelegateWorld();
    const service = await world.start();
    const { session } = await world.manager.nextHello();
    await service.ready;
    session.terminate();
    await world.manager.nextHello();
    expect(warnings(world.log)).toMatchObject([{ by: 'network', code: 1006 }]);
  });

  it('beats as often as the welcome says, with what is in flight', async () => {
    await using world = await createDelegateWorld();
    world.manager.welcome = { heartbeatMs: 10 };
    await world.start();
    const { session, hello } = await world.manager.nextHello();
    expect(await session.waitForMessage('heartbeat')).toEqual({ type: 'heartbeat', inFlight: [] });
    const target = composeAssign().target;
    if (!target) throw new Error('an assignment without target');
    const password = seal('pw', hello.sealKey, 'task-1\n1\npassword');
    session.send(composeAssign({ target: { ...target, authentication: { kind: 'basic', username: 'u', password } } }));
    await session.waitForMessage('task.accept');
    for (;;) {
      const { inFlight } = await session.waitForMessage('heartbeat');
      if (inFlight.length === 0) continue;
      expect(inFlight).toEqual([key('task-1')]);
      return;
    }
  });

  it('with a manager that has gone silent is closed with 4408, and followed by another', async () => {
    await using world = await createDelegateWorld();
    world.manager.welcome = { heartbeatMs: 10, heartbeatTimeoutMs: 60 };
    await world.start();
    const { session } = await world.manager.nextHello();
    await session.waitForMessage('heartbeat');
    session.goSilent();
    expect(await session.closed).toMatchObject({ code: 4408 });
    await world.manager.nextHello();
  });

  it('in which an unknown message comes is closed with 4400 that names it, and followed slowly by another', async () => {
    await using world = await createDelegateWorld();
    const service = await world.start();
    const { session } = await world.manager.nextHello();
    await service.ready;
    session.sendFrame('{"type":"task.pause"}');
    expect(await session.closed).toEqual({ code: 4400, reason: 'unknown message "task.pause"' });
    await world.manager.nextHello();
    expect(warnings(world.log)).toMatchObject([{ by: 'delegate', closeName: 'protocol-error', redialInMs: 90 }]);
  });

  it('in which a binary frame comes is closed with 4400', async () => {
    await using world = await createDelegateWorld();
    await world.start();
    const { session } = await world.manager.nextHello();
    session.sendFrame(new Uint8Array([1, 2, 3]));
    expect(await session.closed).toMatchObject({ code: 4400, reason: expect.stringContaining('binary') });
  });

  it('in which a frame over the limit comes is closed with 1009, and followed slowly by another', async () => {
    await using world = await createDelegateWorld();
    const service = await world.start();
    const { session } = await world.manager.nextHello();
    await service.ready;
    session.sendFrame(`"${'x'.repeat(limits.maxFrameBytes)}"`);
    expect(await session.closed).toMatchObject({ code: 1009 });
    await world.manager.nextHello();
    expect(warnings(world.log)).toMatchObject([{ closeName: 'frame-too-large', redialInMs: 90 }]);
  });
});
