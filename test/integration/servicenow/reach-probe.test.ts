import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { FailureCode } from '#protocol/failure.ts';
import type { ReachFinding } from '#protocol/messages.ts';
import { type FaultModeName, faultModeNames } from '../../../simulator/faults.ts';
import { startSimulator } from '../../support/simulator.ts';
import { openWorld, sendHtml, sendJson, startOddServer, type TaskWorld } from './task-world.ts';

type Found = 'live' | readonly ['not-live' | 'unreachable', FailureCode];

/** Complete by its type: a fault of the simulator without what a check finds of it does not compile. */
const foundByFault: Readonly<Record<FaultModeName, Found>> = {
  none: 'live',
  hibernating: ['not-live', 'servicenow-hibernating'],
  'login-page': ['not-live', 'servicenow-login-page'],
  'login-page-200': ['not-live', 'servicenow-login-page'],
  'foreign-page': ['not-live', 'servicenow-not-json'],
  'foreign-json': ['not-live', 'servicenow-undecodable'],
  maintenance: ['not-live', 'servicenow-maintenance'],
  'rate-limited': ['not-live', 'servicenow-rate-limited'],
  busy: ['not-live', 'servicenow-rate-limited'],
  'server-error': ['not-live', 'servicenow-server-error'],
  'bad-gateway': ['not-live', 'servicenow-maintenance'],
  // Strikes answers with 200, and a guarded instance refuses.
  'truncated-json': 'live',
  // Strike writes.
  'commit-then-500': 'live',
  'commit-then-hang': 'live',
  'commit-then-reset': 'live',
  'ignore-writes': 'live',
  slow: ['not-live', 'servicenow-timeout'],
  'unavailable-reset': ['not-live', 'servicenow-reset'],
};

function probe(world: TaskWorld, baseUrl = world.context().target.baseUrl): Promise<ReachFinding> {
  return world.probeReach(baseUrl, new AbortController().signal);
}

function expectFound(found: ReachFinding, expected: Found): void {
  if (expected === 'live') expect(found).toEqual({ kind: 'live' });
  else expect(found).toMatchObject({ kind: expected[0], failure: { code: expected[1] } });
}

describe('a reach check', () => {
  it.each(faultModeNames)('of an instance with the fault %s finds what is there', async (mode) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url, { reachTimeoutMs: 400 });
    await simulator.setFault({ mode });
    expectFound(await probe(world), foundByFault[mode]);
  });

  it('sends one request without credentials, for one field of one row', async () => {
    await using server = await startOddServer((_request, response) =>
      sendJson(response, 401, { error: { message: 'User Not Authenticated', detail: null }, status: 'failure' }),
    );
    await using world = openWorld(server.url);
    expectFound(await probe(world), 'live');
    expect(server.requests).toMatchObject([
      { method: 'GET', url: '/api/now/table/sys_user?sysparm_limit=1&sysparm_fields=sys_id' },
    ]);
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['rows', 200, '{"result":[{"sys_id":"1"}]}', 'live'],
    ['no rows', 200, '{"result":[]}', 'live'],
    ['JSON of something else', 200, '{"ok":true}', ['not-live', 'servicenow-undecodable']],
    ['401 of something else', 401, '{"reason":"no"}', ['not-live', 'servicenow-unauthenticated']],
    ['403 of an instance', 403, '{"error":{"message":"Forbidden","detail":""}}', ['not-live', 'servicenow-forbidden']],
    ['404', 404, '{}', ['not-live', 'servicenow-bad-request']],
    ['407 of a proxy', 407, '{}', ['not-live', 'servicenow-bad-request']],
  ] as const)('takes %s for what it is', async (_what, status, body, expected) => {
    await using server = await startOddServer((_request, response) => sendJson(response, status, JSON.parse(body)));
    await using world = openWorld(server.url);
    expectFound(await probe(world), expected);
  });

  it('takes a page with 401 for a gateway, and blames no credentials', async () => {
    await using server = await startOddServer((_request, response) => sendHtml(response, 401, '<h1>Sign in</h1>'));
    await using world = openWorld(server.url);
    expect(await probe(world)).toMatchObject({
      kind: 'not-live',
      failure: { remedy: expect.stringMatching(/gateway/) },
    });
  });

  it('follows no redirect', async () => {
    await using server = await startOddServer((_request, response) => {
      response.writeHead(301, { location: 'https://elsewhere.example.com/' }).end();
    });
    await using world = openWorld(server.url);
    expectFound(await probe(world), ['not-live', 'servicenow-redirect']);
  });

  it('tells a way that is broken from an instance that is down', async () => {
    const closed = await startOddServer(() => {});
    await closed[Symbol.asyncDispose]();
    await using noTls = await startRawServer((socket) => socket.destroy());
    await using mute = await startRawServer(() => {});
    await using world = openWorld('http://unused', { connectTimeoutMs: 300, reachTimeoutMs: 2_000 });
    expectFound(await probe(world, closed.url), ['unreachable', 'servicenow-unreachable']);
    expectFound(await probe(world, 'https://no-such-host.invalid/'), ['unreachable', 'servicenow-unreachable']);
    expectFound(await probe(world, `https://127.0.0.1:${noTls.port}/`), ['unreachable', 'servicenow-tls']);
    expectFound(await probe(world, `https://127.0.0.1:${mute.port}/`), ['unreachable', 'servicenow-unreachable']);
    expectFound(await probe(world, `http://127.0.0.1:${noTls.port}/`), ['not-live', 'servicenow-reset']);
  });

  it.each(['ftp://example.com/', 'nonsense', 'http://user:pass@127.0.0.1/'])(
    'blames the base URL %s and not the way',
    async (baseUrl) => {
      await using world = openWorld('http://unused');
      expectFound(await probe(world, baseUrl), ['not-live', 'servicenow-unreachable']);
    },
  );

  it('ends at once when it is dropped', async () => {
    const drop = new AbortController();
    await using server = await startOddServer(() => drop.abort());
    await using world = openWorld(server.url);
    expect(await world.probeReach(server.url, drop.signal)).toMatchObject({ kind: 'not-live' });
  });
});

/** A server that speaks no HTTP: it does with the socket what the test says, once something was received. */
async function startRawServer(onData: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => onData(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
