import { describe, expect, it } from 'vitest';
import type { TaskContext } from '../../../delegate/core/handler.ts';
import { limits } from '../../../protocol/limits.ts';
import type { Result } from '../../../protocol/task-types.ts';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { startLossyProxy } from './lossy-proxy.ts';
import { failureOf, openWorld, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

const note = { work_notes: 'deployed' };

interface Change {
  readonly number: string;
  readonly sysId: string;
  readonly tasks: readonly { readonly number: string; readonly sysId: string }[];
}

function insertChange(simulator: RunningSimulator, types: readonly string[]): Change {
  const { number = '', sys_id = '' } = simulator.world.insert('change_request', {}, 'admin');
  const tasks = types.map((change_task_type) => {
    const row = simulator.world.insert('change_task', { change_request: sys_id, change_task_type }, 'admin');
    return { number: row.number ?? '', sysId: row.sys_id ?? '' };
  });
  return { number, sysId: sys_id, tasks };
}

interface Asked {
  readonly fields?: Record<string, string | null>;
  readonly changeTaskType?: string;
  readonly context?: Partial<TaskContext>;
}

function update(world: TaskWorld, changeRequest: string, { fields = note, changeTaskType, context = {} }: Asked = {}) {
  const params = { changeRequest, fields, ...(changeTaskType === undefined ? {} : { changeTaskType }) };
  return world.handlers['ticket.update-many'](params, world.context(context));
}

function kindsOf({ changeTasks }: Result<'ticket.update-many'>): string[] {
  return changeTasks.map(({ kind }) => kind);
}

function partOf(ended: { readonly failure: { readonly partialResult?: unknown } }): Result<'ticket.update-many'> {
  return ended.failure.partialResult as Result<'ticket.update-many'>;
}

/** A server that has one change and, after a sys_id, the change tasks that the test says; it never tells a total. */
function startTaskServer(tasksAfter: (sysId: string) => readonly object[]) {
  const changeId = 'c'.repeat(32);
  let count = 0;
  return startOddServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
    if (pathname.endsWith('/table/change_task')) {
      const after = /sys_id>(\w+)/.exec(searchParams.get('sysparm_query') ?? '')?.[1] ?? '';
      const result = tasksAfter(after).map((task) => {
        count += 1;
        const sysId = count.toString(16).padStart(32, '0');
        return { sys_id: sysId, number: `CTASK${count}`, change_request: changeId, change_task_type: '', ...task };
      });
      sendJson(response, 200, { result });
    } else if (pathname.endsWith('/table/change_request')) {
      sendJson(response, 200, { result: [{ sys_id: changeId, number: 'CHG0001' }] });
    } else sendJson(response, 200, { result: { columns: { work_notes: { type: 'journal_input' } } } });
  });
}

/** How many notes each change task has. */
async function notesOf(simulator: RunningSimulator, { tasks }: Change): Promise<number[]> {
  const entries = await simulator.rows('sys_journal_field');
  return tasks.map(({ sysId }) => entries.filter(({ element_id }) => element_id === sysId).length);
}

describe('updating the change tasks of a change', () => {
  it('refuses a type that no change task can have, and names those that there are', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['implementation']);
    const ended = failureOf(await update(world, change.number, { changeTaskType: 'Implementaton' }));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'value-unknown' } });
    expect(ended.failure.message).toMatch(
      /^"Implementaton" is no type of change tasks: legal are .*\(Implementation\)/,
    );
  });

  it('updates each of them and none of another change', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['implementation', 'testing', 'planning']);
    const other = insertChange(simulator, ['implementation']);
    const done = successOf(await update(world, change.number, { fields: { ...note, state: '2' } }));
    expect(done.sideEffect).toBe(true);
    expect(kindsOf(done.result)).toEqual(['updated', 'updated', 'updated']);
    expect(done.result.changeTasks.map(({ number }) => number)).toEqual(change.tasks.map(({ number }) => number));
    expect(done.result.changeTasks[0]).toMatchObject({
      ticket: { table: 'change_task', fields: { state: { value: '2', displayValue: 'In Progress' } } },
      link: expect.stringContaining('change_task.do'),
    });
    expect(await notesOf(simulator, change)).toEqual([1, 1, 1]);
    expect(await notesOf(simulator, other)).toEqual([0]);
  });

  it.each(['testing', 'TESTING', ' Testing '])('takes only those of type "%s", by value or label', async (type) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['implementation', 'testing']);
    successOf(await update(world, change.number, { changeTaskType: type }));
    expect(await notesOf(simulator, change)).toEqual([0, 1]);
  });

  it('succeeds and says so when there is none to update', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['testing']);
    const done = successOf(await update(world, change.number, { changeTaskType: 'review' }));
    expect(done).toMatchObject({ sideEffect: false, result: { changeTasks: [] } });
    expect(done.result.warnings).toEqual([
      `${change.number} has no change task of type review: nothing was updated; it has some of type Testing`,
    ]);
  });

  it('does not take change tasks that are hidden from the user for none (trap 8)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['testing', 'testing']);
    simulator.world.changeSettings({ unreadableRecords: change.tasks.map(({ sysId }) => sysId) });
    const ended = failureOf(await update(world, change.number));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-forbidden' } });
    simulator.world.changeSettings({ unreadableRecords: change.tasks.slice(1).map(({ sysId }) => sysId) });
    const done = successOf(await update(world, change.number));
    expect(done.result.warnings).toEqual([`${change.number} has 1 more change tasks that the user may not read`]);
  });

  it.each([
    { what: 'none', changeTaskType: undefined, tasks: [] },
    { what: 'none of the type', changeTaskType: 'testing', tasks: [{ change_task_type: 'planning' }] },
  ])('does not take $what shown for none there when the instance gives no total (traps 8 and 10)', async (shown) => {
    const { changeTaskType, tasks } = shown;
    await using server = await startTaskServer((after) => (after === '' ? tasks : []));
    await using world = openWorld(server.url);
    const ended = failureOf(await update(world, 'CHG0001', changeTaskType === undefined ? {} : { changeTaskType }));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-forbidden' } });
    expect(ended.failure.message).toContain('not known whether CHG0001 has such change tasks');
  });

  it('gives up a list of change tasks that has no end (trap 11)', async () => {
    await using server = await startTaskServer(() => [{}]);
    await using world = openWorld(server.url);
    const ended = failureOf(await update(world, 'CHG0001'));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-undecodable' } });
    expect(server.requests.length).toBeLessThan(60);
  });

  it('writes nothing when there are more than a report can tell of', async () => {
    const tasks = Array.from({ length: 1_001 }, () => ({}));
    await using server = await startTaskServer((after) => (after === '' ? tasks : []));
    await using world = openWorld(server.url);
    const ended = failureOf(await update(world, 'CHG0001'));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'result-too-large' } });
    expect(server.requests.some(({ method }) => method === 'PATCH')).toBe(false);
  });

  it('reads on after a short page, until one is empty (traps 9 to 11)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, [...Array.from({ length: 1_500 }, () => 'planning'), 'testing', 'testing']);
    const hidden = change.tasks.slice(0, 300).map(({ sysId }) => sysId);
    simulator.world.changeSettings({ unreadableRecords: hidden });
    const done = successOf(await update(world, change.number, { changeTaskType: 'testing' }));
    expect(kindsOf(done.result)).toEqual(['updated', 'updated']);
    expect((await notesOf(simulator, change)).slice(-2)).toEqual([1, 1]);
  });

  it('refuses an unknown change, and one whose number two have', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    expect(failureOf(await update(world, 'CHG9999999')).failure.code).toBe('ticket-not-found');
    for (let copy = 0; copy < 2; copy += 1) simulator.world.insert('change_request', { number: 'CHG1' }, 'admin');
    expect(failureOf(await update(world, 'CHG1')).failure.code).toBe('ticket-ambiguous');
    expect((await simulator.requests()).byMethod).not.toHaveProperty('PATCH');
  });

  it('says of each what was not done, and goes on after a failure', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['testing', 'testing', 'testing']);
    await using proxy = await startLossyProxy(simulator.url, (write) => (write === 2 ? 'unsent' : undefined));
    await using lossy = openWorld(proxy.url);
    simulator.world.changeSettings({ journalReads: 'allowed' });
    const ended = failureOf(await update(lossy, change.number));
    expect(ended).toMatchObject({
      sideEffect: true,
      failure: { code: 'servicenow-server-error', retry: 'same-delegate' },
    });
    expect(kindsOf(partOf(ended))).toEqual(['updated', 'failed', 'updated']);
    expect(ended.failure.message).toMatch(/^1 of 3 change tasks were not updated: CTASK\d+: PATCH .*HTTP 500/);
    const repeated = successOf(await update(world, change.number, { context: { lookFirst: true, attempt: 2 } }));
    expect(kindsOf(repeated.result)).toEqual(['unchanged', 'updated', 'unchanged']);
    expect(await notesOf(simulator, change)).toEqual([1, 1, 1]);
  });

  it('names fields that were ignored, as for a single update (trap 27)', async () => {
    await using simulator = await startSimulator({ unwritableFields: ['task.description'] });
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['testing', 'testing']);
    const ended = failureOf(await update(world, change.number, { fields: { description: 'x' } }));
    expect(ended.failure).toMatchObject({ code: 'field-ignored', retry: 'never' });
    expect(kindsOf(partOf(ended))).toEqual(['failed', 'failed']);
  });

  it.each([
    { mode: 'rate-limited', code: 'servicenow-rate-limited' },
    { mode: 'hibernating', code: 'servicenow-hibernating' },
    { mode: 'maintenance', code: 'servicenow-maintenance' },
  ] as const)('tries no other after $mode, which holds for all', async ({ mode, code }) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(simulator, ['testing', 'testing']);
    await simulator.setFault({ mode, method: 'PATCH' });
    const ended = failureOf(await update(world, change.number));
    expect(ended.failure.code).toBe(code);
    expect(kindsOf(partOf(ended))).toEqual(['failed', 'not-tried']);
    expect((await simulator.requests()).byMethod.PATCH).toBe(1);
  });

  it('begins no other when the task is stopped', async () => {
    await using simulator = await startSimulator();
    const stop = new AbortController();
    await using proxy = await startLossyProxy(simulator.url, () => {
      stop.abort();
      return undefined;
    });
    await using world = openWorld(proxy.url);
    const change = insertChange(simulator, ['testing', 'testing']);
    const ended = failureOf(await update(world, change.number, { context: { signal: stop.signal } }));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'task-timeout' } });
    expect(kindsOf(partOf(ended))).toEqual(['updated', 'not-tried']);
  });

  it('tells of 200 change tasks in one frame, however much ServiceNow says of each', async () => {
    const said = '"\u4e16\u0001'.repeat(10_000);
    const changeId = 'c'.repeat(32);
    await using server = await startOddServer((request, response) => {
      const { pathname } = new URL(request.url ?? '', 'http://server');
      const tasks = Array.from({ length: 200 }, (_, index) => ({
        sys_id: (index + 1).toString(16).padStart(32, '0'),
        number: said.slice(0, 3_000),
        change_request: changeId,
      }));
      if (request.method === 'PATCH') {
        sendJson(response, 200, { result: { sys_id: pathname.slice(-32), number: said, short_description: said } });
      } else if (pathname.endsWith('/change_request')) {
        sendJson(response, 200, { result: [{ sys_id: changeId, number: 'CHG0001' }] });
      } else if (pathname.endsWith('/table/change_task')) {
        response.setHeader('x-total-count', '200');
        sendJson(response, 200, { result: request.url?.includes('sys_id%3E') ? [] : tasks });
      } else sendJson(response, 200, { result: { columns: { short_description: { type: 'string' } } } });
    });
    await using world = openWorld(server.url);
    const fields = { short_description: '\u4e16'.repeat(4_000) };
    const ended = failureOf(await update(world, 'CHG0001', { fields }));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'field-ignored' } });
    const { changeTasks } = partOf(ended);
    expect(changeTasks).toHaveLength(200);
    expect(changeTasks.every(({ failure }) => failure?.code === 'field-ignored')).toBe(true);
    const frame = JSON.stringify({ ...ended, notes: Array.from({ length: 100 }, () => '\u4e16'.repeat(1_024)) });
    expect(Buffer.byteLength(frame)).toBeLessThan(limits.maxFrameBytes);
  });

  it('leaves out the fields when they are too large for a report', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const change = insertChange(
      simulator,
      Array.from({ length: 170 }, () => 'testing'),
    );
    const done = successOf(await update(world, change.number, { fields: { description: '\u4e16'.repeat(4_000) } }));
    expect(done.result.changeTasks[0]).toMatchObject({ kind: 'updated', ticket: { fields: {} } });
    expect(done.result.warnings.join()).toContain('too large');
  });

  it('finds the note of a lost answer, and writes it once', async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    await using proxy = await startLossyProxy(simulator.url, (write) => (write === 1 ? 'lost' : undefined));
    await using world = openWorld(proxy.url);
    const change = insertChange(simulator, ['testing', 'testing']);
    successOf(await update(world, change.number, { context: { settleMs: 60_000 } }));
    expect(await notesOf(simulator, change)).toEqual([1, 1]);
  });
});

describe('odd lists of change tasks', () => {
  const changeId = 'c'.repeat(32);
  const row = (sysId: string, change: string) => ({ sys_id: sysId, number: 'CTASK1', change_request: change });
  const listing = (rows: readonly unknown[]) =>
    startOddServer((request, response) => {
      const isChange = request.url?.includes('/table/change_request') === true;
      sendJson(response, 200, { result: isChange ? [{ sys_id: changeId, number: 'CHG1' }] : rows });
    });

  it.each([
    {
      what: 'rows of another change (trap 1)',
      rows: [row('a'.repeat(32), 'd'.repeat(32))],
      code: 'servicenow-undecodable',
    },
    { what: 'the same rows for ever', rows: [row('a'.repeat(32), changeId)], code: 'servicenow-undecodable' },
    { what: 'rows without their change', rows: [{ sys_id: 'a'.repeat(32), number: 'CTASK1' }], code: 'field-unknown' },
    {
      what: 'rows without an id',
      rows: [{ number: 'CTASK1', change_request: changeId }],
      code: 'servicenow-undecodable',
    },
  ])('are refused, and nothing is written: $what', async ({ rows, code }) => {
    await using server = await listing(rows);
    await using world = openWorld(server.url);
    expect(failureOf(await update(world, 'CHG1'))).toMatchObject({ sideEffect: false, failure: { code } });
    expect(server.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('are refused when they do not show the type that they are to be chosen by', async () => {
    await using server = await listing([row('a'.repeat(32), changeId)]);
    await using world = openWorld(server.url);
    expect(failureOf(await update(world, 'CHG1', { changeTaskType: 'testing' })).failure.code).toBe('field-unknown');
  });
});
