import { describe, expect, it } from 'vitest';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { startFront } from './front.ts';
import { failureOf, openWorld, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

type Authentication = ReturnType<TaskWorld['context']>['target']['authentication'];

const users = {
  admin: { kind: 'basic', username: 'admin', password: 'admin-password' },
  itil: { kind: 'basic', username: 'itil_only', password: 'itil-password' },
  noroles: { kind: 'basic', username: 'noroles', password: 'noroles-password' },
} as const satisfies Record<string, Authentication>;

function as(world: TaskWorld, authentication: Authentication) {
  const { baseUrl } = world.context().target;
  return world.context({ target: { baseUrl, authentication } });
}

const notOffered = { error: { message: 'Requested URI does not represent any resource', detail: null } };

function withoutForms(simulator: RunningSimulator) {
  return startFront(simulator.url, (request, response) => {
    if (!request.url?.includes('/ui/meta/')) return false;
    sendJson(response, 400, notOffered);
    return true;
  });
}

describe('reading what tables there are', () => {
  it('lists tickets and staging tables with their labels', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { result } = successOf(await world.handlers['metadata.read']({ what: 'tables' }, world.context()));
    expect(result).toEqual({
      tables: [
        { name: 'change_request', label: 'Change Request', kind: 'ticket' },
        { name: 'change_task', label: 'Change Task', kind: 'ticket' },
        { name: 'incident', label: 'Incident', kind: 'ticket' },
        { name: 'problem', label: 'Problem', kind: 'ticket' },
        { name: 'task', label: 'Task', kind: 'ticket' },
        { name: 'u_marked_release_import', label: 'Marked release import', kind: 'staging' },
        { name: 'u_release_gate', label: 'Release Gate', kind: 'ticket' },
        { name: 'u_release_import', label: 'Release import', kind: 'staging' },
      ],
      warnings: [],
    });
  });

  it('lists what every instance has for a user who may not read sys_db_object, and names the role', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const done = successOf(await world.handlers['metadata.read']({ what: 'tables' }, as(world, users.noroles)));
    expect(done.result.tables?.map(({ name }) => name)).toEqual([
      'change_request',
      'change_task',
      'incident',
      'problem',
      'task',
    ]);
    expect(done.result.warnings.join()).toContain('role itil');
  });

  it('reads every page by its key, through pages that the ACLs made short or empty (traps 9, 10, 11 and 14)', async () => {
    const ids = Array.from({ length: 2_500 }, (_, index) => index.toString(16).padStart(32, '0'));
    const isHidden = (index: number): boolean => index % 1_000 < 10 || index === 1_999;
    await using server = await startOddServer((request, response) => {
      const parameters = new URL(request.url ?? '', 'http://x').searchParams;
      const query = parameters.get('sysparm_query') ?? '';
      const after = /sys_id>([0-9a-f]+)/.exec(query)?.[1] ?? '';
      const children = /^super_class\.nameIN[^^]*,task,/.test(query);
      const found = children ? ids.filter((id) => id > after) : [];
      const page = found.slice(0, 1_000).filter((id) => !isHidden(ids.indexOf(id)));
      response.setHeader('x-total-count', String(found.length));
      sendJson(response, 200, {
        result: page.map((id) => ({ sys_id: id, name: `u_${id}`, label: '', 'super_class.name': 'task' })),
      });
    });
    await using world = openWorld(server.url);
    const { result } = successOf(await world.handlers['metadata.read']({ what: 'tables' }, world.context()));
    expect(result.tables).toHaveLength(ids.filter((_, index) => !isHidden(index)).length);
    expect(result.warnings.join()).toContain('may not be shown every table');
    expect(server.requests.filter(({ url }) => url.includes('sysparm_offset'))).toEqual([]);
  });

  it('goes down level by level within bounds, and says when they are reached', async () => {
    const asked: string[] = [];
    await using server = await startOddServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams.get('sysparm_query') ?? '';
      const parent = /^super_class\.nameIN(?:.*,)?(task|u_level_\d+)\b/.exec(query)?.[1];
      response.setHeader('x-total-count', parent === undefined ? '0' : '1');
      if (parent === undefined) return sendJson(response, 200, { result: [] });
      asked.push(parent);
      const row = { sys_id: 'a'.repeat(32), name: `u_level_${asked.length}`, label: '', 'super_class.name': parent };
      sendJson(response, 200, { result: [row] });
    });
    await using world = openWorld(server.url);
    const { result } = successOf(await world.handlers['metadata.read']({ what: 'tables' }, world.context()));
    expect(result.tables).toHaveLength(6);
    expect(asked).toHaveLength(6);
    expect(result.warnings.join()).toContain('may not be shown every table');
  });

  it('refuses rows of other tables, which a dropped condition lets in (trap 1)', async () => {
    await using server = await startOddServer((_request, response) => {
      const row = { sys_id: 'a'.repeat(32), name: 'sys_user', label: 'User', 'super_class.name': '' };
      sendJson(response, 200, { result: [row] });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['metadata.read']({ what: 'tables' }, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-undecodable' } });
  });

  it('refuses rows that are not in the order of their keys, since some could be missed (trap 11)', async () => {
    await using server = await startOddServer((_request, response) => {
      const rows = ['b', 'a'].map((id) => ({ sys_id: id.repeat(32), name: 'task', 'super_class.name': '' }));
      sendJson(response, 200, { result: rows });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['metadata.read']({ what: 'tables' }, world.context()));
    expect(ended.failure.message).toContain('order');
  });

  it('fails while the instance fails', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'rate-limited', retryAfterSeconds: 3 });
    for (const what of ['tables', 'templates'] as const) {
      const ended = failureOf(await world.handlers['metadata.read']({ what }, world.context()));
      expect(ended.failure).toMatchObject({ code: 'servicenow-rate-limited', retryAfterMs: 3_000 });
    }
  });
});

describe('reading the fields of a table', () => {
  const incident = { what: 'fields', table: 'incident' } as const;

  it('tells labels, types and choices without a role', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { result } = successOf(await world.handlers['metadata.read'](incident, as(world, users.noroles)));
    expect(result.warnings).toEqual([]);
    expect(result.fields?.find(({ name }) => name === 'caller_id')).toMatchObject({
      label: 'Caller',
      type: 'reference',
      reference: 'sys_user',
    });
    const severity = result.fields?.find(({ name }) => name === 'severity');
    expect(severity?.choices?.map(({ value }) => value)).toEqual(['1', '2', '3']);
  });

  it('asks once for all tasks of one log-in, and again for another', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const read = world.handlers['metadata.read'];
    const all = [read(incident, world.context()), read(incident, world.context())];
    for (const each of await Promise.all(all)) successOf(each);
    successOf(await read(incident, world.context()));
    expect((await simulator.requests()).total).toBe(1);
    successOf(await read(incident, as(world, users.itil)));
    expect((await simulator.requests()).total).toBe(2);
  });

  it('keeps no failure, and asks itself when the task that was asking is stopped', async () => {
    await using simulator = await startSimulator();
    const asked = Promise.withResolvers<void>();
    const held: (() => void)[] = [];
    await using front = await startFront(simulator.url, () => {
      asked.resolve();
      return held.push(() => {}) === 1;
    });
    await using world = openWorld(front.url);
    const stop = new AbortController();
    const first = world.handlers['metadata.read'](incident, world.context({ signal: stop.signal }));
    await asked.promise;
    const second = world.handlers['metadata.read'](incident, world.context());
    stop.abort();
    expect(failureOf(await first).failure.code).toBe('task-timeout');
    expect(successOf(await second).result.fields?.length).toBeGreaterThan(10);
    expect(front.requests).toHaveLength(2);
  });

  it('does not wait for another task longer than it may run itself', async () => {
    const asked = Promise.withResolvers<void>();
    await using server = await startOddServer(() => asked.resolve());
    await using world = openWorld(server.url);
    const [first, second] = [new AbortController(), new AbortController()];
    const reading = world.handlers['metadata.read'](incident, world.context({ signal: first.signal }));
    await asked.promise;
    const waiting = world.handlers['metadata.read'](incident, world.context({ signal: second.signal }));
    second.abort();
    expect(failureOf(await waiting).failure.code).toBe('task-timeout');
    first.abort();
    expect(failureOf(await reading).failure.code).toBe('task-timeout');
  });

  it('reads the dictionary of the table and its ancestors where forms are not offered (traps 24 and 57)', async () => {
    await using simulator = await startSimulator();
    const again = { name: 'incident', element: 'severity', value: '1', label: '1 - High', language: 'en' };
    simulator.world.insert('sys_choice', again, 'system');
    const retired = { ...again, value: '9', label: 'Retired', inactive: 'true' };
    simulator.world.insert('sys_choice', retired, 'system');
    simulator.world.insert('sys_choice', { ...again, name: 'incident_task', value: '8' }, 'system');
    await using front = await withoutForms(simulator);
    await using world = openWorld(front.url);
    const { result } = successOf(await world.handlers['metadata.read'](incident, as(world, users.admin)));
    expect(result.warnings).toEqual([]);
    const byName = new Map(result.fields?.map((field) => [field.name, field]));
    expect(byName.get('short_description')).toMatchObject({
      label: 'Short description',
      type: 'string',
      maxLength: 160,
    });
    expect(
      byName
        .get('severity')
        ?.choices?.map(({ value }) => value)
        .toSorted(),
    ).toEqual(['1', '2', '3']);
    expect(byName.get('approval')?.choices?.some(({ label }) => label.includes('(de)'))).toBe(false);
    expect(byName.get('approval')?.choices?.[0]).toEqual({ value: 'not requested', label: 'Not Yet Requested' });
    expect(byName.get('state')?.choices?.some(({ value }) => value === '6')).toBe(true);
    expect(byName.get('close_notes')?.label).toBe('Resolution notes');
  });

  it.each([
    ['itil', 'sys_dictionary shows no column'],
    ['noroles', 'User is unauthorized to access table: sys_db_object'],
  ] as const)('says that fields are not known to %s, and which role would help (trap 8)', async (user, why) => {
    await using simulator = await startSimulator();
    await using front = await withoutForms(simulator);
    await using world = openWorld(front.url);
    const { result } = successOf(await world.handlers['metadata.read'](incident, as(world, users[user])));
    expect(result).not.toHaveProperty('fields');
    expect(result.warnings).toEqual([expect.stringContaining(why)]);
    expect(result.warnings.join()).toContain('personalize_dictionary');
  });

  it.each([
    ['another shape', 200, { result: { fields: [] } }, 'servicenow-unauthenticated'],
    ['a list', 200, { result: [] }, 'servicenow-unauthenticated'],
    ['a rate limit', 429, {}, 'servicenow-rate-limited'],
    ['a server fault', 500, { error: { message: 'x', detail: '' } }, 'servicenow-unauthenticated'],
    ['refused credentials', 401, { error: { message: 'x', detail: '' } }, 'servicenow-unauthenticated'],
  ])('goes on to the dictionary unless the log-in or a limit is in the way: %s', async (_name, status, body, code) => {
    await using server = await startOddServer((request, response) => {
      if (request.url?.includes('/ui/meta/')) sendJson(response, status, body);
      else sendJson(response, 401, { error: { message: 'User is not authenticated', detail: '' } });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['metadata.read'](incident, world.context()));
    expect(ended.failure.code).toBe(code);
    expect(server.requests).toHaveLength(status === 200 || status === 500 ? 2 : 1);
  });

  it('fails with what broke off when the user may not read the dictionary either, and does not keep it (trap 6)', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'truncated-json', path: '/ui/meta/', remaining: 1 });
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['metadata.read'](incident, world.context()));
    expect(ended.failure).toMatchObject({ code: 'servicenow-undecodable', retry: 'same-delegate' });
    const done = successOf(await world.handlers['metadata.read'](incident, world.context()));
    expect(done.result.fields?.length).toBeGreaterThan(10);
  });

  it('fails for a table that is not there (trap 39)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(
      await world.handlers['metadata.read']({ what: 'fields', table: 'u_nope' }, world.context()),
    );
    expect(ended.failure.code).toBe('servicenow-table-unknown');
  });
});

describe('reading what templates there are', () => {
  it('lists the active ones of both kinds, each by the id that is used (trap 51)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { result } = successOf(await world.handlers['metadata.read']({ what: 'templates' }, world.context()));
    const producers = await simulator.rows('std_change_record_producer');
    const templates = await simulator.rows('sys_template');
    const name = 'Restart web servers';
    const forms = templates
      .filter(({ active }) => active === 'true')
      .map((row) => ({ name: row.name, kind: 'form', table: row.table, sysId: row.sys_id }));
    const sysId = producers.find((row) => row.sys_name === name)?.sys_id;
    const expected = [...forms, { name, kind: 'standard-change', table: 'change_request', sysId }];
    expect(result).toEqual({ templates: expect.arrayContaining(expected), warnings: [] });
    expect(result.templates).toHaveLength(expected.length);
  });

  it('gives no empty list to a user who may not see them (trap 8)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { result } = successOf(
      await world.handlers['metadata.read']({ what: 'templates' }, as(world, users.noroles)),
    );
    expect(result).toEqual({
      warnings: [expect.stringContaining('sys_template'), expect.stringContaining('std_change_record_producer')],
    });
  });
});
