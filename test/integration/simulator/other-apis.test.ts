import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { call, query } from './client.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const client = 'client_id=simulator-client&client_secret=simulator-client-secret';
const changes = '/api/now/table/change_request';

describe('tokens', () => {
  it('are given for client credentials, the same one again with less time left', async () => {
    await using simulator = await startSimulator();
    const body = `grant_type=client_credentials&${client}`;
    const ask = () => call(simulator, 'POST', '/oauth_token.do', { user: '', body, headers: form });
    const first = await ask();
    expect(first.json).toEqual({
      access_token: expect.stringMatching(/^[0-9a-f]{43}$/),
      scope: 'useraccount',
      token_type: 'Bearer',
      expires_in: 1799,
    });
    simulator.world.changeSettings({ clockSkewSeconds: 600 });
    const second = await ask();
    expect(second.json).toMatchObject({ expires_in: expect.toSatisfy((seconds: number) => seconds < 1200) });
    const { access_token: token } = first.json as { access_token: string };
    expect(second.json).toMatchObject({ access_token: token });
    const headers = { authorization: `Bearer ${token}` };
    expect((await call(simulator, 'GET', changes, { user: '', headers })).status).toBe(200);
    simulator.world.changeSettings({ clockSkewSeconds: 1900 });
    expect((await call(simulator, 'GET', changes, { user: '', headers })).status).toBe(401);
  });

  it('are given for a password, and for the refresh token that came with it', async () => {
    await using simulator = await startSimulator();
    const ask = (body: string) =>
      call(simulator, 'POST', '/oauth_token.do', { user: '', body: `${body}&${client}`, headers: form });
    const first = await ask('grant_type=password&username=itil_only&password=itil-password');
    const { refresh_token: refresh } = first.json as { refresh_token: string };
    expect((await ask(`grant_type=refresh_token&refresh_token=${refresh}`)).status).toBe(200);
  });

  it.each([
    ['a wrong secret', 'grant_type=client_credentials&client_id=simulator-client&client_secret=x', form],
    ['a wrong password', `grant_type=password&username=integration&password=x&${client}`, form],
    ['a locked user', `grant_type=password&username=locked&password=locked-password&${client}`, form],
    ['an unknown grant', `grant_type=magic&${client}`, form],
  ])('are refused with the one error there is for %s', async (_what, body, headers) => {
    await using simulator = await startSimulator();
    const { status, json } = await call(simulator, 'POST', '/oauth_token.do', { user: '', body, headers });
    expect([status, json]).toEqual([401, { error_description: 'access_denied', error: 'server_error' }]);
  });

  it('can be an API key', async () => {
    await using simulator = await startSimulator();
    const ask = (key: string) => call(simulator, 'GET', changes, { user: '', headers: { 'x-sn-apikey': key } });
    expect([(await ask('simulator-api-key')).status, (await ask('wrong')).status]).toEqual([200, 401]);
  });
});

describe('the Import Set API', () => {
  const path = '/api/now/import/u_release_import';

  it('answers 201 for a row that was inserted, updated, ignored or in error', async () => {
    await using simulator = await startSimulator();
    const rows = [
      { u_key: 'r7', u_title: 'Release 7' },
      { u_key: 'r7', u_title: 'Release 7.1' },
      { u_key: 'r7', u_title: 'Release 7.1' },
      { u_key: 'r7' },
    ];
    const statuses: unknown[] = [];
    for (const body of rows) {
      const { status, records, json } = await call(simulator, 'POST', path, { body });
      expect(status).toBe(201);
      expect(json).toMatchObject({
        staging_table: 'u_release_import',
        import_set: expect.stringMatching(/^ISET\d{7}$/),
      });
      statuses.push(records[0]?.status);
      expect('sys_id' in (records[0] ?? {})).toBe(records[0]?.status !== 'error');
    }
    expect(statuses).toEqual(['inserted', 'updated', 'ignored', 'error']);
    expect((await simulator.rows('u_release_gate')).map((row) => row.short_description)).toEqual(['Release 7.1']);
  });

  it('may answer 201 with no body at all', async () => {
    await using simulator = await startSimulator({ importSetReply: 'empty-body' });
    const { status, text } = await call(simulator, 'POST', path, { body: { u_title: 'x' } });
    expect([status, text]).toEqual([201, '']);
  });

  it('refuses a table that is none and a user without the role', async () => {
    await using simulator = await startSimulator();
    expect((await call(simulator, 'POST', '/api/now/import/u_nothing', { body: {} })).status).toBe(400);
    expect((await call(simulator, 'POST', path, { user: 'itil_only', body: {} })).status).toBe(403);
  });
});

describe('standard changes', () => {
  it('are created from the record producer, whose template wins over the body', async () => {
    await using simulator = await startSimulator();
    const parameters = { sysparm_query: 'active=true', sysparm_exclude_reference_link: 'true' };
    const { records } = await call(simulator, 'GET', `/api/now/table/std_change_record_producer${query(parameters)}`);
    const base = '/api/sn_chg_rest/v1/change/standard';
    const body = { description: 'mine', correlation_id: 'r7' };
    const { status, record } = await call(simulator, 'POST', `${base}/${records[0]?.sys_id}`, { body });
    expect(status).toBe(200);
    expect(record).toMatchObject({
      type: { value: 'standard' },
      approval: { value: 'approved' },
      state: { value: -5 },
      description: { value: 'Rolling restart of the web tier' },
      correlation_id: { value: 'r7' },
      __meta: { ignoredFields: ['description'] },
    });
    expect((await call(simulator, 'POST', `${base}/${records[0]?.template}`, { body })).status).toBe(400);
  });
});
