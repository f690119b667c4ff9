import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { failureOf, openWorld, sendHtml, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

const fields = { short_description: 'Deploy 42', description: 'line 1\nline 2' };
const change = { table: 'change_request', fields };

/** Reads the columns once, so that the requests of a test are those of the creation itself. */
async function knowColumns({ handlers, context }: TaskWorld, table = 'change_request'): Promise<void> {
  successOf(await handlers['metadata.read']({ what: 'fields', table }, context()));
}

describe('creating a ticket', () => {
  it('creates one that carries the correlation id and gives it back whole', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const done = successOf(await world.handlers['ticket.create'](change, world.context()));
    expect(done).toMatchObject({ sideEffect: true, result: { created: true, warnings: [] } });
    const [row, ...others] = await simulator.rows('change_request');
    expect(others).toEqual([]);
    expect(row).toMatchObject({ ...fields, correlation_id: 'tg-0123456789abcdef', correlation_display: 'Ticketgate' });
    const { ticket } = done.result;
    expect(ticket).toMatchObject({ table: 'change_request', number: row?.number, sysId: row?.sys_id });
    expect(ticket.fields.state).toEqual({ value: '-5', displayValue: 'New' });
    expect(ticket.link).toBe(`${simulator.url}/nav_to.do?uri=change_request.do%3Fsys_id%3D${row?.sys_id}`);
  });

  it('skips empty fields and its own, and warns of them and of what was not applied (trap 27)', async () => {
    await using simulator = await startSimulator({ unwritableFields: ['incident.severity'] });
    await using world = openWorld(simulator.url);
    const params = { table: 'incident', fields: { ...fields, category: '', severity: '1', 'Correlation ID': 'mine' } };
    const done = successOf(await world.handlers['ticket.create'](params, world.context()));
    expect(done.result.created).toBe(true);
    expect(done.result.warnings).toEqual([
      'field category is empty and was not sent',
      "field correlation_id is Ticketgate's own and was not sent as given",
      'not applied: severity: sent "1", the record holds "3"',
    ]);
    expect((await simulator.rows('incident'))[0]?.correlation_id).toBe('tg-0123456789abcdef');
  });

  it.each(['commit-then-500', 'commit-then-reset', 'commit-then-hang'] as const)(
    'finds the ticket after %s: one ticket and a success (trap 7)',
    async (mode) => {
      await using simulator = await startSimulator();
      await using world = openWorld(simulator.url, { answerTimeoutMs: 500 });
      await simulator.setFault({ mode, remaining: 1 });
      const done = successOf(await world.handlers['ticket.create'](change, world.context({ settleMs: 60_000 })));
      expect(done.result.created).toBe(true);
      expect(done.sideEffect).toBe(true);
      expect(done.result.warnings.join()).toContain('found CHG');
      expect(world.notes.join()).toContain('correlation id tg-0123456789abcdef');
      expect(await simulator.rows('change_request')).toHaveLength(1);
    },
  );

  it('proves that nothing was created after a 500 without a commit, and fails with that 500', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'server-error', remaining: 1, method: 'POST' });
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context()));
    expect(ended).toMatchObject({
      sideEffect: false,
      failure: { code: 'servicenow-server-error', retry: 'same-delegate' },
    });
    expect(ended.failure.message).toContain('it was not created');
    expect(await simulator.rows('change_request')).toEqual([]);
  });

  it('says outcome unknown when the look-ups fail to the end, and how to check', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await knowColumns(world);
    await simulator.setFault({ mode: 'unavailable-reset' });
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context({ settleMs: 100 })));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown', retry: 'unknown-outcome' } });
    expect(ended.failure.remedy).toContain('correlation_id=tg-0123456789abcdef');
  });

  it('says outcome unknown when the user cannot see the column that it would be found by (trap 1)', async () => {
    await using simulator = await startSimulator({
      unreadableFields: ['task.correlation_id', 'change_request.correlation_id'],
    });
    simulator.world.insert('change_request', { short_description: 'another' }, 'system');
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'server-error', remaining: 1, method: 'POST' });
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context()));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
  });

  it('lets the write end when the task is stopped meanwhile, and looks no more', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const stop = new AbortController();
    await using server = await startOddServer((request, response) => {
      if (request.method === 'GET') {
        sendJson(response, 200, { result: { columns: { short_description: {}, description: {} } } });
        return;
      }
      stop.abort();
      sendJson(response, 201, {
        result: { sys_id: 'a'.repeat(32), number: 'CHG1', correlation_id: 'tg-0123456789abcdef', ...fields },
      });
    });
    const elsewhere = { ...world.context().target, baseUrl: `${server.url}/` };
    const done = await world.handlers['ticket.create'](
      change,
      world.context({ target: elsewhere, signal: stop.signal }),
    );
    expect(successOf(done).result.ticket.number).toBe('CHG1');
    expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('leaves it to a later attempt to find out when the lease ends while the answer is lost', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await knowColumns(world);
    await simulator.resetRequests();
    await simulator.setFault({ mode: 'commit-then-500', remaining: 1 });
    let asked = 0;
    const mayBegin = (): boolean => {
      asked += 1;
      // Before the request, and again when its connection stands.
      return asked <= 2;
    };
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context({ mayBegin })));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'lease-lost', retry: 'same-delegate' } });
    expect((await simulator.requests()).total).toBe(1);
  });

  it('sends nothing when the lease ends while the connection is made', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await knowColumns(world);
    await simulator.resetRequests();
    let asked = 0;
    const mayBegin = (): boolean => {
      asked += 1;
      return asked === 1;
    };
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context({ mayBegin })));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'lease-lost' } });
    expect((await simulator.requests()).total).toBe(0);
  });

  it('begins nothing without a lease or after a stop', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const noLease = failureOf(await world.handlers['ticket.create'](change, world.context({ mayBegin: () => false })));
    expect(noLease).toMatchObject({ sideEffect: false, failure: { code: 'lease-lost' } });
    const stopped = failureOf(
      await world.handlers['ticket.create'](change, world.context({ signal: AbortSignal.abort() })),
    );
    expect(stopped).toMatchObject({ sideEffect: false, failure: { code: 'task-timeout' } });
    expect((await simulator.requests()).total).toBe(0);
  });

  it('fails without a look after an answer that leaves no doubt', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'rate-limited', retryAfterSeconds: 7 });
    const limited = failureOf(await world.handlers['ticket.create'](change, world.context()));
    expect(limited).toMatchObject({
      sideEffect: false,
      failure: { code: 'servicenow-rate-limited', retryAfterMs: 7_000 },
    });
    await simulator.setFault({ mode: 'busy' });
    const busy = failureOf(await world.handlers['ticket.create'](change, world.context()));
    expect(busy.failure).not.toHaveProperty('retryAfterMs');
    await simulator.setFault({ mode: 'hibernating' });
    const asleep = failureOf(await world.handlers['ticket.create'](change, world.context()));
    expect(asleep).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-hibernating' } });
    await simulator.setFault({ mode: 'login-page' });
    const login = failureOf(await world.handlers['ticket.create'](change, world.context()));
    expect(login).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-login-page' } });
    // Behind the log-in page the dictionary was asked for, too.
    expect((await simulator.requests()).total).toBe(5);
  });

  it('fails with table unknown for a table that is not there (trap 39)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['ticket.create']({ table: 'u_nope', fields }, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-table-unknown' } });
  });

  it('looks once after a 403, and finds a ticket that was committed all the same (trap 7)', async () => {
    const row = { sys_id: 'a'.repeat(32), number: 'CHG1', correlation_id: 'tg-0123456789abcdef', ...fields };
    await using server = await startOddServer((request, response) => {
      if (request.method === 'GET') sendJson(response, 200, { result: [row] });
      else sendJson(response, 403, { error: { message: 'Operation Failed', detail: 'ACL Exception Insert Failed' } });
    });
    await using world = openWorld(server.url);
    const done = successOf(await world.handlers['ticket.create'](change, world.context()));
    expect(done.result).toMatchObject({ created: true, ticket: { number: 'CHG1' } });
    expect(server.requests.slice(-2).map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  it('fails with the 403 when the user may not write', async () => {
    await using simulator = await startSimulator();
    simulator.world.insert('change_request', { short_description: 'another' }, 'system');
    await using world = openWorld(simulator.url);
    const { baseUrl } = world.context().target;
    const authentication = { kind: 'basic', username: 'noroles', password: 'noroles-password' } as const;
    const ended = failureOf(
      await world.handlers['ticket.create'](change, world.context({ target: { baseUrl, authentication } })),
    );
    expect(ended.failure.code).toBe('servicenow-forbidden');
    expect(ended.failure.remedy).toContain('itil');
  });

  it('looks up what a page in place of the answer hid', async () => {
    let posts = 0;
    await using server = await startOddServer((request, response) => {
      if (request.method === 'POST') {
        posts += 1;
        sendHtml(response, 200, '<title>Proxy</title>');
      } else if (request.url?.includes('sysparm_query')) sendJson(response, 200, { result: [] });
      else sendJson(response, 200, { result: [{ sys_id: 'b'.repeat(32), correlation_id: '' }] });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context({ settleMs: 50 })));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-not-json' } });
    expect(posts).toBe(1);
  });

  it('does not call a ticket not created that ServiceNow said it created', async () => {
    await using server = await startOddServer((request, response) => {
      if (request.method === 'POST')
        response.writeHead(201, { 'content-type': 'application/json' }).end('{"result":{"sys');
      else if (request.url?.includes('sysparm_query')) sendJson(response, 200, { result: [] });
      else sendJson(response, 200, { result: [{ sys_id: 'b'.repeat(32), correlation_id: '' }] });
    });
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context({ settleMs: 50 })));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
  });
});

describe('creating a ticket when an earlier attempt may have', () => {
  it('finds what the earlier attempt created and creates nothing', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const first = successOf(await world.handlers['ticket.create'](change, world.context()));
    const again = successOf(
      await world.handlers['ticket.create'](change, world.context({ lookFirst: true, attempt: 2 })),
    );
    expect(again).toMatchObject({ sideEffect: false, result: { created: false, warnings: [] } });
    expect(again.result.ticket.sysId).toBe(first.result.ticket.sysId);
    expect(await simulator.rows('change_request')).toHaveLength(1);
  });

  it('warns of each field in which the ticket that was created earlier is not what was asked', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await world.handlers['ticket.create'](change, world.context()));
    const other = { table: 'change_request', fields: { ...fields, short_description: 'Deploy 43' } };
    const found = successOf(await world.handlers['ticket.create'](other, world.context({ lookFirst: true })));
    expect(found.result).toMatchObject({ created: false });
    const number = found.result.ticket.number;
    expect(found.result.warnings).toEqual([
      `${number} was created earlier, with other values: short_description: sent "Deploy 43", the record holds "Deploy 42"`,
    ]);
  });

  it('creates it when it is not there, also in an empty table', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const done = successOf(await world.handlers['ticket.create'](change, world.context({ lookFirst: true })));
    expect(done.result.created).toBe(true);
  });

  it('takes the oldest of several and names them all', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const twin = { correlation_id: 'tg-0123456789abcdef' };
    const newer = simulator.world.insert(
      'change_request',
      { ...twin, sys_created_on: '2026-02-01 00:00:00' },
      'system',
    );
    const older = simulator.world.insert(
      'change_request',
      { ...twin, sys_created_on: '2026-01-01 00:00:00' },
      'system',
    );
    simulator.world.update('change_request', newer.sys_id ?? '', { sys_created_on: '2026-02-01 00:00:00' }, 'system');
    simulator.world.update('change_request', older.sys_id ?? '', { sys_created_on: '2026-01-01 00:00:00' }, 'system');
    const done = successOf(await world.handlers['ticket.create'](change, world.context({ lookFirst: true })));
    expect(done.result.created).toBe(false);
    expect(done.result.ticket.sysId).toBe(older.sys_id);
    expect(done.result.warnings.join()).toContain(newer.number);
  });

  it.each([
    ['ignored', 'field-unknown'],
    ['no-rows', 'outcome-unknown'],
    ['forbidden', 'servicenow-forbidden'],
  ] as const)(
    'never creates in a table without correlation_id, where a query by it is %s (trap 1)',
    async (mode, code) => {
      await using simulator = await startSimulator({ unknownQueryField: mode });
      await using world = openWorld(simulator.url);
      const params = { table: 'sys_user_group', fields: { name: 'x' } };
      const ended = failureOf(await world.handlers['ticket.create'](params, world.context({ lookFirst: true })));
      expect(ended.failure.code).toBe(code);
      expect((await simulator.requests()).byMethod).not.toHaveProperty('POST');
    },
  );

  it('creates nothing while the look itself fails', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'unavailable-reset', method: 'GET' });
    const ended = failureOf(await world.handlers['ticket.create'](change, world.context({ lookFirst: true })));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-reset' } });
    expect(await simulator.rows('change_request')).toEqual([]);
  });
});
