import { describe, expect, it } from 'vitest';
import { seedUsers } from '../../../simulator/seed-instance.ts';
import { startSimulator } from '../../support/simulator.ts';
import { call, createChange, query } from './client.ts';

const changes = '/api/now/table/change_request';

describe('reading through the Table API', () => {
  it('answers a list with its total, its transaction and the headers of an instance', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator);
    const { status, headers, records } = await call(simulator, 'GET', changes);
    expect(status).toBe(200);
    expect(records).toHaveLength(1);
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8');
    expect(headers.get('x-total-count')).toBe('1');
    expect(headers.get('x-is-logged-in')).toBe('true');
    expect(headers.get('x-transaction-id')).toMatch(/^[0-9a-f]{12}$/);
    expect(headers.get('server-timing')).toContain('sesh_wait;dur=0');
    expect(headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toEqual([
      'JSESSIONID',
      'glide_user_route',
      'glide_session_store',
    ]);
  });

  it('shows every value as a text and an empty reference as an empty text', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator);
    const { records } = await call(simulator, 'GET', `${changes}${query({ sysparm_exclude_reference_link: 'true' })}`);
    expect(Object.values(records[0] ?? {}).every((value) => typeof value === 'string')).toBe(true);
    expect(records[0]).toMatchObject({ state: '-5', active: 'true', assigned_to: '', sys_mod_count: '1' });
  });

  it('drops unknown fields from the list of those that were asked for', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    const fields = 'number,no_such_field,opened_by.user_name,opened_by.no_such_field';
    const { record } = await call(simulator, 'GET', `${changes}/${sys_id}${query({ sysparm_fields: fields })}`);
    expect(record).toEqual({ number: 'CHG0030001', 'opened_by.user_name': 'integration' });
  });

  it('repeats the version prefix of the request in its links', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    for (const prefix of ['/api/now', '/api/now/v1', '/api/now/v2']) {
      const { record } = await call(simulator, 'GET', `${prefix}/table/change_request/${sys_id}`);
      expect(record.opened_by).toMatchObject({
        link: expect.stringMatching(new RegExp(`^${simulator.url}${prefix}/table/sys_user/[0-9a-f]{32}$`)),
      });
    }
  });

  it('puts its own host into links when it has a name of its own', async () => {
    await using simulator = await startSimulator({ instanceUrl: 'https://vanity.example.com' });
    const { sys_id } = await createChange(simulator);
    const { record } = await call(simulator, 'GET', `${changes}/${sys_id}`);
    expect(record.opened_by).toMatchObject({
      link: expect.stringMatching(/^https:\/\/vanity\.example\.com\/api\/now/),
    });
  });

  it('leads through pages with links until the last', async () => {
    await using simulator = await startSimulator({ negativePrevLink: false });
    for (let n = 0; n < 5; n += 1) await createChange(simulator);
    let url = `${changes}${query({ sysparm_query: 'type=normal^ORDERBYnumber', sysparm_limit: '2', sysparm_fields: 'number' })}`;
    const seen: unknown[] = [];
    for (let page = 0; page < 5 && url !== ''; page += 1) {
      const { headers, records } = await call(simulator, 'GET', url);
      seen.push(...records.map(({ number }) => number));
      url = /<([^>]*)>;rel="next"/.exec(headers.get('link') ?? '')?.[1]?.slice(simulator.url.length) ?? '';
    }
    expect(seen).toEqual(['CHG0030001', 'CHG0030002', 'CHG0030003', 'CHG0030004', 'CHG0030005']);
  });

  it('applies the limit before the rights, so that a page is short while readable rows follow', async () => {
    await using simulator = await startSimulator();
    for (let n = 0; n < 4; n += 1) await createChange(simulator);
    simulator.world.changeSettings({ unreadableRecords: ['CHG0030001', 'CHG0030002'] });
    const parameters = { sysparm_query: 'ORDERBYnumber', sysparm_limit: '3', sysparm_fields: 'number' };
    const first = await call(simulator, 'GET', `${changes}${query(parameters)}`);
    expect(first.records).toEqual([{ number: 'CHG0030003' }]);
    expect(first.headers.get('x-total-count')).toBe('4');
    const second = await call(simulator, 'GET', `${changes}${query({ ...parameters, sysparm_offset: '3' })}`);
    expect(second.records).toEqual([{ number: 'CHG0030004' }]);
  });

  it('leaves out the count and the links when asked to', async () => {
    await using simulator = await startSimulator();
    for (let n = 0; n < 3; n += 1) await createChange(simulator);
    const parameters = { sysparm_limit: '1', sysparm_no_count: 'true', sysparm_suppress_pagination_header: 'true' };
    const { headers } = await call(simulator, 'GET', `${changes}${query(parameters)}`);
    expect(headers.has('x-total-count')).toBe(false);
    expect(headers.has('link')).toBe(false);
  });

  it.each([
    ['ignored', 200, 2],
    ['no-rows', 200, 0],
    ['forbidden', 403, 0],
  ] as const)('with unknown query fields %s answers %i and %i rows', async (unknownQueryField, status, rows) => {
    await using simulator = await startSimulator({ unknownQueryField });
    await createChange(simulator);
    await createChange(simulator);
    const called = await call(simulator, 'GET', `${changes}${query({ sysparm_query: 'no_such_field=x' })}`);
    expect(called.status).toBe(status);
    expect(called.records).toHaveLength(rows);
    if (status === 403)
      expect(called.json).toEqual({
        error: {
          message: 'Insufficient rights to query records',
          detail: 'Field(s) present in the query do not have permission to be read',
        },
        status: 'failure',
      });
  });

  it('takes bare column=value parameters as the query', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator);
    const { number } = await createChange(simulator);
    const { records } = await call(simulator, 'GET', `${changes}?number=${number}&sysparm_fields=number`);
    expect(records).toEqual([{ number }]);
  });

  it('returns a stranger for a script that the sandbox refuses', async () => {
    await using simulator = await startSimulator();
    const ask = async (script: string) =>
      call(
        simulator,
        'GET',
        `/api/now/table/sys_user${query({ sysparm_query: script, sysparm_limit: '1', sysparm_fields: 'user_name' })}`,
      );
    const refused = await ask('user_name=javascript:gs.getUserName()');
    expect(refused.headers.get('x-total-count')).toBe(String(seedUsers.length));
    const allowed = await ask('sys_id=javascript:gs.getUserID()');
    expect(allowed.records).toEqual([{ user_name: 'integration' }]);
  });

  it('mixes the classes in the task table and shows their base columns only', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator);
    await call(simulator, 'POST', '/api/now/table/incident', { body: { short_description: 'Down' } });
    const { records } = await call(simulator, 'GET', '/api/now/table/task');
    expect(records.map((row) => row.sys_class_name).toSorted()).toEqual(['change_request', 'incident']);
    expect(records.every((row) => !('close_code' in row))).toBe(true);
  });

  it('answers an empty list with 200, in version 1 with 404', async () => {
    await using simulator = await startSimulator();
    expect((await call(simulator, 'GET', changes)).json).toEqual({ result: [] });
    expect((await call(simulator, 'GET', '/api/now/v2/table/change_request')).json).toEqual({ result: [] });
    expect((await call(simulator, 'GET', '/api/now/v1/table/change_request')).status).toBe(404);
  });

  it.each([
    ['GET', '/api/now/table/no_such_table', 400, 'Invalid table no_such_table'],
    ['GET', `${changes}/ffffffffffffffffffffffffffffffff`, 404, 'No Record found'],
    ['GET', '/api/sn_nothing/v1/here', 400, 'Requested URI does not represent any resource'],
    ['DELETE', changes, 405, 'Method not supported'],
    ['GET', `${changes}?sysparm_offset=-1`, 400, 'Invalid request parameter'],
  ])('answers %s %s with %i and its error body', async (method, path, status, message) => {
    await using simulator = await startSimulator();
    const called = await call(simulator, method, path);
    expect(called.status).toBe(status);
    expect(called.json).toMatchObject({ error: { message }, status: 'failure' });
  });

  it('refuses a URL over 8192 bytes with 414 and takes one of 8192', async () => {
    await using simulator = await startSimulator();
    const longest = `${changes}?sysparm_query=sys_idIN`;
    expect((await call(simulator, 'GET', longest.padEnd(8192, 'a'))).status).toBe(200);
    expect((await call(simulator, 'GET', longest.padEnd(8193, 'a'))).status).toBe(414);
    expect((await call(simulator, 'GET', longest.padEnd(60_000, 'a'))).status).toBe(414);
  });

  it('answers in JSON only', async () => {
    await using simulator = await startSimulator();
    const { status } = await call(simulator, 'GET', changes, { headers: { accept: 'application/xml' } });
    expect(status).toBe(406);
  });

  it('has a clock that may be wrong', async () => {
    await using simulator = await startSimulator({ clockSkewSeconds: 3600 });
    const { headers } = await call(simulator, 'GET', changes);
    expect(Date.parse(headers.get('date') ?? '') - Date.now()).toBeGreaterThan(3_500_000);
  });

  it('makes the same sys_ids for the same seed', async () => {
    await using one = await startSimulator();
    await using other = await startSimulator();
    expect(await createChange(one)).toEqual(await createChange(other));
  });
});
