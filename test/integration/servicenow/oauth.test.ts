import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { startFront } from './front.ts';
import { failureOf, openWorld, sendJson, successOf } from './task-world.ts';
import {
  as,
  byClient,
  byPassword,
  byRefresh,
  client,
  grant,
  incident,
  openMovingWorld,
  refuse,
  refuseCall,
  startTokenServer,
  wanted,
} from './token-world.ts';

describe('logging in by OAuth', () => {
  it.each([
    ['client credentials', byClient],
    ['password', byPassword],
  ])('works on an instance by %s, for reads and writes, with one token request', async (_, authentication) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const created = successOf(await world.handlers['ticket.create'](incident, as(world, authentication)));
    const numbers = [created.result.ticket.number];
    const read = await world.handlers['ticket.read']({ ...wanted, numbers }, as(world, authentication));
    expect(successOf(read).result.tickets).toHaveLength(1);
    const { recent } = await simulator.requests();
    expect(recent.filter(({ path }) => path === '/oauth_token.do')).toHaveLength(1);
    const asked = recent.filter(({ user }) => user === 'integration').map(({ method, path }) => `${method} ${path}`);
    expect(asked).toEqual([
      'GET /api/now/ui/meta/incident',
      'POST /api/now/table/incident',
      'GET /api/now/table/incident',
    ]);
  });

  it('works on an instance by an API key', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(
      await world.handlers['ticket.create'](incident, as(world, { kind: 'api-key', apiKey: 'simulator-api-key' })),
    );
  });

  it('works on an instance by a refresh token', async () => {
    await using simulator = await startSimulator();
    simulator.world.tokens.addRefreshToken('first-refresh-token', 'integration');
    await using world = openWorld(simulator.url);
    successOf(await world.handlers['ticket.create'](incident, as(world, byRefresh)));
    expect(world.notes).toEqual([]);
  });

  it('sends a form to oauth_token.do below the base URL, and the secret nowhere else', async () => {
    await using server = await startTokenServer();
    await using world = openWorld(`${server.url}/snow/`);
    for (const authentication of [byClient, byPassword, byRefresh])
      successOf(await world.handlers['ticket.read'](wanted, as(world, authentication)));
    const asked = server.requests.filter(({ method }) => method === 'POST');
    expect(asked.map(({ url }) => url)).toEqual(Array(3).fill('/snow/oauth_token.do'));
    for (const { headers } of asked) {
      expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
      expect(headers).not.toHaveProperty('authorization');
    }
    const common = { client_id: client.clientId, client_secret: client.clientSecret };
    expect(server.forms.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'client_credentials', ...common },
      { grant_type: 'password', ...common, username: 'integration', password: 'integration-password' },
      { grant_type: 'refresh_token', ...common, refresh_token: 'first-refresh-token' },
    ]);
    expect(server.bearers).toEqual(['token-1', 'token-2', 'token-3']);
    const calls = server.requests.filter(({ method }) => method === 'GET');
    expect(JSON.stringify(calls)).not.toContain(client.clientSecret);
  });

  it('does not follow a redirect of the token end point (trap 59)', async () => {
    await using elsewhere = await startTokenServer();
    await using server = await startTokenServer({
      token: (_form, response) => response.writeHead(307, { location: `${elsewhere.url}/oauth_token.do` }).end(),
    });
    await using world = openWorld(server.url);
    const { failure } = failureOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
    expect(failure.code).toBe('servicenow-redirect');
    expect(elsewhere.requests).toEqual([]);
  });
});

describe('an access token', () => {
  it('is asked for once by tasks that run side by side', async () => {
    await using server = await startTokenServer();
    await using world = openWorld(server.url);
    await Promise.all(Array.from({ length: 8 }, () => world.handlers['ticket.read'](wanted, as(world, byClient))));
    expect(server.forms).toHaveLength(1);
    expect(server.bearers).toEqual(Array(8).fill('token-1'));
  });

  it('is not shared by other secrets, users or instances', async () => {
    await using server = await startTokenServer();
    await using world = openWorld(server.url);
    const kinds = [
      byClient,
      { ...byClient, clientSecret: 'another' },
      { ...byClient, clientId: 'another' },
      byPassword,
      { ...byPassword, username: 'another' },
      { ...byPassword, password: 'another' },
    ];
    for (const kind of [...kinds, ...kinds]) await world.handlers['ticket.read'](wanted, as(world, kind));
    const target = { baseUrl: `${server.url}/other/`, authentication: byClient };
    await world.handlers['ticket.read'](wanted, world.context({ target }));
    expect(server.forms).toHaveLength(kinds.length + 1);
  });

  it('is used for as long as its answer says, which shrinks (trap 43), and not by a fixed time', async () => {
    await using server = await startTokenServer({
      token: (_form, response, count) => grant(response, 'same-token', { expires_in: count === 1 ? 1_799 : 100 }),
    });
    await using moving = openMovingWorld(server.url);
    const read = () => moving.world.handlers['ticket.read'](wanted, moving.context(byClient));
    const asked: number[] = [];
    for (const ms of [0, 1_700_000, 80_000, 60_000, 20_000]) {
      moving.advance(ms);
      await read();
      asked.push(server.forms.length);
    }
    expect(asked).toEqual([1, 1, 2, 2, 3]);
  });

  it.each([[undefined], [0], [-5], ['soon'], [null]])(
    'is used once when its answer says it lives %s',
    async (lives) => {
      await using server = await startTokenServer({
        token: (_form, response, count) => grant(response, `token-${count}`, { expires_in: lives }),
      });
      await using world = openWorld(server.url);
      for (const _time of [1, 2]) successOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
      expect(server.bearers).toEqual(['token-1', 'token-2']);
    },
  );

  it('that is kept proves nothing to a connection test, which gets one of its own', async () => {
    let isRefusing = false;
    await using server = await startTokenServer({
      token: (_form, response, count) => (isRefusing ? refuse(response) : grant(response, `token-${count}`)),
      api: (bearer, response) => (bearer === '' ? refuseCall(response) : sendJson(response, 200, { result: [] })),
    });
    await using world = openWorld(server.url);
    const read = async () => (await world.handlers['ticket.read'](wanted, as(world, byClient))).kind;
    const test = () => world.handlers['connection.test']({}, as(world, byClient));
    expect(await read()).toBe('succeeded');
    successOf(await test());
    expect(server.forms).toHaveLength(2);
    await read();
    expect(server.forms).toHaveLength(2);
    isRefusing = true;
    expect(failureOf(await test()).failure.code).toBe('servicenow-unauthenticated');
    expect(await read()).toBe('succeeded');
  });

  it('that outlived a long wait inside a task is fetched anew (trap 44)', async () => {
    await using server = await startTokenServer({
      api: (_bearer, response) => {
        moving.advance(1_800_000);
        sendJson(response, 200, { result: [] });
      },
    });
    await using moving = openMovingWorld(server.url);
    await moving.world.handlers['ticket.create'](incident, moving.context(byClient, { lookFirst: true }));
    expect(server.bearers.slice(0, 2)).toEqual(['token-1', 'token-2']);
  });

  it('that the instance has revoked is replaced, and the request is sent once more, a write too', async () => {
    let revoked = '';
    await using server = await startTokenServer({
      api: (bearer, response) => (bearer === revoked ? refuseCall(response) : sendJson(response, 200, { result: [] })),
    });
    await using world = openWorld(server.url);
    successOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
    revoked = 'token-1';
    successOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
    expect(server.bearers).toEqual(['token-1', 'token-1', 'token-2']);
    revoked = 'token-2';
    await world.handlers['ticket.create'](incident, as(world, byClient, { settleMs: 20 }));
    expect(server.bearers.slice(3, 5)).toEqual(['token-2', 'token-3']);
  });

  it.each([true, false])(
    'is replaced, and a creation is sent once more only when a look tells that the 401 came without a record (traps 7 and 40): committed %s',
    async (commits) => {
      await using simulator = await startSimulator();
      let posts = 0;
      await using front = await startFront(simulator.url, (request, response) => {
        if (request.method !== 'POST' || !request.url?.includes('/table/') || posts++ > 0) return false;
        if (commits) simulator.world.insert('incident', { correlation_id: 'tg-0123456789abcdef' }, 'system');
        simulator.world.tokens.revokeAccess();
        refuseCall(response);
        return true;
      });
      await using world = openWorld(front.url);
      successOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
      successOf(await world.handlers['ticket.create'](incident, as(world, byClient)));
      expect(await simulator.rows('incident')).toHaveLength(1);
      expect(posts).toBe(commits ? 1 : 2);
    },
  );

  it.each([true, false])('is replaced, and a note is not written twice (trap 40): committed %s', async (commits) => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    simulator.world.insert('incident', { number: 'INC0000001' }, 'system');
    const [row] = await simulator.rows('incident');
    const sysId = row?.sys_id ?? '';
    const update = { table: 'incident', sysId, fields: { work_notes: 'Deployed 42' } };
    let patches = 0;
    await using front = await startFront(simulator.url, (request, response) => {
      if (request.method !== 'PATCH' || patches++ > 0) return false;
      const written = commits ? other.handlers['ticket.update'](update, as(other, byClient)) : Promise.resolve();
      void written.then(() => {
        simulator.world.tokens.revokeAccess();
        refuseCall(response);
      });
      return true;
    });
    await using other = openWorld(simulator.url);
    await using world = openWorld(front.url);
    successOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
    successOf(await world.handlers['ticket.update'](update, as(world, byClient)));
    expect(await simulator.rows('sys_journal_field')).toHaveLength(1);
    expect(patches).toBe(commits ? 1 : 2);
  });

  it('is not replaced again and again where 401 means that the user may not', async () => {
    await using server = await startTokenServer({ api: (_bearer, response) => refuseCall(response) });
    await using world = openWorld(server.url);
    const ended = [];
    for (const _time of [1, 2]) {
      ended.push(failureOf(await world.handlers['ticket.read'](wanted, as(world, byClient))).failure);
    }
    expect(server.bearers).toEqual(['token-1', 'token-1', 'token-2']);
    for (const failure of ended) expect(failure).toMatchObject({ code: 'servicenow-unauthenticated', retry: 'never' });
    expect(ended[0]?.remedy).toContain('gave an access token');
  });

  it('that comes back the same after a 401 is not tried again', async () => {
    let calls = 0;
    await using server = await startTokenServer({
      token: (_form, response) => grant(response, 'same-token'),
      api: (_bearer, response) => {
        calls += 1;
        if (calls === 1) sendJson(response, 200, { result: [] });
        else refuseCall(response);
      },
    });
    await using world = openWorld(server.url);
    for (const _time of [1, 2]) await world.handlers['ticket.read'](wanted, as(world, byClient));
    expect([server.forms.length, calls]).toEqual([2, 2]);
  });

  it('does not make a write be sent again once the lease is over', async () => {
    let mayBegin = true;
    let isRevoked = false;
    await using server = await startTokenServer({
      api: (_bearer, response) => {
        if (!isRevoked) return sendJson(response, 200, { result: [] });
        mayBegin = false;
        refuseCall(response);
      },
    });
    await using world = openWorld(server.url);
    await world.handlers['ticket.read'](wanted, as(world, byClient));
    isRevoked = true;
    const context = as(world, byClient, { mayBegin: () => mayBegin });
    const ended = failureOf(await world.handlers['ticket.create'](incident, context));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'lease-lost' } });
    expect(server.forms).toHaveLength(1);
  });

  it('is waited for no longer than the task may run, and comes for the others all the same', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    await using server = await startTokenServer({ token: (_form, response) => held.resolve(response) });
    await using world = openWorld(server.url);
    const stop = new AbortController();
    const stopped = world.handlers['ticket.read'](wanted, as(world, byClient, { signal: stop.signal }));
    const other = world.handlers['ticket.read'](wanted, as(world, byClient));
    const response = await held.promise;
    stop.abort();
    expect(failureOf(await stopped).failure.code).toBe('task-timeout');
    grant(response, 'late-token');
    successOf(await other);
    expect(server.bearers).toEqual(['late-token']);
  });
});
