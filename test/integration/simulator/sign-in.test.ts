import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { basic, call } from './client.ts';

const incidents = '/api/now/table/incident';
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const client = 'client_id=simulator-client&client_secret=simulator-client-secret';

const askForToken = (simulator: RunningSimulator, body: string) =>
  call(simulator, 'POST', '/oauth_token.do', { user: '', body, headers: form });

const statusFor = async (simulator: RunningSimulator, user: string) =>
  (await call(simulator, 'GET', incidents, { user })).status;

describe('Basic authentication', () => {
  it.each([
    ['allowed', { integration: 200, basic_allowed: 200, itil_only: 200, admin: 200 }],
    ['restricted', { integration: 200, basic_allowed: 200, itil_only: 401, admin: 401 }],
    ['off', { integration: 401, basic_allowed: 401, itil_only: 401, admin: 401 }],
  ] as const)('%s answers the users %j', async (basicAuthentication, expected) => {
    await using simulator = await startSimulator({ basicAuthentication });
    for (const [user, status] of Object.entries(expected)) expect(await statusFor(simulator, user)).toBe(status);
  });

  it('restricted refuses an administrator in the very words of a wrong password (trap 40)', async () => {
    await using simulator = await startSimulator({ basicAuthentication: 'restricted' });
    const restricted = await call(simulator, 'GET', incidents, { user: 'admin' });
    const headers = { authorization: basic('admin', 'wrong') };
    const wrong = await call(simulator, 'GET', incidents, { user: '', headers });
    expect(restricted.json).toEqual(wrong.json);
    expect([...restricted.headers.keys()]).toEqual([...wrong.headers.keys()]);
  });

  it('tells a missing second factor by a header alone', async () => {
    await using simulator = await startSimulator({ multiFactorUsers: ['itil_only'] });
    const called = await call(simulator, 'GET', incidents, { user: 'itil_only' });
    expect([called.status, called.headers.get('x-mfa_token')]).toEqual([401, 'invalid']);
    expect(await statusFor(simulator, 'integration')).toBe(200);
  });

  it('given twice is refused by the edge with 400', async () => {
    await using simulator = await startSimulator();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${simulator.url}${incidents}`, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.setHeader('authorization', [basic('integration'), basic('admin')]);
      sent.on('error', reject);
      sent.end();
    });
    expect(status).toBe(400);
  });
});

describe('OAuth', () => {
  it('gives tokens for the grants that are on and for no other', async () => {
    await using simulator = await startSimulator({ oauthGrants: ['password'] });
    const byPassword = `grant_type=password&username=itil_only&password=itil-password&${client}`;
    expect((await askForToken(simulator, byPassword)).status).toBe(200);
    expect((await askForToken(simulator, `grant_type=client_credentials&${client}`)).json).toEqual({
      error_description: 'access_denied',
      error: 'server_error',
    });
  });

  it('does not understand JSON (trap 42)', async () => {
    await using simulator = await startSimulator();
    const body = { grant_type: 'client_credentials', client_id: 'simulator-client' };
    const { status, json } = await call(simulator, 'POST', '/oauth_token.do', { user: '', body });
    expect([status, json]).toEqual([401, { error_description: 'unspecified error', error: 'server_error' }]);
  });

  it('knows a client without a secret, which cannot vouch for itself', async () => {
    await using simulator = await startSimulator();
    const publicClient = 'client_id=simulator-public-client';
    const byPassword = `grant_type=password&username=itil_only&password=itil-password&${publicClient}`;
    expect((await askForToken(simulator, byPassword)).status).toBe(200);
    expect((await askForToken(simulator, `grant_type=client_credentials&${publicClient}`)).status).toBe(401);
  });

  it.each([
    ['kept', true, 200],
    ['rotated', false, 401],
    ['omitted', undefined, 200],
  ] as const)(
    'with refresh tokens %s answers as it says, and the old one then with its status',
    async (oauthRefreshReply, same, again) => {
      await using simulator = await startSimulator({ oauthRefreshReply });
      const first = await askForToken(
        simulator,
        `grant_type=password&username=itil_only&password=itil-password&${client}`,
      );
      const { refresh_token: given } = first.json as { refresh_token: string };
      const refresh = () => askForToken(simulator, `grant_type=refresh_token&refresh_token=${given}&${client}`);
      const { refresh_token: answered } = (await refresh()).json as { refresh_token?: string };
      expect(answered === undefined ? undefined : answered === given).toBe(same);
      expect((await refresh()).status).toBe(again);
    },
  );

  it.each([
    ['unauthorized', { error: { message: 'User Not Authenticated' } }],
    ['invalid-token', { error: 'invalid_token' }],
  ] as const)('refuses an expired token as %s', async (expiredTokenReply, body) => {
    await using simulator = await startSimulator({ expiredTokenReply, oauthTokenLifetimeSeconds: 60 });
    const { json } = await askForToken(simulator, `grant_type=client_credentials&${client}`);
    const { access_token: token, expires_in: left } = json as { access_token: string; expires_in: number };
    expect(left).toBe(60);
    const headers = { authorization: `Bearer ${token}` };
    expect((await call(simulator, 'GET', incidents, { user: '', headers })).status).toBe(200);
    simulator.world.changeSettings({ clockSkewSeconds: 61 });
    const late = await call(simulator, 'GET', incidents, { user: '', headers });
    expect(late.status).toBe(401);
    expect(late.json).toMatchObject(body);
  });

  it('forgets every access token when it is told to', async () => {
    await using simulator = await startSimulator();
    const { json } = await askForToken(simulator, `grant_type=client_credentials&${client}`);
    await call(simulator, 'DELETE', '/simulator/tokens');
    const headers = { authorization: `Bearer ${(json as { access_token: string }).access_token}` };
    expect((await call(simulator, 'GET', incidents, { user: '', headers })).status).toBe(401);
  });
});
