import { describe, expect, it } from 'vitest';
import type { Criteria } from '#protocol/criteria.ts';
import { holds } from '../../../manager/core/criteria.ts';
import { parseCriteria } from '../../../manager/core/criteria-grammar.ts';
import { decideGate } from '../../../manager/core/gate-decision.ts';
import { startSimulator } from '../../support/simulator.ts';
import {
  failureOf,
  inBothForms,
  openWorld,
  sendJson,
  startOddServer,
  successOf,
  type TaskWorld,
} from './task-world.ts';

const changes = 'change_request';

async function read(world: TaskWorld, table: string, number: string, fields: string[]) {
  const { result } = successOf(
    await world.handlers['ticket.read']({ table, numbers: [number], fields }, world.context()),
  );
  const [ticket] = result.tickets;
  if (ticket === undefined) throw new Error(`no ${number}`);
  return ticket;
}

function criteria(text: string): Criteria {
  const parsed = parseCriteria(text);
  if ('criteria' in parsed) return parsed.criteria;
  throw new Error(`no criteria: ${text}`);
}

describe('a ticket as it is read', () => {
  it('keeps the stored class beside its label (trap 18)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number = '' } = simulator.world.insert(changes, {}, 'system');
    const { fields } = await read(world, 'task', number, ['sys_class_name']);
    expect(fields.sys_class_name).toEqual({ value: 'change_request', displayValue: 'Change Request' });
  });

  it('has a state that means what its own table says (trap 19)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const closed = simulator.world.insert(changes, { state: '3' }, 'system');
    const onHold = simulator.world.insert('incident', { state: '3' }, 'system');
    const change = await read(world, changes, closed.number ?? '', ['state']);
    const incident = await read(world, 'incident', onHold.number ?? '', ['state']);
    expect([change.fields.state?.value, incident.fields.state?.value]).toEqual(['3', '3']);
    expect(holds(criteria('state = Closed'), change.fields)).toBe(true);
    expect(holds(criteria('state = Closed'), incident.fields)).toBe(false);
  });

  it('has booleans as the texts that they are (trap 21)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number = '' } = simulator.world.insert(changes, { active: 'false' }, 'system');
    const { fields } = await read(world, changes, number, ['active']);
    expect(holds(criteria('active = false'), fields)).toBe(true);
    expect(holds(criteria('active = true'), fields)).toBe(false);
    expect(holds(criteria('active is not empty'), fields)).toBe(true);
  });

  it('has approvals with their blank, by value and by label (trap 22)', async () => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    await using world = openWorld(simulator.url);
    const create = { table: changes, fields: { short_description: 'Deploy' } };
    const { number } = successOf(await world.handlers['ticket.create'](create, world.context())).result.ticket;
    const { fields } = await read(world, changes, number, ['approval']);
    expect(fields.approval?.value).toBe('not requested');
    for (const text of ["approval = 'not requested'", 'approval = Not Yet Requested'])
      expect(holds(criteria(text), fields)).toBe(true);
  });

  it('may be approved and still be new, which criteria on its state keep shut (trap 23)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const create = { table: changes, fields: { short_description: 'Deploy', type: 'standard' } };
    const { number } = successOf(await world.handlers['ticket.create'](create, world.context())).result.ticket;
    const { fields } = await read(world, changes, number, ['approval', 'state']);
    expect(fields).toMatchObject({ approval: { value: 'approved' }, state: { value: '-5' } });
    const approve = criteria('approval = approved and state in (Scheduled, Implement)');
    expect(decideGate({ approve, reject: undefined, window: undefined }, fields, 0).kind).toBe('waiting');
  });

  it('has times in UTC as they are stored, whatever zone they are shown in (trap 31)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number = '' } = simulator.world.insert(changes, { start_date: '2026-07-01 10:00:00' }, 'system');
    const { fields } = await read(world, changes, number, ['start_date']);
    expect(fields.start_date?.value).toBe('2026-07-01 10:00:00');
    expect(fields.start_date?.displayValue).toBe('01.07.2026 12:00:00');
  });

  it('has durations as they are stored, and nothing is computed with them (trap 32)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const lasting = { business_duration: '1970-01-20 05:38:50' };
    const { number = '' } = simulator.world.insert(changes, lasting, 'system');
    const { fields } = await read(world, changes, number, ['business_duration']);
    expect(fields.business_duration?.value).toBe(lasting.business_duration);
  });

  it('of table task has the columns of task alone (trap 56)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const numbers = [changes, 'incident'].map((table) => simulator.world.insert(table, {}, 'system').number ?? '');
    const mixed = { table: 'task', numbers, fields: ['sys_class_name', 'state'] };
    const { tickets } = successOf(await world.handlers['ticket.read'](mixed, world.context())).result;
    expect(tickets.map(({ fields }) => fields.sys_class_name?.value).toSorted()).toEqual([changes, 'incident']);
    const beyond = { table: 'task', numbers, fields: ['start_date'] };
    expect(failureOf(await world.handlers['ticket.read'](beyond, world.context())).failure.code).toBe('field-unknown');
  });

  it('that the user may not read is missing like one that is not there, and is never called deleted (trap 64)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number = '', sys_id = '' } = simulator.world.insert(changes, {}, 'system');
    simulator.world.changeSettings({ unreadableRecords: [number] });
    const asked = { table: changes, numbers: [number, 'CHG9999999'], fields: ['state'] };
    const { missing } = successOf(await world.handlers['ticket.read'](asked, world.context())).result;
    expect(missing).toEqual([number, 'CHG9999999']);
    const fields = { short_description: 'x' };
    for (const by of [{ number }, { sysId: sys_id }, { sysId: 'f'.repeat(32) }]) {
      const ended = failureOf(
        await world.handlers['ticket.update']({ table: changes, ...by, fields }, world.context()),
      );
      expect(ended.failure.code).toBe('ticket-not-found');
      expect(ended.failure.remedy).toContain('may not read');
      expect(ended.failure.message + ended.failure.remedy).not.toContain('deleted');
    }
  });
});

describe('a ticket that an earlier attempt created', () => {
  it('is not created again because the user may not read it any more (traps 8 and 10)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const create = { table: changes, fields: { short_description: 'Deploy' } };
    const { number } = successOf(await world.handlers['ticket.create'](create, world.context())).result.ticket;
    for (let others = 0; others < 5; others += 1) simulator.world.insert(changes, {}, 'system');
    simulator.world.changeSettings({ unreadableRecords: [number] });
    const again = await world.handlers['ticket.create'](create, world.context({ lookFirst: true }));
    expect(failureOf(again)).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
    expect(failureOf(again).failure.message).toContain('0 of 1 records');
    expect(await simulator.rows(changes)).toHaveLength(6);
  });
});

describe('whom a ticket waits for', () => {
  const [one, two] = ['a'.repeat(32), 'b'.repeat(32)];

  it.each([
    ['a page that is short because rows behind it are hidden (trap 9)', '2'],
    ['more approvals than are read at once (trap 9)', '5000'],
    ['a count that tells of more rows than are shown (trap 10)', '1001'],
  ])('is not told by %s', async (_name, total) => {
    await using server = await startOddServer((request, response) => {
      if (!request.url?.includes('sysapproval_approver')) {
        const tickets = [one, two].map((sys_id, index) => inBothForms({ sys_id, number: `CHG${index}`, state: '1' }));
        return sendJson(response, 200, { result: tickets });
      }
      response.setHeader('x-total-count', total);
      const seen = { sys_id: 'c'.repeat(32), sysapproval: one, state: 'requested', approver: 'Ada' };
      return sendJson(response, 200, { result: [seen] });
    });
    await using world = openWorld(server.url);
    const params = { table: changes, sysIds: [one, two], fields: ['state'], approvers: true };
    const { result } = successOf(await world.handlers['ticket.read'](params, world.context()));
    expect(result.tickets).toHaveLength(2);
    expect(result).not.toHaveProperty('approvers');
    expect(world.notes.join()).toContain(total);
  });
});

describe('a note', () => {
  it('that reads back empty after it was written is not called ignored (trap 28)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number = '' } = simulator.world.insert('incident', {}, 'system');
    const params = { table: 'incident', number, fields: { work_notes: 'see here', comments: 'hello' } };
    const done = successOf(await world.handlers['ticket.update'](params, world.context()));
    expect(done).toMatchObject({ sideEffect: true, result: { warnings: [] } });
    expect(done.result.ticket.fields).not.toHaveProperty('work_notes');
    const written = await simulator.rows('sys_journal_field');
    expect(written.map(({ value }) => value).toSorted()).toEqual(['hello', 'see here']);
  });
});
