import { describe, expect, it } from 'vitest';
import type { Changes } from '#protocol/task-types.ts';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { startFront } from './front.ts';
import { failureOf, openWorld, sendJson, startOddServer, successOf } from './task-world.ts';

const table = 'change_request';
const past = '2026-01-01 00:00:00';
const future = '2030-01-01 00:00:00';

/** Puts a stamp on a row, as a change at that time or an import leaves it. */
function stamp(simulator: RunningSimulator, of: string, sysId: string, sys_updated_on: string): void {
  const record = simulator.world.store.get(of, sysId);
  if (!record) throw new Error(`there is no ${sysId}`);
  simulator.world.store.put({ ...record, row: { ...record.row, sys_updated_on } });
}

function insertTickets(simulator: RunningSimulator, count: number, stampedAt: string): string[] {
  return Array.from({ length: count }, () => {
    const { sys_id = '' } = simulator.world.insert(table, {}, 'system');
    stamp(simulator, table, sys_id, stampedAt);
    return sys_id;
  });
}

function insertApproval(simulator: RunningSimulator, ticket: string, stampedAt: string): string {
  const values = { sysapproval: ticket, state: 'requested' };
  const { sys_id = '' } = simulator.world.insert('sysapproval_approver', values, 'system');
  stamp(simulator, 'sysapproval_approver', sys_id, stampedAt);
  return sys_id;
}

async function ask(url: string, since: { ticketsSince?: string; approvalsSince?: string } = {}) {
  await using world = openWorld(url);
  return await world.handlers['ticket.changes']({ table, ...since }, world.context());
}

async function changesOf(url: string, since: Parameters<typeof ask>[1] = {}) {
  return successOf(await ask(url, since)).result;
}

describe('asking which tickets have changed', () => {
  it('tells those that were stamped since, at the same second too, and the newest stamp', async () => {
    await using simulator = await startSimulator();
    insertTickets(simulator, 1, past);
    const [same = ''] = insertTickets(simulator, 1, '2026-02-01 00:00:00');
    const [later = ''] = insertTickets(simulator, 1, '2026-02-01 00:00:01');
    const { tickets } = await changesOf(simulator.url, { ticketsSince: '2026-02-01 00:00:00' });
    expect(tickets).toMatchObject({
      kind: 'read',
      rows: [
        { ticket: later, stampedAt: '2026-02-01 00:00:01' },
        { ticket: same, stampedAt: '2026-02-01 00:00:00' },
      ],
      newest: '2026-02-01 00:00:01',
      complete: true,
    });
  });

  it('tells a ticket whose approval changed, though its own stamp did not move (trap 34)', async () => {
    await using simulator = await startSimulator();
    const [ticket = ''] = insertTickets(simulator, 1, past);
    insertApproval(simulator, ticket, '2026-02-01 00:00:00');
    insertApproval(simulator, ticket, '2026-02-01 00:00:01');
    const since = { ticketsSince: '2026-01-15 00:00:00', approvalsSince: '2026-01-15 00:00:00' };
    const { tickets, approvals } = await changesOf(simulator.url, since);
    expect(tickets).toEqual({ kind: 'read', rows: [], complete: true });
    expect(approvals).toMatchObject({ kind: 'read', newest: '2026-02-01 00:00:01', complete: true });
    expect(ticketsOf(approvals)).toEqual([ticket, ticket]);
  });

  it('tells the sys_id of a ticket whose approver approves', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const create = { table, fields: { short_description: 'Deploy' } };
    const { sysId, number } = successOf(await world.handlers['ticket.create'](create, world.context())).result.ticket;
    const { approvals: before } = await changesOf(simulator.url);
    await simulator.approve(number);
    const since = newestOf(before);
    const { approvals } = await changesOf(simulator.url, { approvalsSince: since });
    expect(ticketsOf(approvals)).toEqual([sysId]);
  });

  it('answers the first question with where the tables stand', async () => {
    await using simulator = await startSimulator();
    insertTickets(simulator, 2, past);
    await simulator.resetRequests();
    expect(await changesOf(simulator.url)).toMatchObject({
      tickets: { kind: 'read', newest: past, complete: true },
      approvals: { kind: 'read', rows: [], complete: true },
    });
    const { recent } = await simulator.requests();
    expect(recent.map(({ path }) => path)).toEqual([
      expect.stringContaining(`/${table}`),
      expect.stringContaining('/sysapproval_approver'),
    ]);
  });

  it.each(['first', 'later'])('takes no stamp of the future for where the %s answer ends (trap 33)', async (which) => {
    await using simulator = await startSimulator();
    const [imported = ''] = insertTickets(simulator, 1, future);
    insertTickets(simulator, 1, past);
    const { tickets } = await changesOf(simulator.url, which === 'first' ? {} : { ticketsSince: past });
    expect(tickets).toMatchObject({ kind: 'read', newest: past, complete: true });
    if (which === 'later') expect(ticketsOf(tickets)).toContain(imported);
  });

  it('tells no stamp when every one is of the future (trap 33)', async () => {
    await using simulator = await startSimulator();
    const [ticket = ''] = insertTickets(simulator, 1, future);
    insertApproval(simulator, ticket, future);
    const { tickets, approvals } = await changesOf(simulator.url);
    for (const told of [tickets, approvals]) expect(told).not.toHaveProperty('newest');
  });

  it('begins at a row that the user may see, when the newest ones are hidden (trap 8)', async () => {
    await using simulator = await startSimulator();
    insertTickets(simulator, 1, past);
    const [hidden = ''] = insertTickets(simulator, 1, '2026-02-01 00:00:00');
    simulator.world.changeSettings({ unreadableRecords: [hidden] });
    expect((await changesOf(simulator.url)).tickets).toMatchObject({ kind: 'read', newest: past });
  });

  it('is refused when the user sees none of the rows, so that no time to begin at is known (trap 10)', async () => {
    await using simulator = await startSimulator();
    simulator.world.changeSettings({ unreadableRecords: insertTickets(simulator, 3, past) });
    expect((await changesOf(simulator.url)).tickets).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('none'),
    });
  });

  it('says that more has changed than one answer tells, by the count of the rows (trap 10)', async () => {
    await using simulator = await startSimulator();
    insertTickets(simulator, 1_001, past);
    const { tickets } = await changesOf(simulator.url, { ticketsSince: past });
    expect(tickets).toMatchObject({ kind: 'read', complete: false, newest: past });
    expect(ticketsOf(tickets)).toHaveLength(1_000);
  });

  it('takes an answer without a count for incomplete, and one without a date for one without a stamp', async () => {
    await using server = await startOddServer((_request, response) => {
      response.sendDate = false;
      sendJson(response, 200, {
        result: [{ sys_id: 'a'.repeat(32), sysapproval: 'b'.repeat(32), sys_updated_on: past }],
      });
    });
    const { tickets, approvals } = await changesOf(server.url, { ticketsSince: past, approvalsSince: past });
    for (const told of [tickets, approvals]) {
      expect(told).toMatchObject({ kind: 'read', complete: false });
      expect(told).not.toHaveProperty('newest');
    }
    expect([ticketsOf(tickets), ticketsOf(approvals)]).toEqual([['a'.repeat(32)], ['b'.repeat(32)]]);
  });

  it('is refused, and no failure, where a query ACL forbids ranges (trap 35)', async () => {
    const rangeQueriesForbidden = [`${table}.sys_updated_on`, 'sysapproval_approver.sys_updated_on'];
    await using simulator = await startSimulator({ rangeQueriesForbidden });
    insertTickets(simulator, 1, past);
    expect(await changesOf(simulator.url, { ticketsSince: past, approvalsSince: past })).toMatchObject({
      tickets: { kind: 'refused', reason: expect.any(String) },
      approvals: { kind: 'refused' },
    });
  });

  it('tells the tickets where approvals alone may not be asked for (trap 35)', async () => {
    await using simulator = await startSimulator({ rangeQueriesForbidden: ['sysapproval_approver.sys_updated_on'] });
    const sysIds = insertTickets(simulator, 1, past);
    expect(await changesOf(simulator.url, { ticketsSince: past, approvalsSince: past })).toMatchObject({
      tickets: { kind: 'read', rows: sysIds.map((ticket) => ({ ticket })) },
      approvals: { kind: 'refused' },
    });
  });

  it.each([
    ['truncated-json', 'servicenow-undecodable'],
    ['hibernating', 'servicenow-hibernating'],
  ] as const)('fails, and tells nothing, on an answer that is %s', async (mode, code) => {
    await using simulator = await startSimulator();
    insertTickets(simulator, 3, past);
    for (const path of [table, 'sysapproval_approver']) {
      await simulator.setFault({ mode, path });
      const ended = failureOf(await ask(simulator.url, { ticketsSince: past, approvalsSince: past }));
      expect(ended).toMatchObject({ sideEffect: false, failure: { code } });
    }
  });

  it('fails with a wrong password', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const authentication = { kind: 'basic', username: 'integration', password: 'wrong' } as const;
    const context = world.context({ target: { baseUrl: `${simulator.url}/`, authentication } });
    expect(failureOf(await world.handlers['ticket.changes']({ table }, context)).failure.code).toBe(
      'servicenow-unauthenticated',
    );
  });

  it('believes no row that it did not ask for: the condition was dropped (trap 1)', async () => {
    await using simulator = await startSimulator();
    insertTickets(simulator, 1, past);
    await using front = await startFront(simulator.url, (request, response) => {
      if (!request.url?.includes(`/${table}?`)) return false;
      sendJson(response, 200, { result: [{ sys_id: 'a'.repeat(32), sys_updated_on: past }] });
      return true;
    });
    const ended = failureOf(await ask(front.url, { ticketsSince: '2026-02-01 00:00:00' }));
    expect(ended.failure.code).toBe('servicenow-undecodable');
  });
});

function ticketsOf(changes: Changes): string[] {
  return changes.kind === 'read' ? changes.rows.map(({ ticket }) => ticket) : [];
}

function newestOf(changes: Changes): string {
  if (changes.kind === 'read' && changes.newest !== undefined) return changes.newest;
  throw new Error(`no stamp in ${JSON.stringify(changes)}`);
}
