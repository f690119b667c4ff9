import { describe, expect, it } from 'vitest';
import type { TaskType } from '#protocol/task-types.ts';
import { startSimulator } from '../../support/simulator.ts';
import { tableUnder } from '../../unit/docs/markdown-table.ts';
import { readPage } from '../../unit/docs/pages.ts';
import { inBothForms, openWorld, sendJson, startOddServer, successOf } from './task-world.ts';

const table = 'change_request';

interface Request {
  readonly type: TaskType;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly parameters: URLSearchParams;
}

/** Everything that tasks of each type ask of an instance. */
async function requestsOfAllTasks(): Promise<readonly Request[]> {
  await using simulator = await startSimulator({ journalReads: 'allowed', roleReads: 'own' });
  await using world = openWorld(simulator.url);
  const { handlers } = world;
  const requests: Request[] = [];
  const log = async <T>(type: TaskType, task: Promise<T>): Promise<T> => {
    const done = await task;
    for (const { query, status, method, path } of (await simulator.requests()).recent)
      requests.push({ type, method, path, status: status ?? 0, parameters: new URLSearchParams(query) });
    await simulator.resetRequests();
    return done;
  };
  const texts = { short_description: 'Deploy' };
  const create = { table, fields: texts };
  const first = await log('ticket.create', handlers['ticket.create'](create, world.context()));
  const { number, sysId } = successOf(first).result.ticket;
  const task = { table: 'change_task', fields: texts, changeRequest: number };
  const notes = { table, number, fields: { description: 'long', work_notes: 'see here' } };
  const fields = ['state', 'approval'];
  const rows = [{ u_key: 'K1', u_title: 'Release', u_release: '1', u_environment: 'production' }];
  for (const lookFirst of [false, true]) {
    const context = world.context({ lookFirst });
    successOf(await log('connection.test', handlers['connection.test']({}, context)));
    successOf(await log('ticket.create', handlers['ticket.create'](create, context)));
    for (const changeType of ['normal', 'emergency'] as const)
      successOf(await log('ticket.create', handlers['ticket.create']({ ...create, changeType }, context)));
    await log('ticket.create', handlers['ticket.create'](task, context));
    successOf(await log('ticket.update', handlers['ticket.update'](notes, context)));
    const many = { changeRequest: number, fields: { work_notes: 'see here' } };
    successOf(await log('ticket.update-many', handlers['ticket.update-many'](many, context)));
    const load = { stagingTable: 'u_release_import', rows };
    await log('import-set.load', handlers['import-set.load'](load, context));
    successOf(await log('ticket.read', handlers['ticket.read']({ table, numbers: [number], fields }, context)));
    const byId = { table, sysIds: [sysId], fields, approvers: true };
    successOf(await log('ticket.read', handlers['ticket.read'](byId, context)));
    const since = { ticketsSince: '2026-01-01 00:00:00', approvalsSince: '2026-01-01 00:00:00' };
    const asked = lookFirst ? { table, ...since } : { table };
    successOf(await log('ticket.changes', handlers['ticket.changes'](asked, context)));
  }
  // What these find does not matter: what they ask for does.
  const unknownTemplate = { ...create, changeType: 'standard', template: 'No such template' } as const;
  const others = world.context({ correlationId: 'tg-fedcba9876543210' });
  await log('ticket.create', handlers['ticket.create'](unknownTemplate, others));
  await log('ticket.create', handlers['ticket.create']({ ...create, template: 'No such template' }, others));
  await log('ticket.update', handlers['ticket.update']({ table, number, fields: { state: '3' } }, others));
  const assign = { table, number, fields: { assigned_to: 'Ada Approver' } };
  await log('ticket.update', handlers['ticket.update'](assign, others));
  for (const what of ['tables', 'templates'] as const)
    await log('metadata.read', handlers['metadata.read']({ what }, others));
  await log('metadata.read', handlers['metadata.read']({ what: 'fields', table: 'incident' }, others));
  return requests;
}

/** What the page says is called: task type and method, and the form of the path. */
function listedCalls(): readonly { readonly call: string; readonly path: RegExp }[] {
  return tableUnder(readPage('docs/servicenow.md'), 'What is called').rows.flatMap(([type, method, paths = '']) =>
    paths
      .replaceAll('`', '')
      .split(', ')
      .map((path) => ({
        call: `${type} ${method}`,
        path: new RegExp(`^/${path.replaceAll('{table}', '[a-z_]+').replaceAll('{sys_id}', '[0-9a-f]{32}')}$`),
      })),
  );
}

function isList({ method, path }: Request): boolean {
  return method === 'GET' && /\/table\/\w+$/.test(path);
}

function conditionsOf({ parameters }: Request): string[] {
  return (parameters.get('sysparm_query') ?? '').split('^').filter((each) => each !== '');
}

describe('the requests of all tasks', () => {
  it('are those that the page about ServiceNow lists', async () => {
    const listed = listedCalls();
    const unlisted = (await requestsOfAllTasks()).filter(
      ({ type, method, path }) =>
        !listed.some(
          (each) => [`${type} ${method}`, `every type ${method}`].includes(each.call) && each.path.test(path),
        ),
    );
    expect(unlisted.map(({ type, method, path }) => `${type} ${method} ${path}`)).toEqual([]);
  });

  it('read lists with a limit and without an offset (traps 11 and 14)', async () => {
    const lists = (await requestsOfAllTasks()).filter(isList);
    expect(lists.length).toBeGreaterThan(8);
    for (const { parameters } of lists) {
      expect(Number(parameters.get('sysparm_limit'))).toBeGreaterThan(0);
      expect(parameters.has('sysparm_offset')).toBe(false);
    }
  });

  it('ask for raw and display values side by side, without links (traps 15 to 18)', async () => {
    // The anonymous request of the connection test is refused, as it is meant to be.
    const answered = (await requestsOfAllTasks()).filter(
      ({ path, status }) => path.includes('/table/') && status < 300,
    );
    expect(answered.length).toBeGreaterThan(8);
    for (const { parameters } of answered) {
      expect(parameters.get('sysparm_display_value')).toBe('all');
      expect(parameters.get('sysparm_exclude_reference_link')).toBe('true');
    }
  });

  it('ask for tickets by equality and lists alone: no script, no range, no time (traps 2, 33 and 35)', async () => {
    const requests = (await requestsOfAllTasks()).filter(({ type }) => type !== 'ticket.changes');
    const conditions = requests.flatMap(conditionsOf);
    expect(conditions.length).toBeGreaterThan(5);
    for (const condition of conditions) {
      // Lists that are read on or looked through are in an order.
      expect(condition).toMatch(/^[a-z][a-z0-9_.]*(=|IN)[^^]+$|^ORDERBYDESCsys_created_on$|^(ORDERBY|)sys_id(>\w+)?$/);
      expect(condition).not.toMatch(/javascript:|sys_updated_on/i);
    }
  });

  it('ask for changes by the stamp alone, the newest first (traps 33 and 35)', async () => {
    const changes = (await requestsOfAllTasks()).filter(({ type }) => type === 'ticket.changes');
    expect(changes).toHaveLength(4);
    for (const each of changes)
      expect(conditionsOf(each)).toEqual([
        expect.stringMatching(/^sys_updated_on>=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
        'ORDERBYDESCsys_updated_on',
      ]);
  });

  it('write by POST and PATCH, never by PUT (trap 58)', async () => {
    const requests = await requestsOfAllTasks();
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET', 'POST', 'PATCH']));
  });

  it('never use the calls that are said not to be used (traps 53, 54, 60 and 61)', async () => {
    for (const { path } of await requestsOfAllTasks())
      expect(path).not.toMatch(/\/(stats|batch|attachment)\b|\/conflict$|\/approvals$/);
  });
});

describe('polling a ticket', () => {
  it('reads the columns that it needs through the Table API, and the approvals themselves (traps 34 and 63)', async () => {
    await using simulator = await startSimulator();
    const { sys_id = '' } = simulator.world.insert(table, {}, 'system');
    await using world = openWorld(simulator.url);
    const params = { table, sysIds: [sys_id], fields: ['state'], approvers: true };
    successOf(await world.handlers['ticket.read'](params, world.context()));
    const { recent } = await simulator.requests();
    expect(recent.map(({ path }) => path)).toEqual([
      '/api/now/table/change_request',
      '/api/now/table/sysapproval_approver',
    ]);
    for (const { query } of recent) expect(new URLSearchParams(query).get('sysparm_fields')).toContain('sys_id');
  });

  it('follows no link of an answer, whatever it leads to (traps 12, 13 and 59)', async () => {
    await using elsewhere = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
    const link = `<${elsewhere.url}/a,b>;rel="next",<${elsewhere.url}/?sysparm_offset=-1>;rel="prev"`;
    await using server = await startOddServer((_request, response) => {
      response.setHeader('link', link);
      const at = { link: `${elsewhere.url}/api/now/table/sys_user/${'b'.repeat(32)}` };
      const assigned_to = { ...at, value: 'b'.repeat(32), display_value: 'Fred' };
      const ticket = { ...inBothForms({ sys_id: 'a'.repeat(32), number: 'CHG1' }), assigned_to };
      sendJson(response, 200, { result: [ticket] });
    });
    await using world = openWorld(server.url);
    const params = { table, numbers: ['CHG1'], fields: ['assigned_to'] };
    const { tickets } = successOf(await world.handlers['ticket.read'](params, world.context())).result;
    expect(tickets[0]?.fields.assigned_to).toEqual({ value: 'b'.repeat(32), displayValue: 'Fred' });
    expect(tickets[0]?.link).toContain(server.url);
    expect(server.requests).toHaveLength(1);
    expect(elsewhere.requests).toEqual([]);
  });
});
