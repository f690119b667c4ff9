import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { call, createChange, query } from './client.ts';

const changes = '/api/now/table/change_request';
const incidents = '/api/now/table/incident';

describe('writing through the Table API', () => {
  it('creates with 201, a Location and the whole record', async () => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const { status, headers, record } = await call(simulator, 'POST', changes, {
      body: { short_description: 'Deploy', correlation_id: 'release-7' },
    });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`${simulator.url}${changes}/${record.sys_id}`);
    expect(record).toMatchObject({
      number: 'CHG0030001',
      short_description: 'Deploy',
      correlation_id: 'release-7',
      state: '-5',
      approval: 'not requested',
      type: 'normal',
      sys_created_by: 'integration',
      sys_mod_count: '0',
    });
  });

  it('finds again what was created by its correlation_id', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator, { correlation_id: 'release-6' });
    const { number } = await createChange(simulator, { correlation_id: 'release-7' });
    const parameters = { sysparm_query: 'correlation_id=release-7^ORDERBYsys_created_on', sysparm_fields: 'number' };
    expect((await call(simulator, 'GET', `${changes}${query(parameters)}`)).records).toEqual([{ number }]);
  });

  it('sends no body back when it is told not to', async () => {
    await using simulator = await startSimulator();
    const headers = { 'x-no-response-body': 'true' };
    const { status, text } = await call(simulator, 'POST', changes, { body: {}, headers });
    expect([status, text]).toEqual([201, '']);
  });

  it('takes the first of several records', async () => {
    await using simulator = await startSimulator();
    await call(simulator, 'POST', incidents, { body: [{ short_description: 'a' }, { short_description: 'b' }] });
    await call(simulator, 'POST', incidents, { body: { records: [{ short_description: 'c' }, {}] } });
    const rows = await simulator.rows('incident');
    expect(rows.map(({ short_description }) => short_description)).toEqual(['a', 'c']);
  });

  it.each(['PATCH', 'PUT'])('%s changes what it names, counts the update and leaves the rest', async (method) => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const { sys_id } = await createChange(simulator, { description: 'kept' });
    const { status, record } = await call(simulator, method, `${changes}/${sys_id}`, {
      body: { short_description: 'Deploy twice' },
    });
    expect(status).toBe(200);
    expect(record).toMatchObject({ short_description: 'Deploy twice', description: 'kept', sys_mod_count: '1' });
  });

  it('does not count an update that changes nothing', async () => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const { sys_id } = await createChange(simulator);
    const { record } = await call(simulator, 'PATCH', `${changes}/${sys_id}`, {
      body: { short_description: 'Deploy' },
    });
    expect(record.sys_mod_count).toBe('0');
  });

  it.each([
    ['an unknown field', { u_no_such_field: 'x' }],
    ['a system field', { sys_created_by: 'me', sys_id: 'x' }],
    ['an unknown choice', { state: '99', risk: 'enormous' }],
    ['the label of a choice', { state: 'assess' }],
    ['an empty choice', { state: '' }],
    ['a date that is none', { start_date: 'tomorrow' }],
    ['a number that is none', { order: 'first' }],
    ['a reference by name', { assignment_group: 'Network' }],
  ])('ignores %s with 200', async (_what, body) => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const { sys_id } = await createChange(simulator);
    const [before] = await simulator.rows('change_request');
    expect((await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body })).status).toBe(200);
    expect(await simulator.rows('change_request')).toEqual([before]);
  });

  it('ignores a field that the user may not write, and leaves out one that the user may not read', async () => {
    await using simulator = await startSimulator({
      unwritableFields: ['change_request.risk'],
      unreadableFields: ['task.description'],
    });
    const { sys_id } = await createChange(simulator, { description: 'hidden' });
    const { record } = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { risk: '2' } });
    expect(record.risk).toBe('3');
    expect(record).not.toHaveProperty('description');
    const asAdmin = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { user: 'admin', body: { risk: '2' } });
    expect(asAdmin.record).toMatchObject({ risk: '2', description: 'hidden' });
  });

  it('clears a field with an empty text and takes numbers and booleans for texts', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator, { description: 'x' });
    const body = { description: '', order: 7, on_hold: true };
    const { record } = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body });
    expect(record).toMatchObject({ description: '', order: '7', on_hold: 'true' });
  });

  it('cuts a text that is too long for its column', async () => {
    await using simulator = await startSimulator();
    const { number } = await createChange(simulator, { short_description: 'x'.repeat(200) });
    const row = (await simulator.rows('change_request')).find((change) => change.number === number);
    expect(row?.short_description).toHaveLength(160);
  });

  it('reads labels, names and local dates where display values are the input', async () => {
    await using simulator = await startSimulator();
    const body = { risk: 'High', assignment_group: 'network', start_date: '05.07.2026 12:46:48' };
    const { record } = await call(
      simulator,
      'POST',
      `${changes}?sysparm_input_display_value=true&sysparm_fields=risk,assignment_group.name,start_date`,
      { body },
    );
    expect(record).toEqual({ risk: '2', 'assignment_group.name': 'Network', start_date: '2026-07-05 10:46:48' });
  });

  it('takes a date in UTC where they are not', async () => {
    await using simulator = await startSimulator();
    const { record } = await call(simulator, 'POST', `${changes}?sysparm_fields=start_date`, {
      body: { start_date: '2026-07-05 12:46:48' },
    });
    expect(record.start_date).toBe('2026-07-05 12:46:48');
  });

  it('answers a work note with an empty text, keeps it as a journal row and shows it in the history', async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    const { sys_id } = await createChange(simulator);
    for (const note of ['first', 'second']) {
      const { record } = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { work_notes: note } });
      expect(record.work_notes).toBe('');
    }
    const journal = await call(
      simulator,
      'GET',
      `/api/now/table/sys_journal_field${query({ sysparm_query: `element_id=${sys_id}^elementINcomments,work_notes`, sysparm_fields: 'element,value' })}`,
    );
    expect(journal.records).toHaveLength(2);
    expect(journal.records).toContainEqual({ element: 'work_notes', value: 'first' });
    const { record } = await call(
      simulator,
      'GET',
      `${changes}/${sys_id}?sysparm_fields=work_notes&sysparm_display_value=true`,
    );
    expect(record.work_notes).toMatch(
      /^\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d - Integration User \(Work notes\)\nsecond\n\n.* \(Work notes\)\nfirst\n\n$/,
    );
  });

  it('writes a note again when the request is repeated', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    for (let n = 0; n < 2; n += 1)
      await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { comments: 'same' } });
    expect(await simulator.rows('sys_journal_field')).toHaveLength(2);
  });

  it('deletes with 204, after which the record is not found', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    const path = `${changes}/${sys_id}`;
    expect((await call(simulator, 'DELETE', path)).status).toBe(204);
    expect((await call(simulator, 'GET', path)).status).toBe(404);
    expect((await call(simulator, 'DELETE', path)).status).toBe(404);
  });

  it('aborts an illegal move of a change with 403 and the name of the rule', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    const { status, json } = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state: '-1' } });
    expect(status).toBe(403);
    expect(json).toEqual({
      error: {
        message: 'Operation Failed',
        detail:
          "Operation against file 'change_request' was aborted by Business Rule 'Change Model: Check State Transition'",
      },
      status: 'failure',
    });
  });

  it('closes a change only with its close code and notes, and names their labels', async () => {
    await using simulator = await startSimulator();
    const { sys_id, number } = await createChange(simulator);
    await simulator.approve(number);
    for (const state of ['-1', '0']) await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state } });
    const refused = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state: '3' } });
    expect(refused.status).toBe(403);
    expect(refused.json).toMatchObject({
      error: { detail: 'Data Policy Exception: The following fields are mandatory: Close code, Close notes' },
    });
    const body = { state: 3, close_code: 'successful', close_notes: 'done' };
    const closed = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body });
    expect(closed.record).toMatchObject({ state: '3', active: 'false' });
    expect(closed.record.closed_at).not.toBe('');
  });

  it('resolves an incident only with a resolution, and mirrors its state', async () => {
    await using simulator = await startSimulator();
    const { record } = await call(simulator, 'POST', incidents, { body: { short_description: 'Down' } });
    const path = `${incidents}/${record.sys_id}`;
    const refused = await call(simulator, 'PATCH', path, { body: { state: '6' } });
    expect(refused.json).toMatchObject({ error: { detail: expect.stringContaining('Resolution code') } });
    const body = { state: '6', close_code: 'Solved (Permanently)', close_notes: 'restarted' };
    expect((await call(simulator, 'PATCH', path, { body })).record).toMatchObject({ state: '6', incident_state: '6' });
  });

  it.each([
    ['{"short_description":', 'application/json', 400, 'Exception while reading request'],
    ['a=1', 'application/x-www-form-urlencoded', 415, 'Unsupported media type'],
    ['<request/>', 'application/xml', 415, 'Unsupported media type'],
  ])('refuses the body %s as %s with %i', async (body, type, status, message) => {
    await using simulator = await startSimulator();
    const called = await call(simulator, 'POST', changes, { body, headers: { 'content-type': type } });
    expect(called.status).toBe(status);
    expect(called.json).toMatchObject({ error: { message }, status: 'failure' });
    expect(await simulator.rows('change_request')).toEqual([]);
  });

  it('refuses a body over 10 MB with 400 and its length', async () => {
    await using simulator = await startSimulator();
    const body = JSON.stringify({ description: 'x'.repeat(10_485_760) });
    const { status, json } = await call(simulator, 'POST', changes, { body });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      error: {
        detail: `Rejected large REST payload with content-length = ${body.length} bytes. Max allowed: 10485760 bytes.`,
      },
    });
  });

  it('gives every change its own number when two clients create at once', async () => {
    await using simulator = await startSimulator();
    const client = async (name: string) => {
      for (let n = 0; n < 20; n += 1) await createChange(simulator, { correlation_id: `${name}-${n}` });
    };
    await Promise.all([client('a'), client('b')]);
    const rows = await simulator.rows('change_request');
    expect(new Set(rows.map(({ number }) => number)).size).toBe(40);
    expect(new Set(rows.map(({ correlation_id }) => correlation_id)).size).toBe(40);
  });

  it('counts every update of one change when two clients change it at once', async () => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const { sys_id } = await createChange(simulator);
    const client = async (name: string) => {
      for (let n = 0; n < 20; n += 1)
        await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { description: `${name} ${n}` } });
    };
    await Promise.all([client('a'), client('b')]);
    expect((await simulator.rows('change_request'))[0]?.sys_mod_count).toBe('40');
  });
});
