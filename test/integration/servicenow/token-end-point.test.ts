import { describe, expect, it } from 'vitest';
import { UsageMeter } from '../../../delegate/core/usage-meter.ts';
import { failureOf, openWorld, sendHtml, sendJson, startOddServer, successOf } from './task-world.ts';
import {
  as,
  byClient,
  byPassword,
  byRefresh,
  grant,
  incident,
  refuse,
  refuseCall,
  startTokenServer,
  wanted,
} from './token-world.ts';

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

  it('that was rotated outlives a refusal that was none of its fault: both are tried in turn', async () => {
    let good = 'first-refresh-token';
    let isOutOfOrder = false;
    await using server = await startTokenServer({
      token: (form, response, count) => {
        if (isOutOfOrder || form.get('refresh_token') !== good) {
          isOutOfOrder = false;
          refuse(response);
          return;
        }
        good = `refresh-${count}`;
        grant(response, `token-${count}`, { expires_in: 1, refresh_token: good });
      },
    });
    await using world = openWorld(server.url);
    const read = async () => (await world.handlers['ticket.read'](wanted, as(world, byRefresh))).kind;
    expect([await read(), await read()]).toEqual(['succeeded', 'succeeded']);
    isOutOfOrder = true;
    expect([await read(), await read(), await read()]).toEqual(['failed', 'failed', 'succeeded']);
    expect(server.forms.slice(2).map((form) => form.get('refresh_token'))).toEqual([
      'refresh-2',
      'first-refresh-token',
      'refresh-2',
    ]);
  });

  it('that was rotated is forgotten once the stored one works again', async () => {
    await using server = await startTokenServer({
      token: (form, response, count) =>
        form.get('refresh_token') === 'refresh-1'
          ? refuse(response)
          : grant(response, `token-${count}`, { expires_in: 1, ...(count === 1 && { refresh_token: 'refresh-1' }) }),
    });
    await using world = openWorld(server.url);
    for (const _time of [1, 2, 3, 4]) await world.handlers['ticket.read'](wanted, as(world, byRefresh));
    const stored = 'first-refresh-token';
    expect(server.forms.map((form) => form.get('refresh_token'))).toEqual([stored, 'refresh-1', stored, stored]);
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
      expect(ended.failure.message).toMatch(
        /^POST oauth_token\.do answered HTTP 401: server_error: access_denied; the log-in was OAuth by .* the client "/,
      );
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
    const authentication = { ...byPassword, clientSecret: 'cl/ient "secret"', password: 'pass wörd+&' };
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
