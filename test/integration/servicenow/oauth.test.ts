import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { TaskContext } from '../../../delegate/core/handler.ts';
import { UsageMeter } from '../../../delegate/core/usage-meter.ts';
import type { OAuth } from '../../../delegate/servicenow/oauth-token.ts';
import { startSimulator } from '../../support/simulator.ts';
import { failureOf, openWorld, sendHtml, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

const client = { clientId: 'simulator-client', clientSecret: 'simulator-client-secret' };
const byClient: OAuth = { kind: 'oauth-client-credentials', ...client };
const byPassword: OAuth = {
  kind: 'oauth-password',
  ...client,
  username: 'integration',
  password: 'integration-password',
};
const byRefresh: OAuth = { kind: 'oauth-refresh-token', ...client, refreshToken: 'first-refresh-token' };

const incident = { table: 'incident', fields: { short_description: 'x' } };
const wanted = { table: 'incident', numbers: ['INC1'], fields: ['number'] };

function as(world: TaskWorld, authentication: TaskContext['target']['authentication'], changes = {}): TaskContext {
  const { baseUrl } = world.context().target;
  return world.context({ target: { baseUrl, authentication }, ...changes });
}

interface TokenServer {
  readonly token?: (form: URLSearchParams, response: ServerResponse, count: number) => void;
  readonly api?: (bearer: string, response: ServerResponse) => void;
}

/** An instance whose token end point and API answer as the test says; it keeps the forms it was sent. */
async function startTokenServer({ token, api }: TokenServer = {}) {
  const forms: URLSearchParams[] = [];
  const bearers: string[] = [];
  const server = await startOddServer((request, response, body) => {
    if (request.url?.endsWith('/oauth_token.do')) {
      const form = new URLSearchParams(body);
      forms.push(form);
      const send = token ?? ((_form, answer, count) => grant(answer, `token-${count}`));
      send(form, response, forms.length);
      return;
    }
    const bearer = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    bearers.push(bearer);
    if (api === undefined) sendJson(response, 200, { result: [] });
    else api(bearer, response);
  });
  return { ...server, forms, bearers };
}

function grant(response: ServerResponse, accessToken: string, more: object = {}): void {
  const base = { access_token: accessToken, scope: 'useraccount', token_type: 'Bearer', expires_in: 1_799 };
  sendJson(response, 200, { ...base, ...more });
}

function refuse(response: ServerResponse): void {
  sendJson(response, 401, { error_description: 'access_denied', error: 'server_error' });
}

function refuseCall(response: ServerResponse): void {
  sendJson(response, 401, {
    error: { message: 'User is not authenticated', detail: 'Required to provide Auth information' },
  });
}

/** A world whose clock the test can put forward. */
function openMovingWorld(url: string) {
  const { clock } = openWorld('http://unused').context();
  let aheadMs = 0;
  const moving = { ...clock, monotonicMs: () => clock.monotonicMs() + aheadMs };
  const world = openWorld(url, { clock: moving });
  const context = (authentication: OAuth, changes = {}) => as(world, authentication, { clock: moving, ...changes });
  return {
    world,
    context,
    advance: (ms: number) => {
      aheadMs += ms;
    },
    [Symbol.asyncDispose]: () => world.close(),
  };
}

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
    expect(recent.filter(({ user }) => user === 'integration')).toHaveLength(2);
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

describe('a refresh token', () => {
  it('that the instance rotates is used next time, and the task says what that means', async () => {
    await using server = await startTokenServer({
      token: (_form, response, count) =>
        grant(response, `token-${count}`, { expires_in: 20, refresh_token: `refresh-${count}` }),
    });
    await using world = openWorld(server.url);
    await world.handlers['ticket.read'](wanted, as(world, byRefresh));
    await world.handlers['ticket.read'](wanted, as(world, byRefresh));
    expect(server.forms.map((form) => form.get('refresh_token'))).toEqual(['first-refresh-token', 'refresh-1']);
    expect(world.notes).toHaveLength(2);
    expect(world.notes[0]).toMatch(/rotates refresh tokens.*stored secret may have become useless.*client credentials/);
    expect(JSON.stringify(world.notes)).not.toContain('refresh-1');
  });

  it('is tried as it is stored when the rotated one is refused', async () => {
    await using server = await startTokenServer({
      token: (form, response) =>
        form.get('refresh_token') === 'refresh-1'
          ? refuse(response)
          : grant(response, 'token', { expires_in: 1, refresh_token: 'refresh-1' }),
    });
    await using world = openWorld(server.url);
    const kinds = [];
    for (const _time of [1, 2, 3]) kinds.push((await world.handlers['ticket.read'](wanted, as(world, byRefresh))).kind);
    expect(kinds).toEqual(['succeeded', 'failed', 'succeeded']);
  });

  it('is not kept from other grants, where an answer may have none or a new one each time (trap 42)', async () => {
    await using server = await startTokenServer({
      token: (_form, response, count) =>
        grant(response, `token-${count}`, { expires_in: 1, refresh_token: `refresh-${count}` }),
    });
    await using world = openWorld(server.url);
    for (const _time of [1, 2]) await world.handlers['ticket.read'](wanted, as(world, byPassword));
    expect(server.forms.map((form) => form.get('grant_type'))).toEqual(['password', 'password']);
    expect(world.notes).toEqual([]);
  });
});

describe('a token end point', () => {
  it.each([
    [byClient, 'glide.oauth.inbound.client.credential.grant_type.enabled'],
    [byPassword, 'wrong passwords lock the user out'],
    [byRefresh, 'has not expired'],
  ])(
    'that refuses is judged once for all causes, and $kind has its own remedy (trap 42)',
    async (authentication, says) => {
      await using server = await startTokenServer({ token: (_form, response) => refuse(response) });
      await using world = openWorld(server.url);
      const ended = failureOf(await world.handlers['ticket.create'](incident, as(world, authentication)));
      expect(ended).toMatchObject({
        sideEffect: false,
        failure: { code: 'servicenow-unauthenticated', retry: 'never' },
      });
      expect(ended.failure.message).toBe('POST oauth_token.do answered HTTP 401: server_error: access_denied');
      for (const part of [says, 'client secret', 'application is active']) expect(ended.failure.remedy).toContain(part);
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each([
    [
      'the page of a hibernating instance',
      200,
      '<div class="instance-hibernating-page"></div>',
      'servicenow-hibernating',
    ],
    ['a log-in page', 200, '<title>Log in</title>', 'servicenow-login-page'],
    ['another page', 200, '<title>Portal</title>', 'servicenow-not-json'],
    ['502 with a page', 502, '<h1>Bad gateway</h1>', 'servicenow-maintenance'],
    ['404', 404, '<h1>Not found</h1>', 'servicenow-bad-request'],
    ['401 with a page', 401, '<h1>No</h1>', 'servicenow-unauthenticated'],
  ])('that answers with %s is judged like everything else (trap 4)', async (_, status, page, code) => {
    await using server = await startTokenServer({ token: (_form, response) => sendHtml(response, status, page) });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['ticket.create'](incident, as(world, byClient)));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code } });
  });

  it.each([
    ['{"access_token":"abc', 'servicenow-undecodable'],
    ['[]', 'servicenow-undecodable'],
    ['null', 'servicenow-undecodable'],
    ['{}', 'servicenow-undecodable'],
    ['{"access_token":7}', 'servicenow-undecodable'],
    ['{"access_token":""}', 'servicenow-undecodable'],
    ['{"access_token":"two\\nlines"}', 'servicenow-undecodable'],
    ['{"access_token":"abc","token_type":"mac"}', 'servicenow-undecodable'],
    ['{"error":"server_error","access_token":"abc"}', 'servicenow-undecodable'],
  ])('that answers %s gave no token', async (body, code) => {
    await using server = await startTokenServer({
      token: (_form, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['ticket.create'](incident, as(world, byClient)));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code } });
    expect(JSON.stringify(ended)).not.toContain('abc');
    expect(server.requests).toHaveLength(1);
  });

  it('that limits requests says how long to wait, and the next task asks again', async () => {
    await using server = await startTokenServer({
      token: (_form, response, count) =>
        count === 1
          ? response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '30' }).end('{}')
          : grant(response, 'token'),
    });
    await using world = openWorld(server.url);
    const { failure } = failureOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
    expect(failure).toMatchObject({ code: 'servicenow-rate-limited', retryAfterMs: 30_000 });
    successOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
  });

  it("refuses in OAuth's own words, too", async () => {
    await using server = await startTokenServer({
      token: (_form, response) => sendJson(response, 400, { error: 'invalid_client' }),
    });
    await using world = openWorld(server.url);
    const { failure } = failureOf(await world.handlers['ticket.read'](wanted, as(world, byClient)));
    expect(failure.code).toBe('servicenow-unauthenticated');
  });
});

describe('secrets', () => {
  it('of OAuth and tokens are nowhere, even when the other side echoes them', async () => {
    const authentication: OAuth = { ...byPassword, clientSecret: 'cl/ient "secret"', password: 'pass wörd+&' };
    await using server = await startOddServer((request, response, body) => {
      const isToken = request.url === '/oauth_token.do';
      if (!isToken && request.headers.authorization === undefined) return refuseCall(response);
      if (isToken && !body.includes('again')) return grant(response, 'access-token-1');
      const echo = `${body} ${decodeURIComponent(body)} ${request.headers.authorization} cl/ient "secret" pass wörd+&`;
      sendJson(response, 400, { error: { message: echo, detail: echo } });
    });
    await using world = openWorld(server.url);
    const ended = [
      await world.handlers['ticket.create'](incident, as(world, authentication, { settleMs: 20 })),
      await world.handlers['ticket.read'](wanted, as(world, { ...authentication, username: 'again' })),
      await world.handlers['connection.test']({}, as(world, authentication)),
    ];
    const text = JSON.stringify({ ended, notes: world.notes });
    expect(text).toContain('[masked]');
    for (const secret of ['access-token-1', 'cl/', 'cl%2F', 'wörd', 'w%C3%B6rd']) expect(text).not.toContain(secret);
  });

  it.each(['with\nbreak', 'with space', ''])('that no header can carry are not sent: an API key %j', async (apiKey) => {
    await using server = await startTokenServer();
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['ticket.create'](incident, as(world, { kind: 'api-key', apiKey })));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-unauthenticated' } });
    expect(server.requests).toEqual([]);
  });
});

describe('what an attempt used', () => {
  it('counts every request that was sent, for a token too, and keeps the last rate limit', async () => {
    const date = 'Wed, 25 Nov 2026 10:00:00 GMT';
    const reset = String(Date.parse(date) / 1_000 + 60);
    await using server = await startTokenServer({
      api: (_bearer, response) => {
        response.setHeader('date', date);
        response.setHeader('x-ratelimit-limit', '100');
        response.setHeader('x-ratelimit-reset', reset);
        sendJson(response, 200, { result: [] });
      },
    });
    await using world = openWorld(server.url);
    const usage = new UsageMeter();
    await world.handlers['ticket.read'](wanted, as(world, byClient, { usage }));
    expect(usage.read()).toEqual({ requests: 2, rateLimit: { limit: 100, resetInMs: 60_000 } });
  });

  it('is nothing when nothing was sent', async () => {
    await using world = openWorld('http://127.0.0.1:1');
    const usage = new UsageMeter();
    await world.handlers['ticket.read'](wanted, world.context({ usage }));
    expect(usage.read()).toBeUndefined();
  });
});
