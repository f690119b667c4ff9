import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../manager/system-clock.ts';
import { AddressGuard, type Allowed, readAllowed } from '../../../manager/webhooks/address-guard.ts';
import { type Resolve, WebhookClient } from '../../../manager/webhooks/webhook-client.ts';
import { authority, certificate, privateKey } from '../../support/certificate.ts';
import { reset, silence, startReceiver, status } from '../../support/webhook-target.ts';

const never = new AbortController().signal;

function clientOf({
  allow = ['127.0.0.1'],
  resolve,
  timeoutMs = 5_000,
}: {
  allow?: readonly string[];
  resolve?: Resolve;
  timeoutMs?: number;
} = {}): WebhookClient {
  const guard = new AddressGuard(allow.map(readAllowed).filter((entry): entry is Allowed => entry !== undefined));
  return new WebhookClient({ guard, clock: systemClock, timeoutMs, ...(resolve ? { resolve } : {}) });
}

function messageTo(url: string) {
  return { url, headers: { 'content-type': 'application/json', 'x-own': '1' }, body: '{"a":1}' };
}

/** Answers each time with the next list of addresses; the last one stays. */
function resolving(...lists: string[][]): Resolve & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    const [addresses = []] = lists.length > 1 ? lists.splice(0, 1) : lists;
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return Object.assign(resolve, { asked });
}

async function listen(onSocket: (socket: Socket) => void): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('a message to a target', () => {
  it('arrives as it is, at the path and query of the URL', async () => {
    await using receiver = await startReceiver();
    const answer = await clientOf().post(messageTo(`${receiver.url}/a/b?c=d`), never);
    expect(answer).toMatchObject({ kind: 'answered', status: 204, body: '' });
    expect(receiver.received).toMatchObject([{ path: '/a/b?c=d', headers: { 'x-own': '1' }, body: '{"a":1}' }]);
  });

  it('keeps the beginning of what is answered, however much it is, without control characters', async () => {
    await using receiver = await startReceiver();
    receiver.answer(status(500, {}, `broken\n\u001b[31m${'x'.repeat(5_000_000)}`));
    const answer = await clientOf().post(messageTo(receiver.url), never);
    expect(answer).toMatchObject({ kind: 'answered', status: 500, body: expect.stringMatching(/^broken \[31mx+$/) });
    expect(answer.kind === 'answered' && answer.body.length).toBeLessThanOrEqual(1_024 + 6 * receiver.url.length + 6);
  });

  it('follows no redirect, and says to which host one leads', async () => {
    await using elsewhere = await startReceiver();
    await using receiver = await startReceiver();
    receiver.answer(status(307, { location: `${elsewhere.url}/secret?token=1` }));
    const answer = await clientOf().post(messageTo(receiver.url), never);
    expect(answer).toMatchObject({ kind: 'answered', status: 307, redirectsTo: new URL(elsewhere.url).host });
    expect(elsewhere.received).toEqual([]);
  });

  it('tells when the target wants to be asked again', async () => {
    await using receiver = await startReceiver();
    receiver.answer(status(429, { 'retry-after': '7' }));
    expect(await clientOf().post(messageTo(receiver.url), never)).toMatchObject({ status: 429, retryAfterMs: 7_000 });
  });

  it('says in words why there is no answer', async () => {
    await using receiver = await startReceiver();
    receiver.answer(reset);
    const cut = await clientOf().post(messageTo(receiver.url), never);
    expect(cut).toMatchObject({ kind: 'no-answer', detail: expect.stringContaining('cut before an answer') });
    receiver.answer(silence);
    const late = await clientOf({ timeoutMs: 200 }).post(messageTo(receiver.url), never);
    expect(late).toEqual({ kind: 'no-answer', detail: 'no answer within 0.2 s' });
    const stop = AbortSignal.timeout(100);
    const stopped = await clientOf().post(messageTo(receiver.url), stop);
    expect(stopped).toEqual({ kind: 'no-answer', detail: 'the manager was stopped meanwhile' });
    const nobody = await listen(() => {});
    await nobody[Symbol.asyncDispose]();
    const closed = await clientOf().post(messageTo(`http://127.0.0.1:${nobody.port}`), never);
    expect(closed).toMatchObject({ detail: 'nothing listens there (ECONNREFUSED)' });
    const unknown = await clientOf({ allow: ['hooks.invalid'] }).post(messageTo('https://hooks.invalid/'), never);
    expect(unknown).toMatchObject({ detail: expect.stringContaining('does not resolve') });
    await using noise = await listen((socket) => socket.resume().end('SSH-2.0-x\r\n\r\n'));
    const odd = await clientOf().post(messageTo(`http://127.0.0.1:${noise.port}`), never);
    expect(odd).toMatchObject({ detail: expect.stringContaining('speaks no HTTP') });
  });

  it('does not wait longer for a name, a connection or a body that never comes', async () => {
    const hanging = clientOf({ timeoutMs: 200, resolve: () => new Promise(() => {}) });
    expect(await hanging.post(messageTo('https://hooks.example.com/'), never)).toMatchObject({
      detail: 'no answer within 0.2 s',
    });
    expect(await hanging.findFault('https://hooks.example.com/')).toBeUndefined();
    await using receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(202).write('thanks'));
    const half = await clientOf({ timeoutMs: 300 }).post(messageTo(receiver.url), never);
    expect(half).toMatchObject({ kind: 'answered', status: 202, body: 'thanks' });
  });

  it('goes over TLS to a certificate that this machine trusts, and to no other', async () => {
    const server = createTlsServer({ cert: certificate, key: privateKey }, (_, response) => response.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await using _ = { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())) };
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    const client = clientOf({ allow: ['localhost'], resolve: resolving(['127.0.0.1']) });
    expect(await client.post(messageTo(url), never)).toMatchObject({
      kind: 'no-answer',
      detail: expect.stringMatching(/TLS certificate or handshake is not good \([A-Z_]+\)/),
    });
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, authority]);
    try {
      expect(await client.post(messageTo(url), never)).toMatchObject({ kind: 'answered', status: 200 });
      // The certificate is for localhost alone.
      const other = clientOf({ allow: ['other.example'], resolve: resolving(['127.0.0.1']) });
      expect(await other.post(messageTo(url.replace('localhost', 'other.example')), never)).toMatchObject({
        detail: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
      });
    } finally {
      setDefaultCACertificates(trusted);
    }
  });
});

describe('what is not public', () => {
  it.each([
    ['http://example.com/', 'without TLS'],
    ['ftp://example.com/', 'begins with ftp:'],
    ['https://me:pw@example.com/', 'user name or a password'],
    ['https://example.com/#x', 'fragment'],
    ['https://', 'cannot be read'],
    ['https://127.0.0.1/', 'is not public'],
    ['https://[::1]/', 'is not public'],
    ['https://[::ffff:7f00:1]/', 'is not public'],
    ['https://2130706433/', 'is not public'],
    ['https://0x7f.1/', 'is not public'],
    ['https://017700000001/', 'is not public'],
    ['https://169.254.169.254/latest/meta-data', 'is not public'],
  ])('is refused without asking for addresses: %s', async (url, fault) => {
    const resolve = resolving(['8.8.8.8']);
    const client = clientOf({ allow: [], resolve });
    expect(await client.findFault(url)).toContain(fault);
    expect(await client.post(messageTo(url), never)).toMatchObject({
      kind: 'no-answer',
      detail: expect.stringContaining(fault),
    });
    expect(resolve.asked).toEqual([]);
  });

  it('is refused when any address of a name is such a one', async () => {
    const client = clientOf({ allow: [], resolve: resolving(['8.8.8.8', '10.0.0.1']) });
    expect(await client.findFault('https://hooks.example.com/')).toBe(
      'hooks.example.com resolves to an address that is not allowed: 10.0.0.1 is not public (a private network)',
    );
    expect(await client.findFault('https://localhost./')).toContain('localhost resolves');
  });

  it('is not connected to, though the name showed a public address to the check (DNS rebinding)', async () => {
    await using receiver = await startReceiver();
    const url = receiver.url.replace('http://127.0.0.1', 'https://rebinding.example');
    const resolve = resolving(['8.8.8.8'], ['127.0.0.1']);
    const client = clientOf({ allow: [], resolve });
    expect(await client.findFault(url)).toBeUndefined();
    expect(await client.post(messageTo(url), never)).toMatchObject({
      kind: 'no-answer',
      detail: expect.stringContaining('127.0.0.1 is not public'),
    });
    expect(receiver.received).toEqual([]);
  });

  it('is asked for once a try: the connection goes to an address of that very answer', async () => {
    await using receiver = await startReceiver();
    const url = receiver.url.replace('127.0.0.1', 'hooks.internal');
    const resolve = resolving(['127.0.0.1'], ['192.0.2.1']);
    const client = clientOf({ allow: ['*.internal'], resolve });
    expect(await client.post(messageTo(url), never)).toMatchObject({ kind: 'answered', status: 204 });
    expect(resolve.asked).toEqual(['hooks.internal']);
  });

  it('may be sent to over https when its network is allowed, and over http when its name is', async () => {
    const resolve = resolving(['10.1.2.3']);
    const byNetwork = clientOf({ allow: ['10.1.0.0/16'], resolve });
    expect(await byNetwork.findFault('https://ci.internal/')).toBeUndefined();
    expect(await byNetwork.findFault('http://ci.internal/')).toContain('without TLS');
    expect(await byNetwork.findFault('http://10.1.9.9/')).toBeUndefined();
    const byName = clientOf({ allow: ['ci.internal'], resolve });
    expect(await byName.findFault('http://ci.internal/')).toBeUndefined();
    expect(await byName.findFault('https://other.internal/')).toContain('10.1.2.3 is not public');
  });

  it('is found out at each try, when a name does not resolve at first', async () => {
    const client = clientOf({ allow: [], resolve: () => Promise.reject(new Error('ENOTFOUND')) });
    expect(await client.findFault('https://later.example.com/')).toBeUndefined();
  });
});
