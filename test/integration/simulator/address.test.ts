import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createLogger } from '#runtime/logger.ts';
import { resolveOptions } from '#runtime/options.ts';
import { simulatorProgram } from '../../../simulator/main.ts';
import { worthlessIdentity } from '../../../simulator/worthless-certificate.ts';
import { startSimulator } from '../../support/simulator.ts';
import { basic } from './client.ts';

async function start(flags: Readonly<Record<string, unknown>>) {
  const options = resolveOptions(simulatorProgram.options, { flags: { port: 0, ...flags }, env: {}, file: {} });
  const service = await simulatorProgram.start(options, { logger: createLogger('silent', {}), env: {} });
  const { url } = await service.ready;
  return { url: String(url), [Symbol.asyncDispose]: () => service.close() };
}

const headers = { authorization: basic('integration'), 'content-type': 'application/json' };

describe('an instance with TLS', () => {
  it('is trusted by nobody until its certificate is', async () => {
    await using simulator = await start({ tls: true });
    expect(simulator.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    await expect(fetch(`${simulator.url}/`)).rejects.toMatchObject({ cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
    const link = await new Promise<string>((resolve, reject) => {
      const sent = request(
        `${simulator.url}/api/now/table/incident`,
        { method: 'POST', ca: worthlessIdentity.cert, headers },
        (response) => text(response).then(() => resolve(response.headers.location ?? ''), reject),
      );
      sent.on('error', reject);
      sent.end('{}');
    });
    expect(link).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/api\/now\/table\/incident\/[0-9a-f]{32}$/);
  });

  it.each([
    [{ tlsCert: 'cert.pem' }, 'one of them is missing'],
    [{ tlsCert: '/no/such/cert.pem', tlsKey: '/no/such/key.pem' }, '--tls-cert /no/such/cert.pem'],
    [{ tlsCert: 'package.json', tlsKey: 'package.json' }, '--tls-cert package.json'],
  ])('does not start with %j', async (flags, message) => {
    await expect(start(flags)).rejects.toThrow(message);
  });
});

describe('an instance below a path', () => {
  it('is steered like any other, with TLS too', async () => {
    await using simulator = await startSimulator({}, { tls: true, basePath: '/snow' });
    expect(simulator.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/snow$/);
    await simulator.setFault({ mode: 'busy' });
    expect((await simulator.requests()).total).toBe(0);
  });

  it('answers there alone, and its links lead there (trap 59)', async () => {
    await using simulator = await start({ basePath: '/snow' });
    expect(simulator.url).toMatch(/\/snow$/);
    const outside = new URL('/api/now/table/incident', simulator.url);
    expect((await fetch(outside, { headers })).status).toBe(404);
    expect((await fetch(new URL('/snowy/', simulator.url))).status).toBe(404);
    const created = await fetch(`${simulator.url}/api/now/table/incident`, { method: 'POST', headers, body: '{}' });
    expect(created.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/snow\/api\/now\/table\/incident\//);
    const page = await (await fetch(simulator.url)).text();
    expect(page).toContain('href="/snow/simulator/record/incident/');
    expect(page).not.toMatch(/(href|action)="\/(?!snow\/)/);
  });
});
