import { createServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceNowClient } from '../../../delegate/servicenow/client.ts';
import { parseProxy } from '../../../delegate/servicenow/http-proxy.ts';
import type { HttpRequest, HttpTarget } from '../../../delegate/servicenow/transport.ts';
import { authority, certificate, privateKey } from '../../support/certificate.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import { startSimulator } from '../../support/simulator.ts';
import { failureOf, openWorld, sendJson, startOddServer, successOf } from './task-world.ts';

const read: HttpRequest = { method: 'GET', path: 'api/now/table/task', ownConnection: false };
const write: HttpRequest = { method: 'POST', path: 'api/now/table/task', body: '{}', ownConnection: true };
const both = [
  ['a read', read],
  ['a write', write],
] as const;

function through(url: string) {
  const parsed = parseProxy(url);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return { proxyFor: () => parsed.proxy };
}

function openClient(proxyUrl: string) {
  const { clock } = openWorld('http://unused').context();
  const client = new ServiceNowClient({ clock, connectTimeoutMs: 500, ...through(proxyUrl) });
  return { client, [Symbol.asyncDispose]: () => client.close() };
}

function target(baseUrl: string): HttpTarget {
  return { baseUrl, credentials: { authorization: 'Basic abc' } };
}

async function startTlsServer() {
  const requests: string[] = [];
  const server = createServer({ cert: certificate, key: privateKey }, (request, response) => {
    requests.push(`${request.method} ${request.headers.host} ${request.headers['proxy-authorization'] ?? '-'}`);
    request.resume();
    sendJson(response, 200, { result: [] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes connections and never says a word. */
async function startMute() {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('through a proxy', () => {
  const trusted = getCACertificates('default');
  beforeAll(() => setDefaultCACertificates([...trusted, authority]));
  afterAll(() => setDefaultCACertificates(trusted));

  it.each(both)(
    '%s goes to an https instance inside a tunnel, and the proxy sees nothing of it',
    async (_, request) => {
      await using server = await startTlsServer();
      await using proxy = await startHttpProxy();
      await using opened = openClient(proxy.url);
      const host = `localhost:${server.port}`;
      expect(await opened.client.send(target(`https://${host}/`), request)).toMatchObject({
        kind: 'answer',
        status: 200,
      });
      expect(proxy.asked).toEqual([{ to: host, authorization: undefined }]);
      expect(server.requests).toEqual([`${request.method} ${host} -`]);
    },
  );

  it.each(both)('%s goes through a proxy that speaks TLS itself', async (_, request) => {
    await using server = await startTlsServer();
    await using proxy = await startHttpProxy({ tls: true });
    await using opened = openClient(proxy.url);
    const baseUrl = `https://localhost:${server.port}/`;
    expect(await opened.client.send(target(baseUrl), request)).toMatchObject({ kind: 'answer', status: 200 });
    expect(proxy.asked).toHaveLength(1);
  });

  it.each(both)('%s goes to an http instance inside a tunnel', async (_, request) => {
    await using server = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
    await using proxy = await startHttpProxy({ leadsTo: server.url });
    await using opened = openClient(proxy.url);
    const result = await opened.client.send(target('http://snow.example.com/path/'), request);
    expect(result).toMatchObject({ kind: 'answer', status: 200 });
    expect(proxy.asked).toEqual([{ to: 'snow.example.com:80', authorization: undefined }]);
    expect(server.requests).toMatchObject([
      { url: '/path/api/now/table/task', headers: { host: 'snow.example.com', authorization: 'Basic abc' } },
    ]);
  });

  it('writes have a tunnel of their own, and reads share one', async () => {
    await using server = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
    await using proxy = await startHttpProxy({ leadsTo: server.url });
    await using opened = openClient(proxy.url);
    for (let time = 0; time < 6; time++) await opened.client.send(target('http://snow.example.com/'), read);
    const forReads = proxy.asked.length;
    expect(forReads).toBeLessThan(6);
    for (const request of [write, write]) await opened.client.send(target('http://snow.example.com/'), request);
    expect(proxy.asked).toHaveLength(forReads + 2);
  });

  it('a write is asked whether it may begin when the tunnel stands, and its time to connect is told', async () => {
    await using server = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
    await using proxy = await startHttpProxy({ leadsTo: server.url });
    await using opened = openClient(proxy.url);
    const mayBegin = () => proxy.asked.length === 0;
    const late = await opened.client.send(target('http://snow.example.com/'), { ...write, mayBegin });
    expect(late).toMatchObject({ kind: 'not-sent' });
    expect(server.requests).toHaveLength(0);
    const sent = await opened.client.send(target('http://snow.example.com/'), write);
    expect(sent).toMatchObject({ kind: 'answer', connectMs: expect.any(Number) });
  });

  it('a write whose tunnel breaks after it was sent may have been received', async () => {
    await using proxy = await startHttpProxy({ onTunnel: (client) => client.once('data', () => client.destroy()) });
    await using opened = openClient(proxy.url);
    expect(await opened.client.send(target('http://snow.example.com/'), write)).toMatchObject({
      kind: 'no-answer',
      cause: 'reset',
    });
  });

  it('sends the credentials in its URL to the proxy, and to nobody else', async () => {
    await using server = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
    await using proxy = await startHttpProxy({ leadsTo: server.url });
    await using opened = openClient(proxy.url.replace('//', '//dele:p%40ss@'));
    await opened.client.send(target('http://snow.example.com/'), read);
    const authorization = `Basic ${Buffer.from('dele:p@ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ to: 'snow.example.com:80', authorization }]);
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('closing ends a tunnel that is being opened', async () => {
    await using mute = await startMute();
    const { clock } = openWorld('http://unused').context();
    const client = new ServiceNowClient({ clock, ...through(mute.url) });
    const sending = client.send(target('http://snow.example.com/'), write);
    await client.close();
    expect(await sending).toMatchObject({ kind: 'not-sent' });
  });
});

describe('a proxy that is in the way', () => {
  it.each([
    [407, 'wants a user name and a password'],
    [403, 'does not allow snow.example.com:443'],
    [502, 'could not connect to snow.example.com:443'],
  ])('answers %i: nothing was sent, and the remedy names it', async (status, says) => {
    await using proxy = await startHttpProxy({ status });
    for (const [, request] of both) {
      await using opened = openClient(proxy.url);
      const result = await opened.client.send(target('https://snow.example.com/'), request);
      expect(result).toMatchObject({
        kind: 'not-sent',
        cause: 'proxy',
        detail: expect.stringContaining(`HTTP ${status}`),
      });
      expect(result).toMatchObject({ remedy: expect.stringContaining(`The proxy ${proxy.url} ${says}`) });
    }
  });

  it('is not there: nothing was sent, and its credentials are not shown', async () => {
    const proxy = await startHttpProxy();
    await proxy[Symbol.asyncDispose]();
    await using world = openWorld('https://snow.example.com/', through(proxy.url.replace('//', '//dele:open-sesame@')));
    const params = { table: 'incident', fields: { short_description: 'x' } };
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context()));
    expect(ended).toMatchObject({
      sideEffect: false,
      failure: { code: 'servicenow-unreachable', retry: 'other-delegate' },
    });
    expect(ended.failure.message).toContain(`the proxy ${proxy.url} was not reached: connect ECONNREFUSED`);
    expect(JSON.stringify(ended)).not.toContain('open-sesame');
    expect(await world.probeReach('https://snow.example.com/', new AbortController().signal)).toMatchObject({
      kind: 'unreachable',
      failure: { remedy: expect.stringContaining(proxy.url) },
    });
  });

  it.each([
    ['cuts the tunnel', (client: { destroy(): void }) => client.destroy()],
    ['passes nothing on', () => {}],
  ])('%s during the handshake: nothing was sent, and the proxy is blamed and not TLS', async (_, onTunnel) => {
    await using proxy = await startHttpProxy({ onTunnel });
    await using opened = openClient(proxy.url);
    for (const [, request] of both) {
      const result = await opened.client.send(target('https://snow.example.com/'), request);
      expect(result).toMatchObject({ kind: 'not-sent', cause: 'proxy', detail: expect.stringContaining('broke') });
    }
  });

  it('does not answer CONNECT in time: nothing was sent', async () => {
    await using mute = await startMute();
    await using opened = openClient(mute.url);
    expect(await opened.client.send(target('https://snow.example.com/'), read)).toMatchObject({
      kind: 'not-sent',
      cause: 'proxy',
    });
  });

  it('intercepts TLS: the certificate is blamed, and the test names who issued it', async () => {
    await using server = await startTlsServer();
    await using proxy = await startHttpProxy({ leadsTo: `http://127.0.0.1:${server.port}` });
    await using world = openWorld('https://localhost/', through(proxy.url));
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure).toMatchObject({ code: 'servicenow-tls', remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
    expect(failure.message).toContain('for "localhost" and was issued by "Example Interception CA, Example"');
    expect(server.requests).toEqual([]);
  });
});

it('a whole task works through a proxy, token included', async () => {
  await using simulator = await startSimulator();
  await using proxy = await startHttpProxy({ leadsTo: simulator.url });
  await using world = openWorld('http://snow.example.com/', through(proxy.url));
  const authentication = {
    kind: 'oauth-client-credentials',
    clientId: 'simulator-client',
    clientSecret: 'simulator-client-secret',
  } as const;
  const context = world.context({ target: { baseUrl: 'http://snow.example.com/', authentication } });
  const params = { table: 'incident', fields: { short_description: 'x' } };
  const { result } = successOf(await world.handlers['ticket.create'](params, context));
  expect(result.ticket.link).toMatch(/^http:\/\/snow\.example\.com\//);
  expect((await simulator.rows('incident')).length).toBe(1);
});
