import { describe, expect, it, vi } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { call, createChange, query } from './client.ts';

const incidents = '/api/now/table/incident';

describe('the Aggregate API', () => {
  it('answers an object without a grouping and a list with one, in texts (trap 60)', async () => {
    await using simulator = await startSimulator();
    for (const values of [{ impact: '1' }, { impact: '1' }, { impact: '3' }])
      await call(simulator, 'POST', incidents, { body: values });
    const counted = await call(simulator, 'GET', '/api/now/stats/incident?sysparm_count=true');
    expect(counted.record).toEqual({ stats: { count: '3' } });
    const parameters = { sysparm_count: 'true', sysparm_avg_fields: 'impact', sysparm_group_by: 'impact' };
    const grouped = await call(simulator, 'GET', `/api/now/stats/incident${query(parameters)}`);
    expect(grouped.records).toContainEqual({
      stats: { count: '2', avg: { impact: '1.0000' } },
      groupby_fields: [{ field: 'impact', value: '1' }],
    });
    expect(grouped.records).toHaveLength(2);
  });

  it('demands an aggregate, a table, and the right to read it', async () => {
    await using simulator = await startSimulator();
    expect((await call(simulator, 'GET', '/api/now/stats/incident')).status).toBe(400);
    expect((await call(simulator, 'GET', '/api/now/stats/nothing?sysparm_count=true')).status).toBe(400);
    const refused = await call(simulator, 'GET', '/api/now/stats/sys_db_object?sysparm_count=true', {
      user: 'noroles',
    });
    expect(refused.json).toMatchObject({ error: { detail: "No permission to read table 'sys_db_object'" } });
  });
});

describe('the Attachment API', () => {
  it('takes a file, says that it is not scanned yet, lists it and gives it back', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    const parameters = { table_name: 'change_request', table_sys_id: sys_id, file_name: 'log.txt' };
    const path = `/api/now/attachment/file${query(parameters)}`;
    const headers = { 'content-type': 'text/plain' };
    const sent = await call(simulator, 'POST', path, { body: 'it went well', headers });
    expect(sent.status).toBe(201);
    expect(sent.record).toMatchObject({ size_bytes: '12', state: 'pending', file_name: 'log.txt' });
    const list = await call(simulator, 'GET', `/api/now/attachment?sysparm_query=table_sys_id=${sys_id}`);
    expect(list.records).toMatchObject([{ state: 'available', content_type: 'text/plain' }]);
    const file = await call(simulator, 'GET', `/api/now/attachment/${sent.record.sys_id}/file`);
    expect([file.text, file.headers.get('content-type')]).toEqual(['it went well', 'text/plain']);
    expect(
      (await call(simulator, 'GET', `/api/now/attachment/${sent.record.sys_id}`, { user: 'noroles' })).status,
    ).toBe(404);
    expect((await call(simulator, 'DELETE', `/api/now/attachment/${sent.record.sys_id}`)).status).toBe(204);
  });

  it.each([
    [{ table_name: 'incident', file_name: 'x' }, 400],
    [{ table_name: 'nothing', table_sys_id: 'x', file_name: 'x' }, 400],
    [{ table_name: 'incident', table_sys_id: 'x', file_name: 'x' }, 404],
  ])('refuses %j with %i', async (parameters, status) => {
    await using simulator = await startSimulator();
    const path = `/api/now/attachment/file${query(parameters)}`;
    expect((await call(simulator, 'POST', path, { body: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(
      status,
    );
  });
});

describe('the import of many rows', () => {
  const path = '/api/now/import/u_release_import/insertMultiple';

  it('names no row in its answer and transforms them after it, by labels (trap 48)', async () => {
    await using simulator = await startSimulator();
    const records = [
      { Key: 'r1', Title: 'One' },
      { Key: 'r2', Title: 'Two' },
      { u_key: 'r3', u_title: 'Three' },
    ];
    const { status, json } = await call(simulator, 'POST', path, { body: { records } });
    expect(status).toBe(200);
    expect(json).toEqual({
      import_set_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      multi_import_set_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    await vi.waitFor(async () => expect(await simulator.rows('u_release_import')).toHaveLength(3));
    const titles = (await simulator.rows('u_release_gate')).map((row) => row.short_description);
    expect(titles).toEqual(['One', 'Two']);
    expect((await simulator.requests()).total).toBe(1);
  });

  it('does not outlive the simulator', async () => {
    const simulator = await startSimulator({ insertMultipleDelayMs: 600_000 });
    await call(simulator, 'POST', path, { body: { records: [{ Title: 'x' }] } });
    await simulator[Symbol.asyncDispose]();
    expect(simulator.world.store.rows('u_release_import')).toEqual([]);
  });

  it('refuses a table that is none, a user without the role and a body without records', async () => {
    await using simulator = await startSimulator();
    expect((await call(simulator, 'POST', '/api/now/import/nothing/insertMultiple', { body: {} })).status).toBe(400);
    expect((await call(simulator, 'POST', path, { user: 'itil_only', body: { records: [] } })).status).toBe(403);
    expect((await call(simulator, 'POST', path, { user: 'import_admin', body: {} })).status).toBe(400);
  });
});

describe('the Batch API', () => {
  it('hides the failure of an item under its 200 and counts as one request (trap 61)', async () => {
    await using simulator = await startSimulator();
    const body = {
      batch_request_id: 'b1',
      rest_requests: [
        { id: '1', method: 'POST', url: incidents, body: Buffer.from('{"short_description":"x"}').toString('base64') },
        { id: '2', method: 'GET', url: `${incidents}/nothing`, exclude_response_headers: true },
      ],
    };
    const { status, json } = await call(simulator, 'POST', '/api/now/v1/batch', { body });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      batch_request_id: 'b1',
      serviced_requests: [
        { id: '1', status_code: 201 },
        { id: '2', status_code: 404, headers: [] },
      ],
      unserviced_requests: [],
    });
    expect(await simulator.rows('incident')).toMatchObject([{ short_description: 'x', sys_created_by: 'integration' }]);
    expect((await simulator.requests()).total).toBe(1);
  });

  it('does nothing for those who did not sign in', async () => {
    await using simulator = await startSimulator();
    const body = { batch_request_id: 'b1', rest_requests: [{ id: '1', method: 'GET', url: incidents }] };
    expect((await call(simulator, 'POST', '/api/now/v1/batch', { user: '', body })).status).toBe(401);
  });
});
