import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { call, createChange, query } from './client.ts';

const changes = '/api/now/table/change_request';
const gates = '/api/now/table/u_release_gate';

describe('what an instance does with what was written', () => {
  it('sends a label written as a state somewhere else, when it is odd (trap 24)', async () => {
    await using simulator = await startSimulator({ stateLabels: 'odd' });
    const { sys_id } = await createChange(simulator);
    const { record } = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state: 'assess' } });
    expect(record).toMatchObject({ state: '-3', approval: 'not requested' });
  });

  it('sets a reverted field back after the answer (trap 27)', async () => {
    await using simulator = await startSimulator({ revertedFields: ['change_request.risk'] });
    const created = await call(simulator, 'POST', changes, { body: { risk: '2' } });
    expect(created.record.risk).toBe('2');
    const path = `${changes}/${created.record.sys_id}`;
    expect((await call(simulator, 'GET', path)).record.risk).toBe('3');
    expect((await call(simulator, 'PATCH', path, { body: { risk: '4' } })).record.risk).toBe('4');
    expect((await call(simulator, 'GET', path)).record.risk).toBe('3');
  });

  it('keeps a date without a time and an amount of money, and shows both in its own way (trap 17)', async () => {
    await using simulator = await startSimulator();
    const body = { u_freeze_date: '2026-12-24', u_cost: 'USD;1234.5' };
    const { record } = await call(simulator, 'POST', gates, { body });
    expect(record).toMatchObject({ u_freeze_date: '2026-12-24', u_cost: '1234.5' });
    const shown = await call(simulator, 'GET', `${gates}/${record.sys_id}?sysparm_display_value=true`);
    expect(shown.record).toMatchObject({ u_freeze_date: '24.12.2026', u_cost: '$1,234.50' });
    const typed = { u_freeze_date: '31.12.2026', u_cost: '$2,000.00' };
    const path = `${gates}/${record.sys_id}?sysparm_input_display_value=true`;
    expect((await call(simulator, 'PATCH', path, { body: typed })).record).toMatchObject({
      u_freeze_date: '2026-12-31',
      u_cost: '2000.00',
    });
  });
});

describe('what an instance lets be asked', () => {
  it('may be equality without ranges, searches and sorting (trap 35)', async () => {
    await using simulator = await startSimulator({
      rangeQueriesForbidden: ['task.sys_updated_on', 'task.correlation_id'],
    });
    const ask = async (text: string) =>
      (await call(simulator, 'GET', `${changes}${query({ sysparm_query: text })}`)).status;
    expect(await ask('sys_updated_on>=2026-01-01 00:00:00')).toBe(403);
    expect(await ask('ORDERBYsys_updated_on')).toBe(403);
    expect(await ask('correlation_idLIKEx')).toBe(403);
    expect(await ask('correlation_id=x')).toBe(200);
    expect(await ask('correlation_idINx,y^ORDERBYnumber')).toBe(200);
  });

  it('may leave a table out of web services, whoever asks', async () => {
    await using simulator = await startSimulator({ closedTables: ['change_request'] });
    const { status, json } = await call(simulator, 'GET', changes, { user: 'admin' });
    expect([status, json]).toMatchObject([
      403,
      { error: { message: 'User Not Authorized', detail: 'User is unauthorized to access table: change_request' } },
    ]);
    expect((await call(simulator, 'POST', changes, { body: {} })).status).toBe(403);
    expect((await call(simulator, 'GET', '/api/now/table/task')).status).toBe(200);
  });

  it.each([
    ['offered', 200],
    ['absent', 400],
    ['forbidden', 403],
  ] as const)('with the form %s answers %i', async (uiMeta, status) => {
    await using simulator = await startSimulator({ uiMeta });
    expect((await call(simulator, 'GET', '/api/now/ui/meta/incident')).status).toBe(status);
  });

  it('has templates of forms, two of one name and one that is retired', async () => {
    await using simulator = await startSimulator();
    const path = `/api/now/table/sys_template${query({ sysparm_query: 'table=change_request^active=true', sysparm_fields: 'name' })}`;
    const names = (await call(simulator, 'GET', path)).records.map(({ name }) => name);
    expect(names.filter((name) => name === 'Hotfix')).toHaveLength(2);
    expect(names).not.toContain('Quarterly release');
  });
});

describe('a replica that lags', () => {
  it('shows a record in lists as it was, and a single read does not', async () => {
    await using simulator = await startSimulator({ replicaLagReads: 1 });
    const { sys_id } = await createChange(simulator);
    const list = async () => (await call(simulator, 'GET', `${changes}?sysparm_query=sys_id=${sys_id}`)).records;
    expect(await list()).toEqual([]);
    expect((await call(simulator, 'GET', `${changes}/${sys_id}`)).record.short_description).toBe('Deploy');
    expect(await list()).toHaveLength(1);
    await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { short_description: 'Later' } });
    expect((await list())[0]?.short_description).toBe('Deploy');
    expect((await list())[0]?.short_description).toBe('Later');
    await call(simulator, 'DELETE', `${changes}/${sys_id}`);
    expect(await list()).toHaveLength(1);
    expect(await list()).toEqual([]);
  });
});
