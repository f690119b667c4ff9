import { describe, expect, it } from 'vitest';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { failureOf, inBothForms, openWorld, sendJson, startOddServer, successOf } from './task-world.ts';

const table = 'change_request';
const fields = ['state', 'approval', 'short_description'];

describe('reading tickets', () => {
  it('reads them by sys_id and by number, and names those that are missing', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const row = simulator.world.insert(table, { short_description: 'Deploy', state: '-5' }, 'system');
    const [sysId = '', number = ''] = [row.sys_id, row.number];
    const byId = successOf(
      await world.handlers['ticket.read']({ table, sysIds: [sysId, 'f'.repeat(32)], fields }, world.context()),
    );
    expect(byId.result.missing).toEqual(['f'.repeat(32)]);
    expect(byId.result.tickets).toMatchObject([
      { number, sysId, fields: { state: { value: '-5', displayValue: 'New' } } },
    ]);
    expect(byId.result).not.toHaveProperty('approvers');
    const numbers = [number.toLowerCase(), 'CHG9999999'];
    const byNumber = successOf(await world.handlers['ticket.read']({ table, numbers, fields }, world.context()));
    expect(byNumber.result).toMatchObject({ missing: ['CHG9999999'], tickets: [{ number, sysId }] });
    expect(byNumber.sideEffect).toBe(false);
  });

  it('reads 200 tickets in requests that stay below the limit on URLs (trap 37)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const sysIds = Array.from(
      { length: 200 },
      (_, index) => simulator.world.insert(table, { short_description: `Deploy ${index}` }, 'system').sys_id ?? '',
    );
    const many = Array.from({ length: 20 }, (_, index) => `u_a_rather_long_column_name_${index}`);
    await simulator.resetRequests();
    const done = successOf(await world.handlers['ticket.read']({ table, sysIds, fields }, world.context()));
    expect(done.result.tickets).toHaveLength(200);
    expect(done.result.missing).toEqual([]);
    const ended = failureOf(
      await world.handlers['ticket.read']({ table, sysIds, fields: [...fields, ...many] }, world.context()),
    );
    expect(ended.failure.code).toBe('field-unknown');
    const { recent } = await simulator.requests();
    expect(recent.length).toBeGreaterThan(2);
    for (const { path, query } of recent) expect(path.length + query.length).toBeLessThan(8_000);
  });

  it('names a field that no row has', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { sys_id = '' } = simulator.world.insert(table, {}, 'system');
    const params = { table, sysIds: [sys_id], fields: ['state', 'u_nope'] };
    const ended = failureOf(await world.handlers['ticket.read'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'field-unknown' } });
    expect(ended.failure.message).toContain('u_nope');
    expect(ended.failure.message).not.toContain('state');
  });

  it('refuses a number that two tickets have (trap 55)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    for (const _ of [1, 2]) simulator.world.insert(table, { number: 'CHG1' }, 'system');
    const ended = failureOf(
      await world.handlers['ticket.read']({ table, numbers: ['CHG1', 'CHG2'], fields }, world.context()),
    );
    expect(ended.failure.code).toBe('ticket-ambiguous');
  });

  it('does not choose between two rows of one record', async () => {
    await using server = await startOddServer((_request, response) => {
      const row = { sys_id: 'a'.repeat(32), number: 'CHG1' };
      sendJson(response, 200, { result: ['3', '4'].map((state) => inBothForms({ ...row, state })) });
    });
    await using world = openWorld(server.url);
    for (const by of [{ numbers: ['CHG1'] }, { sysIds: ['a'.repeat(32)] }]) {
      const params = { table, ...by, fields: ['state'] };
      const ended = failureOf(await world.handlers['ticket.read'](params, world.context()));
      expect(ended.failure.code).toBe('servicenow-undecodable');
    }
  });

  it('never takes the whole table for the answer to a query that was dropped (trap 1)', async () => {
    await using server = await startOddServer((_request, response) => {
      sendJson(response, 200, { result: [inBothForms({ sys_id: 'a'.repeat(32), number: 'CHG7', state: '3' })] });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(
      await world.handlers['ticket.read']({ table, numbers: ['CHG1'], fields: ['state'] }, world.context()),
    );
    expect(ended.failure.code).toBe('servicenow-undecodable');
  });

  describe('that are not shown', () => {
    const read = async (simulator: RunningSimulator, params: { sysIds: string[] } | { numbers: string[] }) => {
      await using world = openWorld(simulator.url);
      return successOf(await world.handlers['ticket.read']({ table, fields, ...params }, world.context())).result;
    };
    const insert = (simulator: RunningSimulator) => {
      const { sys_id: sysId = '', number = '' } = simulator.world.insert(table, {}, 'system');
      return { sysId, number };
    };
    const gone = 'f'.repeat(32);

    it('tells a hidden one from a deleted one by the count of the rows (trap 10)', async () => {
      await using simulator = await startSimulator();
      const [shown, hidden] = [insert(simulator), insert(simulator)];
      simulator.world.changeSettings({ unreadableRecords: [hidden.sysId] });
      expect(await read(simulator, { sysIds: [shown.sysId, hidden.sysId, gone] })).toMatchObject({
        missing: [hidden.sysId, gone],
        hidden: [hidden.sysId],
      });
      const numbers = [shown.number, hidden.number.toLowerCase(), 'CHG9999999'];
      expect(await read(simulator, { numbers })).toMatchObject({
        missing: numbers.slice(1),
        hidden: [hidden.number.toLowerCase()],
      });
    });

    it('asks nothing more when all or none of them are there', async () => {
      await using simulator = await startSimulator();
      const hidden = [insert(simulator), insert(simulator)].map(({ sysId }) => sysId);
      simulator.world.changeSettings({ unreadableRecords: hidden });
      await simulator.resetRequests();
      expect(await read(simulator, { sysIds: hidden })).toMatchObject({ missing: hidden, hidden });
      expect(await read(simulator, { sysIds: [gone] })).not.toHaveProperty('hidden');
      expect((await simulator.requests()).recent).toHaveLength(2);
    });

    it('looks for at most ten of them one by one', async () => {
      await using simulator = await startSimulator();
      const hidden = insert(simulator).sysId;
      simulator.world.changeSettings({ unreadableRecords: [hidden] });
      const deleted = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(32, 'e'));
      await simulator.resetRequests();
      expect((await read(simulator, { sysIds: [hidden, ...deleted] })).hidden).toEqual([hidden]);
      expect((await simulator.requests()).recent).toHaveLength(11);
    });

    it('takes none for hidden where no count is told', async () => {
      await using server = await startOddServer((_request, response) => sendJson(response, 200, { result: [] }));
      await using world = openWorld(server.url);
      const params = { table, fields, numbers: ['CHG1'] };
      const { result } = successOf(await world.handlers['ticket.read'](params, world.context()));
      expect(result).toEqual({ tickets: [], missing: ['CHG1'] });
    });
  });

  it('drops a read when the task is stopped', async () => {
    const stop = new AbortController();
    await using server = await startOddServer(() => stop.abort());
    await using world = openWorld(server.url);
    const params = { table, numbers: ['CHG1'], fields: ['state'] };
    const ended = failureOf(await world.handlers['ticket.read'](params, world.context({ signal: stop.signal })));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'task-timeout' } });
  });
});

describe('reading whom tickets wait for', () => {
  it('lists the pending approvers of each', async () => {
    await using simulator = await startSimulator({ approvers: ['approver', 'second_approver'] });
    await using world = openWorld(simulator.url);
    const create = { table, fields: { short_description: 'Deploy' } };
    const { sysId, number } = successOf(await world.handlers['ticket.create'](create, world.context())).result.ticket;
    const waiting = successOf(
      await world.handlers['ticket.read']({ table, sysIds: [sysId], fields, approvers: true }, world.context()),
    );
    expect(waiting.result.approvers?.[sysId]?.map(({ approver, state }) => [approver, state]).sort()).toEqual([
      ['Ada Approver', 'requested'],
      ['Carl Change', 'requested'],
    ]);
    expect(waiting.result.approvers?.[sysId]?.[0]?.since).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    await simulator.approve(number);
    const approved = successOf(
      await world.handlers['ticket.read']({ table, sysIds: [sysId], fields, approvers: true }, world.context()),
    );
    expect(approved.result.approvers).toEqual({ [sysId]: [] });
  });

  it.each([400, 401, 403, 404, 500, 502])(
    'leaves them out, with a note, when the instance answers %s there: the tickets were read',
    async (status) => {
      await using server = await startOddServer((request, response) => {
        if (request.url?.includes('sysapproval_approver'))
          sendJson(response, status, { error: { message: 'Something is wrong', detail: null } });
        else sendJson(response, 200, { result: [inBothForms({ sys_id: 'a'.repeat(32), number: 'CHG1', state: '3' })] });
      });
      await using world = openWorld(server.url);
      const params = { table, numbers: ['CHG1'], fields: ['state'], approvers: true };
      const done = successOf(await world.handlers['ticket.read'](params, world.context()));
      expect(done.result).not.toHaveProperty('approvers');
      expect(world.notes.join()).toContain('is not known');
    },
  );

  it('leaves them out when approvals are there and hidden (trap 8)', async () => {
    await using server = await startOddServer((request, response) => {
      response.setHeader('x-total-count', '2');
      const rows = request.url?.includes('sysapproval_approver')
        ? []
        : [inBothForms({ sys_id: 'a'.repeat(32), number: 'CHG1', state: '3' })];
      sendJson(response, 200, { result: rows });
    });
    await using world = openWorld(server.url);
    const params = { table, numbers: ['CHG1'], fields: ['state'], approvers: true };
    expect(successOf(await world.handlers['ticket.read'](params, world.context())).result).not.toHaveProperty(
      'approvers',
    );
  });
});

describe('reading which changes are in a state that leads nowhere', () => {
  it('names those of which the state model says so, and no others', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const insert = (of: string, state: string) => simulator.world.insert(of, { state }, 'system').sys_id ?? '';
    const [open, closed, canceled] = ['-5', '3', '4'].map((state) => insert(table, state));
    const sysIds = [open ?? '', closed ?? '', canceled ?? ''];
    const asked = { table, sysIds, fields: ['state'], deadEnds: true };
    const told = successOf(await world.handlers['ticket.read'](asked, world.context())).result;
    expect(told.deadEnds).toEqual([closed, canceled]);
    const unasked = { table, sysIds, fields: ['state'] };
    expect(successOf(await world.handlers['ticket.read'](unasked, world.context())).result).not.toHaveProperty(
      'deadEnds',
    );
    const incident = { table: 'incident', sysIds: [insert('incident', '7')], fields: ['state'], deadEnds: true };
    expect(successOf(await world.handlers['ticket.read'](incident, world.context())).result.deadEnds).toEqual([]);
  });

  it('claims nothing where there is no Change API, and reads the tickets all the same', async () => {
    await using simulator = await startSimulator({ changeApi: false });
    await using world = openWorld(simulator.url);
    const { sys_id = '' } = simulator.world.insert(table, { state: '3' }, 'system');
    const asked = { table, sysIds: [sys_id], fields: ['state'], deadEnds: true };
    const told = successOf(await world.handlers['ticket.read'](asked, world.context())).result;
    expect(told).toMatchObject({ tickets: [{ sysId: sys_id }], deadEnds: [] });
    expect(world.notes.join()).toContain(`where ${sys_id} may go is not known`);
  });

  it('takes columns along where they are shown, and misses none that are not', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { sys_id = '' } = simulator.world.insert(table, { state: '3' }, 'system');
    const asked = { table, sysIds: [sys_id], fields: ['state', 'active'], optionalFields: ['active', 'u_nope'] };
    const [ticket] = successOf(await world.handlers['ticket.read'](asked, world.context())).result.tickets;
    expect(ticket?.fields.active).toBeDefined();
    expect(ticket?.fields).not.toHaveProperty('u_nope');
  });
});
