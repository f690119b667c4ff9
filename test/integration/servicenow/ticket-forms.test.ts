import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { startFront } from './front.ts';
import { failureOf, openWorld, sendJson, startOddServer, successOf } from './task-world.ts';

const change = (more: object) => ({ table: 'change_request', fields: { short_description: 'Deploy 42' }, ...more });

describe('creating a change of a type', () => {
  it.each(['normal', 'emergency'] as const)(
    'creates a %s one by the Change API, once (traps 20 and 49)',
    async (changeType) => {
      await using simulator = await startSimulator();
      await using world = openWorld(simulator.url);
      const params = { ...change({ changeType }), fields: { short_description: 'Deploy 42', Risk: 'High' } };
      const done = successOf(await world.handlers['ticket.create'](params, world.context()));
      expect(done.result.warnings).toEqual([]);
      expect(done.result.ticket.fields).toMatchObject({
        state: { value: '-5', displayValue: 'New' },
        active: { value: 'true' },
        correlation_id: { value: 'tg-0123456789abcdef' },
      });
      expect(done.result.ticket.fields).not.toHaveProperty('__meta');
      const rows = await simulator.rows('change_request');
      expect(rows).toEqual([expect.objectContaining({ type: changeType, short_description: 'Deploy 42', risk: '2' })]);
      const { recent } = await simulator.requests();
      expect(recent.at(-1)?.path).toBe(`/api/sn_chg_rest/change/${changeType}`);
    },
  );

  it('creates it by the Table API where the Change API is not there', async () => {
    await using simulator = await startSimulator({ changeApi: false });
    await using world = openWorld(simulator.url);
    const params = change({ changeType: 'emergency' });
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.warnings).toEqual([]);
    expect(await simulator.rows('change_request')).toEqual([expect.objectContaining({ type: 'emergency' })]);
    expect(world.notes.join()).toContain('no Change API');
  });

  it('looks before it takes a 404 for the absence of the Change API, and creates no second change (trap 7)', async () => {
    await using simulator = await startSimulator();
    let posts = 0;
    await using front = await startFront(simulator.url, (request, response) => {
      if (request.method !== 'POST' || posts++ > 0) return false;
      simulator.world.insert('change_request', { correlation_id: 'tg-0123456789abcdef' }, 'system');
      const message = 'No Record found';
      const detail = "Record doesn't exist or ACL restricts the record retrieval";
      sendJson(response, 404, { error: { message, detail }, status: 'failure' });
      return true;
    });
    await using world = openWorld(front.url);
    const done = successOf(await world.handlers['ticket.create'](change({ changeType: 'normal' }), world.context()));
    expect(done.result.warnings.join()).toContain('the ticket was there all the same');
    expect(await simulator.rows('change_request')).toHaveLength(1);
    expect(posts).toBe(1);
  });

  it('looks before it creates by the Table API, whatever said that there is no Change API (trap 7)', async () => {
    await using simulator = await startSimulator();
    await using front = await startFront(simulator.url, (request, response) => {
      if (request.method !== 'POST') return false;
      simulator.world.insert('change_request', { correlation_id: 'tg-0123456789abcdef' }, 'system');
      response.writeHead(404, { 'content-type': 'text/html' }).end('<title>Not found</title>');
      return true;
    });
    await using world = openWorld(front.url);
    const done = successOf(await world.handlers['ticket.create'](change({ changeType: 'normal' }), world.context()));
    expect(done.result.warnings.join()).toContain('the ticket was there all the same');
    expect(front.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it.each(['commit-then-500', 'commit-then-reset'] as const)(
    'finds the change by its correlation id after %s (trap 7)',
    async (mode) => {
      await using simulator = await startSimulator();
      await using world = openWorld(simulator.url);
      await simulator.setFault({ mode, remaining: 1 });
      const params = change({ changeType: 'normal' });
      const done = successOf(await world.handlers['ticket.create'](params, world.context({ settleMs: 60_000 })));
      expect(done.result.warnings.join()).toContain('found CHG');
      expect(await simulator.rows('change_request')).toHaveLength(1);
    },
  );

  it('compares for itself, whatever __meta says (trap 50), and reads a list of one record (trap 49)', async () => {
    await using server = await startOddServer((request, response) => {
      if (request.method === 'GET') {
        sendJson(response, 200, { result: { columns: { short_description: {}, risk: {}, type: {} } } });
        return;
      }
      const record = {
        sys_id: { value: 'a'.repeat(32) },
        number: { value: 'CHG1' },
        type: { value: 'normal', display_value: 'Normal' },
        short_description: { value: 'Deploy 42' },
        risk: { value: 3, display_value: 'Moderate' },
        correlation_id: { value: 'tg-0123456789abcdef' },
        __meta: { ignoredFields: ['short_description'] },
      };
      sendJson(response, 200, { result: [record] });
    });
    await using world = openWorld(server.url);
    const params = { ...change({ changeType: 'normal' }), fields: { short_description: 'Deploy 42', risk: '2' } };
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.warnings).toEqual(['not applied: risk: sent "2", the record holds "3"']);
  });

  it('does not call a change not created that the Change API said it created (trap 49)', async () => {
    await using server = await startOddServer((request, response) => {
      if (request.method === 'POST') {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":{"sys');
      } else if (request.url?.includes('/ui/meta/')) {
        sendJson(response, 200, { result: { columns: { short_description: {} } } });
      } else if (request.url?.includes('sysparm_query')) sendJson(response, 200, { result: [] });
      else sendJson(response, 200, { result: [{ sys_id: 'b'.repeat(32), correlation_id: '' }] });
    });
    await using world = openWorld(server.url);
    const params = change({ changeType: 'normal' });
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context({ settleMs: 50 })));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
  });

  it('takes a refusal by a business rule for one, and looks once (traps 7 and 25)', async () => {
    const aborted = "Operation against file 'change_request' was aborted by Business Rule 'Freeze'";
    await using server = await startOddServer((request, response) => {
      if (request.method === 'POST') sendJson(response, 400, { error: { message: aborted, detail: '' } });
      else if (request.url?.includes('/ui/meta/')) {
        sendJson(response, 200, { result: { columns: { short_description: {} } } });
      } else if (request.url?.includes('sysparm_query')) sendJson(response, 200, { result: [] });
      else sendJson(response, 200, { result: [{ sys_id: 'b'.repeat(32), correlation_id: '' }] });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['ticket.create'](change({ changeType: 'normal' }), world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-aborted', retry: 'never' } });
    expect(ended.failure.message).toContain('Freeze');
  });

  it.each([
    [
      'a type for another table',
      { table: 'incident', fields: {}, changeType: 'normal' },
      'only a change_request has one',
    ],
    ['a standard change without a template', change({ changeType: 'standard' }), 'without its template'],
    ['a change for another table', change({ changeRequest: 'CHG1' }), 'only a change_task belongs to a change'],
    [
      'two types',
      { table: 'change_request', fields: { Type: 'Emergency' }, changeType: 'normal' },
      'field type says emergency, and changeType normal says otherwise',
    ],
  ] as const)('refuses %s and sends nothing', async (_name, params, why) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-bad-request' } });
    expect(ended.failure.message).toContain(why);
    expect((await simulator.requests()).byMethod).not.toHaveProperty('POST');
  });
});

describe('creating a standard change', () => {
  const standard = (template: string, fields: Record<string, string> = {}) => ({
    table: 'change_request',
    fields,
    changeType: 'standard' as const,
    template,
  });

  it('creates it from its template by name or by the id of its record producer, marked (trap 51)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const producers = await simulator.rows('std_change_record_producer');
    const sysId = producers.find(({ active }) => active === 'true')?.sys_id ?? '';
    for (const template of ['Restart web servers', sysId]) {
      const params = standard(template, { justification: 'patch day' });
      const done = successOf(await world.handlers['ticket.create'](params, world.context()));
      expect(done.result.warnings).toEqual([]);
      expect(done.result.ticket.fields).toMatchObject({
        type: { value: 'standard' },
        short_description: { value: 'Restart web servers' },
        justification: { value: 'patch day' },
        correlation_id: { value: 'tg-0123456789abcdef' },
      });
    }
    expect(await simulator.rows('change_request')).toHaveLength(2);
  });

  it('tells each field that the template won over (trap 50)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const params = standard('Restart web servers', { 'Test plan': 'mine', short_description: 'mine' });
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.warnings).toEqual([
      'not applied: test_plan: sent "mine", the record holds "Open the start page"',
      'not applied: short_description: sent "mine", the record holds "Restart web servers"',
    ]);
  });

  it.each([
    ['Replace tape drive', 'is inactive'],
    ['Restart servers', 'similar are "Restart web servers"'],
    ['Nothing of it', 'there are "Restart web servers"'],
  ])('refuses the template %j and says why', async (template, why) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](standard(template), world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'template-unknown' } });
    expect(ended.failure.message).toContain(why);
    expect((await simulator.requests()).byMethod).not.toHaveProperty('POST');
  });

  it('does not choose between templates of one name', async () => {
    await using simulator = await startSimulator();
    const twin = simulator.world.insert(
      'std_change_record_producer',
      { sys_name: 'Restart web servers', active: 'true' },
      'system',
    );
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](standard('Restart web servers'), world.context()));
    expect(ended.failure).toMatchObject({ code: 'template-unknown', remedy: expect.stringContaining('sys_id') });
    expect(ended.failure.message).toContain(twin.sys_id);
  });

  it('refuses a template by which the change could not be found when its answer is lost (trap 7)', async () => {
    await using simulator = await startSimulator();
    const text = 'short_description=Reboot^correlation_id=reboots^EQ';
    const { sys_id = '' } = simulator.world.insert('sys_template', { name: 'Reboot', template: text }, 'system');
    const producer = { sys_name: 'Reboot', template: sys_id, active: 'true' };
    simulator.world.insert('std_change_record_producer', producer, 'system');
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](standard('Reboot'), world.context()));
    expect(ended.failure.message).toContain('sets correlation_id');
    expect(await simulator.rows('change_request')).toEqual([]);
  });

  it('names the role when the user sees no template at all (trap 8)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { baseUrl } = world.context().target;
    const authentication = { kind: 'basic', username: 'noroles', password: 'noroles-password' } as const;
    const context = world.context({ target: { baseUrl, authentication } });
    const ended = failureOf(await world.handlers['ticket.create'](standard('Restart web servers'), context));
    expect(ended.failure).toMatchObject({ code: 'template-unknown', remedy: expect.stringContaining('role itil') });
    expect(ended.failure.message).toContain('nor any other');
  });

  it('fails clearly without the Change API, and creates nothing', async () => {
    await using simulator = await startSimulator({ changeApi: false });
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](standard('Restart web servers'), world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-bad-request' } });
    expect(ended.failure.remedy).toContain('Change Management API');
    expect(await simulator.rows('change_request')).toEqual([]);
  });
});

describe('creating a ticket from a form template', () => {
  const template = { name: 'Outage', table: 'incident', active: 'true' };
  const text =
    'short_description=Site down^category=software^severity=1^work_notes=by template^opened_at=javascript:gs.now()^sys_id=x^correlation_id=y^EQ';

  it('takes its fields, and the own ones of the caller before them', async () => {
    await using simulator = await startSimulator();
    const { sys_id = '' } = simulator.world.insert('sys_template', { ...template, template: text }, 'system');
    await using world = openWorld(simulator.url);
    for (const named of ['Outage', sys_id]) {
      const params = { table: 'incident', template: named, fields: { Severity: '2 - Medium', category: '' } };
      const done = successOf(await world.handlers['ticket.create'](params, world.context()));
      expect(done.result.ticket.fields).toMatchObject({
        short_description: { value: 'Site down' },
        category: { value: 'software' },
        severity: { value: '2' },
        correlation_id: { value: 'tg-0123456789abcdef' },
      });
      expect(done.result.warnings).toEqual([
        'of the template, "opened_at=javascript:gs.now()" was not sent: only a form can use it',
        'of the template, "sys_id=x" was not sent: only a form can use it',
        'field category is empty and was not sent',
      ]);
    }
    expect((await simulator.rows('sys_journal_field')).map(({ value }) => value)).toEqual([
      'by template',
      'by template',
    ]);
  });

  it.each([
    ['of another table', { ...template, table: 'problem' }, 'there are "Failed deployment"'],
    ['that is inactive', { ...template, active: 'false' }, 'is inactive'],
    ['of a similar name', { ...template, name: 'Big outage' }, 'similar are "Big outage"'],
  ])('refuses one %s', async (_name, row, why) => {
    await using simulator = await startSimulator();
    simulator.world.insert('sys_template', row, 'system');
    await using world = openWorld(simulator.url);
    const params = { table: 'incident', template: 'Outage', fields: {} };
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'template-unknown' } });
    expect(ended.failure.message).toContain(why);
  });
});

describe('creating a change task', () => {
  it('links it to its change by number', async () => {
    await using simulator = await startSimulator();
    const parent = simulator.world.insert('change_request', { short_description: 'Deploy' }, 'system');
    await using world = openWorld(simulator.url);
    const params = { table: 'change_task', fields: { short_description: 'Step' }, changeRequest: parent.number ?? '' };
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.warnings).toEqual([]);
    expect(done.result.ticket.fields.change_request).toEqual({ value: parent.sys_id, displayValue: parent.number });
    const same = { ...params, fields: { 'Change request': parent.number ?? '' } };
    successOf(await world.handlers['ticket.create'](same, world.context()));
  });

  it('refuses a change that is not there, that is there twice (trap 55), or that a field contradicts', async () => {
    await using simulator = await startSimulator();
    for (const number of ['CHG0000001', 'CHG0000001', 'CHG0000002'])
      simulator.world.insert('change_request', { number }, 'system');
    await using world = openWorld(simulator.url);
    const code = async (changeRequest: string, fields: Record<string, string> = {}) => {
      const params = { table: 'change_task', fields, changeRequest };
      return failureOf(await world.handlers['ticket.create'](params, world.context())).failure.code;
    };
    expect(await code('CHG0000009')).toBe('ticket-not-found');
    expect(await code('CHG0000001')).toBe('ticket-ambiguous');
    expect(await code('CHG0000002', { change_request: 'a'.repeat(32) })).toBe('servicenow-bad-request');
    expect(await simulator.rows('change_task')).toEqual([]);
  });

  it('refuses a change whose namesake the user may not read, since that may be meant (traps 10 and 55)', async () => {
    await using simulator = await startSimulator();
    for (const short_description of ['one', 'two'])
      simulator.world.insert('change_request', { number: 'CHG0000001', short_description }, 'system');
    const [hidden] = await simulator.rows('change_request');
    simulator.world.changeSettings({ unreadableRecords: [hidden?.sys_id ?? ''] });
    await using world = openWorld(simulator.url);
    const params = { table: 'change_task', fields: {}, changeRequest: 'CHG0000001' };
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context()));
    expect(ended.failure.code).toBe('ticket-ambiguous');
    expect(ended.failure.message).toContain('2 tickets with number CHG0000001, of which the user may read');
    expect(await simulator.rows('change_task')).toEqual([]);
  });
});
