import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { basic, call, createChange } from './client.ts';

const changes = '/api/now/table/change_request';
const form = { 'content-type': 'application/x-www-form-urlencoded' };

describe('the record of requests', () => {
  it('counts what was asked of the instance, by method and by table, and not what was asked of the simulator', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator);
    await call(simulator, 'GET', '/api/now/v2/table/incident?sysparm_limit=1&token=hunter2');
    await call(simulator, 'GET', '/', { user: '' });
    await call(simulator, 'GET', '/simulator/', { user: '' });
    const { total, byMethod, byTable, recent } = await simulator.requests();
    expect({ total, byMethod, byTable }).toEqual({
      total: 2,
      byMethod: { POST: 1, GET: 1 },
      byTable: { change_request: 1, incident: 1 },
    });
    expect(recent[1]).toEqual({
      at: expect.any(String),
      method: 'GET',
      path: '/api/now/v2/table/incident',
      query: 'sysparm_limit=1',
      status: 200,
      user: 'integration',
    });
  });

  it('names no user and no credential where the password was wrong', async () => {
    await using simulator = await startSimulator();
    const headers = { authorization: basic('integration', 'hunter2') };
    await call(simulator, 'GET', changes, { user: '', headers });
    const summary = await simulator.requests();
    expect(summary.recent[0]).toMatchObject({ status: 401, user: null });
    expect(JSON.stringify(summary)).not.toMatch(/hunter2|Basic/);
  });

  it('has no status for a request whose socket was destroyed', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'unavailable-reset', remaining: 1 });
    await call(simulator, 'GET', changes).catch(() => undefined);
    expect((await simulator.requests()).recent[0]).toMatchObject({ status: null });
  });

  it('keeps the latest thousand and counts all', async () => {
    await using simulator = await startSimulator();
    for (let n = 0; n < 1010; n += 1) await call(simulator, 'GET', '/api/now/table/problem?sysparm_limit=1');
    const { total, recent } = await simulator.requests();
    expect([total, recent.length]).toEqual([1010, 1000]);
  });

  it('can be begun anew', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator);
    await simulator.resetRequests();
    expect(await simulator.requests()).toEqual({ total: 0, mostAtOnce: 0, byMethod: {}, byTable: {}, recent: [] });
  });
});

describe('the control API', () => {
  it.each([
    ['/simulator/faults', {}, 'mode: is missing', 'mode'],
    ['/simulator/faults', { mode: 'nonsense' }, 'mode: must be one of none, hibernating', 'mode'],
    ['/simulator/faults', { mode: 'slow', delayMs: -1 }, 'delayMs: must be >= 0', 'delayMs'],
    ['/simulator/faults', { mode: 'slow', remaining: 0 }, 'remaining: must be >= 1', 'remaining'],
    ['/simulator/faults', { mode: 'slow', times: 3 }, 'times: there is no such field', 'times'],
    ['/simulator/faults', [], 'the body: must be object', undefined],
    ['/simulator/settings', { approvers: ['nobody'] }, 'approvers: there is no user nobody', 'approvers'],
    ['/simulator/settings', { systemTimeZone: 'Mars' }, 'systemTimeZone: there is no zone Mars', 'systemTimeZone'],
    ['/simulator/settings', { unreadableFields: ['x'] }, 'unreadableFields.0: ', 'unreadableFields.0'],
  ])('refuses PUT %s %j and names the field', async (path, body, message, field) => {
    await using simulator = await startSimulator();
    const { status, json } = await call(simulator, 'PUT', path, { body });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: expect.stringContaining(message) } });
    if (field !== undefined) expect(json).toMatchObject({ error: { field } });
  });

  it('refuses broken JSON and paths that it does not have, and goes on', async () => {
    await using simulator = await startSimulator();
    expect((await call(simulator, 'PUT', '/simulator/faults', { body: '{' })).status).toBe(400);
    expect((await call(simulator, 'GET', '/simulator/nothing')).status).toBe(404);
    expect((await call(simulator, 'GET', '/simulator/tables/nothing')).status).toBe(404);
    expect((await call(simulator, 'GET', '/simulator/faults')).json).toEqual({ mode: 'none' });
  });

  it('changes one setting and leaves the others', async () => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const body = { unauthorizedWording: '2026' };
    const { json } = await call(simulator, 'PUT', '/simulator/settings', { body });
    expect(json).toMatchObject({ unauthorizedWording: '2026', approvalsOnCreate: false });
  });
});

describe('the page for a person', () => {
  it('lists the changes with their approval and a way to decide', async () => {
    await using simulator = await startSimulator();
    const { number, sys_id } = await createChange(simulator, { short_description: '<script>alert("x")</script>' });
    const { headers, text } = await call(simulator, 'GET', '/', { user: '' });
    expect(headers.get('content-type')).toBe('text/html;charset=UTF-8');
    expect(text).toContain(`/simulator/record/change_request/${sys_id}`);
    expect(text).toContain('Requested · waits for Ada Approver');
    expect(text).toContain(`action="/simulator/changes/${number}/approve"`);
    expect(text).toContain('1 request seen.');
    expect(text).not.toContain('<script>');
    expect(text).toContain('&#60;script&#62;');
  });

  it('approves by a form post, goes back to the list and has nothing more to decide', async () => {
    await using simulator = await startSimulator();
    const { number } = await createChange(simulator);
    const path = `/simulator/changes/${number}/approve`;
    const post = () => call(simulator, 'POST', path, { user: '', body: '', headers: form });
    const posted = await post();
    expect([posted.status, posted.headers.get('location')]).toEqual([303, '/simulator/']);
    const page = await call(simulator, 'GET', '/simulator/', { user: '' });
    expect(page.text).toContain('Scheduled · Approved');
    expect(page.text).not.toContain('>Approve</button>');
    const again = await post();
    expect([again.status, again.headers.get('content-type')]).toEqual([409, 'text/html;charset=UTF-8']);
    expect(again.text).toContain('nobody is asked to approve');
  });

  it('switches the fault by a form post whose empty fields do not count', async () => {
    await using simulator = await startSimulator();
    const body = 'mode=slow&remaining=3&method=&path=&delayMs=10';
    await call(simulator, 'POST', '/simulator/faults', { user: '', body, headers: form });
    expect((await call(simulator, 'GET', '/simulator/faults')).json).toEqual({
      mode: 'slow',
      remaining: 3,
      delayMs: 10,
    });
  });

  it('shows a record where the links of tickets lead', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator, { short_description: 'Deploy & pray' });
    for (const path of [
      `/nav_to.do?uri=change_request.do?sys_id=${sys_id}`,
      `/nav_to.do?uri=${encodeURIComponent(`change_request.do?sys_id=${sys_id}&sysparm_view=`)}`,
      `/change_request.do?sys_id=${sys_id}`,
      `/simulator/record/change_request/${sys_id}`,
    ]) {
      const { status, text } = await call(simulator, 'GET', path, { user: '' });
      expect(status).toBe(200);
      expect(text).toContain('<h1>CHG0030001</h1>');
      expect(text).toContain('Deploy &#38; pray');
    }
  });

  it('lists incidents and release gates beside the changes, and shows each', async () => {
    await using simulator = await startSimulator();
    for (const table of ['incident', 'u_release_gate', 'change_task'])
      await call(simulator, 'POST', `/api/now/table/${table}`, { body: { short_description: `a ${table}` } });
    const { text } = await call(simulator, 'GET', '/', { user: '' });
    expect(text).toContain('</a> a incident');
    expect(text).toContain('</a> a u_release_gate');
    const [task] = await simulator.rows('change_task');
    const shown = await call(simulator, 'GET', `/nav_to.do?uri=change_task.do?sys_id=${task?.sys_id}`, { user: '' });
    expect(shown.text).toContain('a change_task');
  });

  it('says so where there is no such record', async () => {
    await using simulator = await startSimulator();
    for (const path of ['/nav_to.do', '/change_request.do?sys_id=x', '/nothing.do', '/simulator/record/x/y'])
      expect((await call(simulator, 'GET', path, { user: '' })).status).toBe(404);
  });
});
