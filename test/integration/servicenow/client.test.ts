import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ServiceNowClient } from '../../../delegate/servicenow/client.ts';
import type { HttpRequest, HttpTarget } from '../../../delegate/servicenow/transport.ts';
import { openWorld, sendJson, startOddServer } from './task-world.ts';

const get: HttpRequest = { method: 'GET', path: 'api/now/table/task?a=1', ownConnection: false };
const post: HttpRequest = {
  method: 'POST',
  path: 'api/now/table/task',
  body: '{}',
  ownConnection: true,
};

function target(baseUrl: string): HttpTarget {
  return { baseUrl, credentials: { authorization: 'Basic abc' } };
}

function openClient(options: { answerTimeoutMs?: number; mostAnswerBytes?: number } = {}) {
  const { clock } = openWorld('http://unused').context();
  const client = new ServiceNowClient({ clock, ...options });
  return { client, [Symbol.asyncDispose]: () => client.close() };
}

/** A server that speaks no HTTP: it does with the socket what the test says, once something was received. */
async function startRawServer(onData: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => onData(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe('the ServiceNow client', () => {
  it('sends what was asked, with exactly one Authorization, to the path below the base URL', async () => {
    await using server = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
    await using opened = openClient();
    const result = await opened.client.send(target(`${server.url}/snow/`), get);
    expect(result).toMatchObject({ kind: 'answer', status: 200, body: '{"result":[]}' });
    const [request] = server.requests;
    expect(request?.url).toBe('/snow/api/now/table/task?a=1');
    expect(request?.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Basic abc',
    });
  });

  it('tells how long a connection of its own took, and sends no credentials when it is given none', async () => {
    await using server = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
    await using opened = openClient();
    const result = await opened.client.send({ baseUrl: server.url }, { ...get, ownConnection: true });
    expect(result).toMatchObject({ kind: 'answer', connectMs: expect.any(Number) });
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('follows no redirect and keeps no cookie (traps 5 and 46)', async () => {
    await using server = await startOddServer((_request, response) => {
      response.writeHead(302, { location: '/login.do', 'set-cookie': ['a=1', 'b=2'] }).end();
    });
    await using opened = openClient();
    for (const _ of [1, 2]) {
      expect(await opened.client.send(target(server.url), get)).toMatchObject({
        status: 302,
        headers: { location: '/login.do' },
      });
    }
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.headers).not.toHaveProperty('cookie');
  });

  it.each(['http://user:pass@127.0.0.1/', 'ftp://127.0.0.1/', 'http://127.0.0.1/?a=1', 'nonsense', ''])(
    'sends nothing to the base URL %s',
    async (baseUrl) => {
      await using opened = openClient();
      expect(await opened.client.send(target(baseUrl), get)).toMatchObject({ kind: 'not-sent', cause: 'url' });
    },
  );

  it('tells apart that nothing was sent, and why', async () => {
    await using opened = openClient();
    await using raw = await startRawServer((socket) => socket.destroy());
    for (const request of [get, post]) {
      const unknownHost = await opened.client.send(target('https://no-such-host.invalid/'), request);
      expect(unknownHost).toMatchObject({ kind: 'not-sent', cause: 'dns' });
      const noTls = await opened.client.send(target(`https://127.0.0.1:${raw.port}/`), request);
      expect(noTls).toMatchObject({ kind: 'not-sent', cause: 'tls' });
    }
  });

  it('knows that a write was not sent while its connection did not stand', async () => {
    await using opened = openClient({ answerTimeoutMs: 200 });
    await using mute = await startRawServer(() => {});
    const result = await opened.client.send(target(`https://127.0.0.1:${mute.port}/`), post);
    expect(result).toMatchObject({ kind: 'not-sent', cause: 'tcp' });
  });

  it('tells that a request may have been received', async () => {
    await using opened = openClient({ answerTimeoutMs: 200 });
    await using cut = await startRawServer((socket) => socket.destroy());
    expect(await opened.client.send(target(`http://127.0.0.1:${cut.port}/`), post)).toMatchObject({
      kind: 'no-answer',
      cause: 'reset',
    });
    await using half = await startRawServer((socket) =>
      socket.end('HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{"re'),
    );
    expect(await opened.client.send(target(`http://127.0.0.1:${half.port}/`), post)).toMatchObject({
      kind: 'no-answer',
      cause: 'reset',
    });
    await using hung = await startOddServer(() => {});
    expect(await opened.client.send(target(hung.url), post)).toMatchObject({ kind: 'no-answer', cause: 'timeout' });
  });

  it('does not wait for an answer that trickles', async () => {
    await using opened = openClient({ answerTimeoutMs: 200 });
    await using server = await startOddServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"result":[');
    });
    expect(await opened.client.send(target(server.url), get)).toMatchObject({ kind: 'no-answer', cause: 'timeout' });
  });

  it('drops an answer that is too large', async () => {
    await using opened = openClient({ mostAnswerBytes: 1_000 });
    await using server = await startOddServer((_request, response) =>
      sendJson(response, 200, { result: 'x'.repeat(2_000) }),
    );
    expect(await opened.client.send(target(server.url), get)).toMatchObject({ kind: 'no-answer', cause: 'too-large' });
  });

  it('drops a read that is stopped', async () => {
    const stop = new AbortController();
    await using opened = openClient();
    await using server = await startOddServer(() => stop.abort());
    const result = await opened.client.send(target(server.url), { ...get, signal: stop.signal });
    expect(result).toMatchObject({ kind: 'no-answer', cause: 'aborted' });
  });

  it('ends what is under way when it is closed, and sends nothing afterwards', async () => {
    const opened = openClient();
    await using server = await startOddServer(() => {
      void opened.client.close();
    });
    expect(await opened.client.send(target(server.url), post)).toMatchObject({ kind: 'no-answer' });
    expect(await opened.client.send(target(server.url), post)).toMatchObject({ kind: 'not-sent', cause: 'closed' });
    expect(opened.client.close()).toBe(opened.client.close());
  });
});
