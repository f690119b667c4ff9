import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import { certificate, privateKey } from '../../support/certificate.ts';
import { startSimulator } from '../../support/simulator.ts';
import { failureOf, openWorld, sendHtml, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

async function messageOfReach(world: TaskWorld): Promise<string | undefined> {
  const { result } = successOf(await world.handlers['connection.test']({}, world.context()));
  return result.findings.find(({ probe }) => probe === 'reach')?.message;
}

describe('testing a connection to a wrong host or port', () => {
  it('says that there is no TLS where https: meets a plain port', async () => {
    await using server = await startOddServer((_request, response) => sendJson(response, 200, {}));
    await using world = openWorld(server.url.replace('http:', 'https:'));
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure).toMatchObject({
      code: 'servicenow-tls',
      remedy: expect.stringMatching(/^There is no TLS at that port/),
    });
    expect(failure.message).not.toMatch(/SSL routines|\.c:/);
  });

  it('asks whether there is TLS where http: meets a port that hangs up on plain requests', async () => {
    const server = createServer({ cert: certificate, key: privateKey }, (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await using world = openWorld(`http://127.0.0.1:${port}`);
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    await new Promise((resolve) => server.close(resolve));
    expect(failure).toMatchObject({
      code: 'servicenow-reset',
      remedy: expect.stringMatching(/there is TLS at that port: then the base URL begins with https:\.$/),
    });
  });

  it.each([
    '<title>400 The plain HTTP request was sent to HTTPS port</title>',
    "Bad Request: You're speaking plain HTTP to an SSL-enabled server port.",
    'Client sent an HTTP request to an HTTPS server.',
  ])('knows a port that wants TLS by its words: %s', async (body) => {
    await using server = await startOddServer((_request, response) => sendHtml(response, 400, body));
    await using world = openWorld(server.url);
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure.remedy).toMatch(/^There is TLS at that port: the base URL begins with https:/);
  });

  it('does not say that an address was found by DNS', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    expect(await messageOfReach(world)).toMatch(/ by TCP \(no TLS\): /);
    await using named = openWorld(simulator.url.replace('127.0.0.1', 'localhost'));
    expect(await messageOfReach(named)).toMatch(/ by DNS and TCP \(no TLS\): /);
  });

  it('speaks of no kind of log-in that the connector does not use when a log-in page answers (trap 5)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'login-page' });
    const { baseUrl } = world.context().target;
    const target = { baseUrl, authentication: { kind: 'api-key', apiKey: 'a-key' } } as const;
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context({ target })));
    expect(failure.code).toBe('servicenow-login-page');
    expect(failure.remedy).not.toMatch(/basic/i);
  });

  it('takes 502 for no answer from behind a gateway, whose ever it is', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'bad-gateway' });
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure.remedy).toMatch(/^No answer came from behind the gateway/);
  });
});
