import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { basic, call, createChange, query } from './client.ts';

const changes = '/api/now/table/change_request';

describe('signing in', () => {
  it.each([
    ['no credentials', '', {}],
    ['a wrong password', '', { authorization: basic('integration', 'wrong') }],
    ['an unknown user', '', { authorization: basic('nobody', 'x') }],
    ['a locked user with the right password', 'locked', {}],
    ['a bearer token', '', { authorization: 'Bearer abc' }],
    ['credentials without a colon', '', { authorization: 'Basic YWJj' }],
  ])('is refused with the same 401 for %s', async (_what, user, headers) => {
    await using simulator = await startSimulator();
    const called = await call(simulator, 'GET', '/api/now/table/sys_user?sysparm_limit=1', { user, headers });
    expect(called.status).toBe(401);
    expect(called.headers.get('www-authenticate')).toBe('BASIC realm="Service-now"');
    expect(called.headers.get('x-is-logged-in')).toBe('false');
    expect(called.json).toEqual({
      error: { message: 'User Not Authenticated', detail: 'Required to provide Auth information' },
      status: 'failure',
    });
  });

  it('is refused in the words of 2026, without a status, when the instance is of that year', async () => {
    await using simulator = await startSimulator({ unauthorizedWording: '2026' });
    const { json } = await call(simulator, 'GET', changes, { user: '' });
    expect(json).toEqual({
      error: { message: 'User is not authenticated', detail: 'Required to provide Auth information' },
    });
  });

  it('locks a user out after as many wrong passwords as the instance allows', async () => {
    await using simulator = await startSimulator({ lockOutAfter: 3 });
    const headers = { authorization: basic('integration', 'wrong') };
    for (let n = 0; n < 2; n += 1) await call(simulator, 'GET', changes, { user: '', headers });
    expect((await call(simulator, 'GET', changes)).status).toBe(200);
    for (let n = 0; n < 3; n += 1) await call(simulator, 'GET', changes, { user: '', headers });
    expect((await call(simulator, 'GET', changes)).status).toBe(401);
  });

  it('tells the caller who it is', async () => {
    await using simulator = await startSimulator();
    const { record } = await call(simulator, 'GET', '/api/now/ui/user/current_user');
    const me = await call(simulator, 'GET', `/api/now/table/sys_user/${record.user_sys_id}?sysparm_fields=user_name`);
    expect(me.record).toEqual({ user_name: 'integration' });
  });
});

describe('rights', () => {
  it('show a user without roles no rows and 200, the total all the same, and refuse it every write', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    const user = 'noroles';
    const list = await call(simulator, 'GET', changes, { user });
    expect([list.status, list.records, list.headers.get('x-total-count')]).toEqual([200, [], '1']);
    expect((await call(simulator, 'GET', `${changes}/${sys_id}`, { user })).status).toBe(404);
    const insert = await call(simulator, 'POST', changes, { user, body: {} });
    expect(insert.status).toBe(403);
    expect(insert.json).toMatchObject({
      error: { message: 'Operation Failed', detail: 'ACL Exception Insert Failed due to security constraints' },
    });
    const update = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { user, body: { risk: '2' } });
    expect(update.json).toMatchObject({
      error: { detail: 'ACL Exception Update Failed due to security constraints' },
    });
    expect((await call(simulator, 'DELETE', `${changes}/${sys_id}`, { user })).status).toBe(403);
  });

  it.each([
    ['forbidden', 403, 0],
    ['empty', 200, 0],
    ['own', 200, 3],
  ] as const)('with role reads %s answer the caller %i and %i of its roles', async (roleReads, status, rows) => {
    await using simulator = await startSimulator({ roleReads });
    const fields = { sysparm_fields: 'role.name', sysparm_query: 'user=javascript:gs.getUserID()' };
    const called = await call(simulator, 'GET', `/api/now/table/sys_user_has_role${query(fields)}`);
    expect(called.status).toBe(status);
    expect(called.records).toHaveLength(rows);
    if (status === 403)
      expect(called.json).toEqual({
        error: { message: 'Insufficient rights to query records', detail: null },
        status: 'failure',
      });
  });

  it('let an administrator read whose roles are whose', async () => {
    await using simulator = await startSimulator();
    const fields = { sysparm_fields: 'role.name', sysparm_query: 'user.user_name=itil_only' };
    const called = await call(simulator, 'GET', `/api/now/table/sys_user_has_role${query(fields)}`, { user: 'admin' });
    expect(called.records).toEqual([{ 'role.name': 'itil' }]);
  });

  it('say yes to everybody who looks for a user name in the table of roles', async () => {
    await using simulator = await startSimulator();
    const path = `/api/now/table/sys_user_role${query({ sysparm_query: 'user_name=noroles', sysparm_fields: 'name' })}`;
    expect((await call(simulator, 'GET', path, { user: 'noroles' })).records).toContainEqual({ name: 'itil' });
  });

  it('let choices be read by all and filtered only with personalize_choices', async () => {
    await using simulator = await startSimulator();
    const filter = query({ sysparm_query: 'name=change_request^element=state^language=en', sysparm_fields: 'value' });
    expect((await call(simulator, 'GET', `/api/now/table/sys_choice${filter}`)).records).toHaveLength(8);
    expect((await call(simulator, 'GET', `/api/now/table/sys_choice${filter}`, { user: 'itil_only' })).status).toBe(
      403,
    );
    expect((await call(simulator, 'GET', '/api/now/table/sys_choice', { user: 'itil_only' })).status).toBe(200);
  });

  it.each([
    ['sys_db_object', 'noroles', 403],
    ['sys_db_object', 'itil_only', 200],
    ['sys_dictionary', 'itil_only', 200],
    ['sys_journal_field', 'itil_only', 200],
  ])('on %s answer %s with %i', async (table, user, status) => {
    await using simulator = await startSimulator();
    expect((await call(simulator, 'GET', `/api/now/table/${table}`, { user })).status).toBe(status);
  });

  it('refuse a query that uses a field which the user may not read', async () => {
    await using simulator = await startSimulator({ unreadableFields: ['change_request.risk'] });
    expect((await call(simulator, 'GET', `${changes}?sysparm_query=risk=3`)).status).toBe(403);
    expect((await call(simulator, 'GET', `${changes}?sysparm_query=ORDERBYrisk`)).status).toBe(403);
    expect((await call(simulator, 'GET', changes)).status).toBe(200);
  });

  it('show a password value, an obviously false one, to who reads users without naming fields', async () => {
    await using simulator = await startSimulator();
    const { records, text } = await call(simulator, 'GET', '/api/now/table/sys_user');
    expect(records[0]?.user_password).toMatch(/^not-a-password/);
    expect(text).not.toContain('integration-password');
    expect(JSON.stringify(await simulator.rows('sys_user'))).not.toContain('-password"');
  });
});
