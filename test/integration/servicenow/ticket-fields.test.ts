import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AccessTokens } from '../../../delegate/servicenow/access-tokens.ts';
import { openCalls } from '../../../delegate/servicenow/calls.ts';
import { ServiceNowClient } from '../../../delegate/servicenow/client.ts';
import { createFieldResolver } from '../../../delegate/servicenow/field-resolution.ts';
import { readTableMetadata } from '../../../delegate/servicenow/table-metadata.ts';
import { startSimulator } from '../../support/simulator.ts';
import { startFront } from './front.ts';
import { failureOf, openWorld, sendHtml, sendJson, startOddServer, successOf } from './task-world.ts';

const incident = (fields: Record<string, string | null>) => ({ table: 'incident', fields });

describe('fields of a ticket that is created', () => {
  it('are named by label or column, with choices, people and tickets by what people call them (traps 24 and 27)', async () => {
    await using simulator = await startSimulator();
    const problem = simulator.world.insert('problem', { short_description: 'Root' }, 'system');
    await using world = openWorld(simulator.url);
    const params = incident({
      'Short description': 'Disk full',
      DESCRIPTION: 'line 1\r\nline 2',
      Severity: '1 - high',
      'on hold reason': 'Awaiting Vendor',
      Caller: 'Ada Approver',
      assigned_to: 'itil_only',
      'Opened by': 'integration@example.com',
      'Assignment group': 'network',
      Problem: problem.number ?? '',
      'Due date': '2026-07-05T10:46:48+02:00',
      Knowledge: 'yes',
      'Work notes': 'seen',
    });
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.warnings).toEqual([]);
    expect(done.result.columns).toMatchObject({ 'on hold reason': 'hold_reason', 'Work notes': 'work_notes' });
    expect(done.result.columns).not.toHaveProperty('assigned_to');
    const idOf = async (table: string, field: string, value: string) =>
      (await simulator.rows(table)).find((row) => row[field] === value)?.sys_id;
    const [row] = await simulator.rows('incident');
    expect(row).toMatchObject({
      short_description: 'Disk full',
      description: 'line 1\r\nline 2',
      severity: '1',
      hold_reason: '4',
      caller_id: await idOf('sys_user', 'user_name', 'approver'),
      assigned_to: await idOf('sys_user', 'user_name', 'itil_only'),
      opened_by: await idOf('sys_user', 'user_name', 'integration'),
      assignment_group: await idOf('sys_user_group', 'name', 'Network'),
      problem_id: problem.sys_id,
      due_date: '2026-07-05 08:46:48',
      knowledge: 'true',
    });
    expect((await simulator.rows('sys_journal_field'))[0]).toMatchObject({ element: 'work_notes', value: 'seen' });
  });

  it('are refused before anything is sent when there is no such column, with those that are like it (trap 27)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const params = incident({ u_nope: 'x', 'close note': 'y', short_description: 'z' });
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'field-unknown' } });
    expect(ended.failure.message).toBe(
      'table incident: "u_nope" is no column that the user may read; "close note" is no column that the user may read, similar are close_notes (Resolution notes); nothing was sent',
    );
    expect((await simulator.requests()).byMethod).not.toHaveProperty('POST');
  });

  it('are refused when the user may not read the column, since nothing could be compared (trap 27)', async () => {
    await using simulator = await startSimulator({ unreadableFields: ['incident.severity'] });
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](incident({ severity: '1' }), world.context()));
    expect(ended.failure.code).toBe('field-unknown');
    expect(ended.failure.remedy).toContain('could not be compared');
    expect(ended.failure.remedy).toContain('as metadata.read or "ticketgate metadata fields" lists them');
  });

  it('are refused when a label or two keys do not name one column each', async () => {
    await using server = await startOddServer((_request, response) => {
      sendJson(response, 200, {
        result: { columns: { u_a: { label: 'Region' }, u_b: { label: 'Region' }, state: { label: 'State' } } },
      });
    });
    await using world = openWorld(server.url);
    const params = incident({ region: 'x', state: '1', State: '2' });
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context()));
    expect(ended.failure).toMatchObject({
      code: 'field-ambiguous',
      message: 'table incident: "region" is the label of u_a, u_b; "State" is state, given twice; nothing was sent',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('are refused when a value names no record, several, or has no form that could be stored', async () => {
    await using simulator = await startSimulator();
    for (const email of ['one@example.com', 'two@example.com'])
      simulator.world.insert('sys_user', { name: 'John Doe', user_name: email, email }, 'system');
    await using world = openWorld(simulator.url);
    const params = incident({
      Caller: 'John Doe',
      'Assigned to': 'Nobody^ORactive=true',
      Problem: 'PRB0099999',
      Opened: '05.07.2026 10:00',
    });
    const ended = failureOf(await world.handlers['ticket.create'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'value-unknown' } });
    const { message } = ended.failure;
    expect(message).toContain('field caller_id: "John Doe" names several records of sys_user by name');
    expect(message).toContain('field problem_id: "PRB0099999" names no record of problem');
    expect(message).toContain('field opened_at: "05.07.2026 10:00" is no date-time that says its zone');
    expect(message).toContain('contains a caret');
    expect((await simulator.requests()).byMethod).not.toHaveProperty('POST');
  });

  it('are refused when a value names a record that the user may read and one that it may not (traps 10 and 55)', async () => {
    await using simulator = await startSimulator();
    for (const user_name of ['one', 'two'])
      simulator.world.insert('sys_user', { name: 'John Doe', user_name }, 'system');
    const hidden = (await simulator.rows('sys_user')).find(({ user_name }) => user_name === 'one');
    simulator.world.changeSettings({ unreadableRecords: [hidden?.sys_id ?? ''] });
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](incident({ Caller: 'John Doe' }), world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'value-unknown' } });
    expect(ended.failure.message).toContain('names 2 records of sys_user by name, of which the user may read 1');
  });

  it('fails with what may pass, when a record is looked up meanwhile', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'server-error', path: '/table/sys_user' });
    const ended = failureOf(await world.handlers['ticket.create'](incident({ Caller: 'Ada' }), world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-server-error' } });
  });

  it('are left out with a warning when they are read-only, empty or of the system', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const params = incident({
      'Effective number': '1',
      sys_created_on: '2026-01-01 00:00:00',
      category: '',
      Domain: '',
    });
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.warnings).toEqual([
      'field task_effective_number is read-only and was not sent',
      'field sys_created_on is read-only and was not sent',
      'field category is empty and was not sent',
      'field sys_domain is empty and was not sent',
    ]);
  });

  it('are not sent with a value that is no choice, which ServiceNow would drop (trap 24)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create'](incident({ Severity: 'Awful' }), world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'value-unknown' } });
    expect(ended.failure.message).toBe(
      'table incident: field severity: "Awful" is no choice: legal are 1 (1 - High), 2 (2 - Medium), 3 (3 - Low); nothing was sent',
    );
    expect(await simulator.rows('incident')).toEqual([]);
  });

  it('go as given, with a warning, when the user may not know the columns; labels are refused then', async () => {
    await using simulator = await startSimulator();
    await using front = await startFront(simulator.url, (request, response) => {
      if (!request.url?.includes('/ui/meta/')) return false;
      sendJson(response, 403, { error: { message: 'User Not Authorized', detail: 'Failed API level ACL Validation' } });
      return true;
    });
    await using world = openWorld(front.url);
    const done = successOf(
      await world.handlers['ticket.create'](incident({ short_description: 'a', u_nope: 'x' }), world.context()),
    );
    expect(done.result.warnings).toEqual([
      expect.stringContaining('names and values were sent as given'),
      expect.stringContaining('not applied: u_nope'),
    ]);
    const ended = failureOf(
      await world.handlers['ticket.create'](incident({ 'Short description': 'a' }), world.context()),
    );
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'field-unknown' } });
    expect(ended.failure.message).toContain('"Short description" cannot be resolved');
  });

  const oddAnswers: readonly [string, (response: ServerResponse) => void][] = [
    ['500', (response) => sendJson(response, 500, { error: { message: 'Unexpected', detail: null } })],
    ['a page', (response) => sendHtml(response, 200, '<title>Portal</title>')],
    ['a redirect', (response) => response.writeHead(302, { location: '/portal' }).end()],
    ['broken JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":{')],
  ];
  it.each(oddAnswers)('go as given, with a warning, when forms answer with %s (trap 6)', async (_name, answer) => {
    await using simulator = await startSimulator();
    await using front = await startFront(simulator.url, (request, response) => {
      const isAsked = request.url?.includes('/ui/meta/') === true;
      if (isAsked) answer(response);
      return isAsked;
    });
    await using world = openWorld(front.url);
    const params = incident({ short_description: 'x' });
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.warnings.join()).toContain('the columns of table incident are not known');
    const { sysId } = done.result.ticket;
    const update = { table: 'incident', sysId, fields: { short_description: 'y' } };
    successOf(await world.handlers['ticket.update'](update, world.context()));
    const row = { stagingTable: 'u_release_import', rows: [{ u_key: 'a', u_title: 'b' }] };
    successOf(await world.handlers['import-set.load'](row, world.context()));
  });

  it('go as given, with a warning, when the user is shown a part of the dictionary', async () => {
    const rows: Record<string, object[]> = {
      sys_db_object: [{ sys_id: 'a'.repeat(32), name: 'incident', 'super_class.name': '' }],
      sys_dictionary: [
        { sys_id: 'b'.repeat(32), name: 'incident', element: 'state', column_label: 'State', internal_type: 'integer' },
      ],
    };
    await using server = await startOddServer((request, response, body) => {
      const table = /table\/(\w+)/.exec(request.url ?? '')?.[1] ?? '';
      const found = rows[table];
      response.setHeader('x-total-count', '2');
      if (request.method === 'POST') {
        sendJson(response, 201, { result: { ...JSON.parse(body), sys_id: 'c'.repeat(32), number: 'INC1' } });
      } else if (found === undefined)
        sendJson(response, 403, { error: { message: 'Insufficient rights', detail: '' } });
      else sendJson(response, 200, { result: found });
    });
    await using world = openWorld(server.url);
    const params = incident({ State: '2', u_own: 'x' });
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.ticket.fields).toMatchObject({ state: { value: '2' }, u_own: { value: 'x' } });
    expect(done.result.warnings).toEqual([
      expect.stringContaining('role personalize_choices'),
      'field u_own is not among the columns that the user is shown, and was sent as given',
    ]);
    const ended = failureOf(await world.handlers['ticket.create'](incident({ 'My own': 'x' }), world.context()));
    expect(ended.failure.code).toBe('field-unknown');
  });

  it('looks before it resolves: a ticket that is there is found though its fields are not known any more', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const marked = { correlation_id: 'tg-0123456789abcdef' };
    simulator.world.insert('incident', marked, 'system');
    const done = successOf(
      await world.handlers['ticket.create'](incident({ u_nope: 'x' }), world.context({ lookFirst: true })),
    );
    expect(done.result.created).toBe(false);
    expect(done.result.warnings.join()).toContain('was not compared with what was asked');
  });
});

describe('fields of a ticket that is updated', () => {
  it('are refused when they are read-only, before anything is sent', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const context = world.context();
    const client = new ServiceNowClient({ clock: context.clock });
    const resolve = createFieldResolver(readTableMetadata, 'refuse');
    const fields = { 'Effective number': '1', sys_updated_by: 'me', state: '2' };
    const transport = { send: client.send.bind(client), tokens: new AccessTokens(context.clock) };
    const ended = failureOf(await resolve(openCalls(transport, context), 'incident', fields));
    expect(ended.failure).toMatchObject({
      code: 'field-ignored',
      message:
        'table incident: field task_effective_number is read-only; field sys_updated_by is read-only; nothing was sent',
    });
    await client.close();
  });
});
