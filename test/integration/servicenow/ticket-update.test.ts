import { describe, expect, it } from 'vitest';
import { seedApiKey } from '../../../simulator/seed-clients.ts';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { failureOf, openWorld, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

const table = 'incident';

async function createIncident(world: TaskWorld): Promise<{ number: string; sysId: string }> {
  const params = { table, fields: { short_description: 'Broken' } };
  return successOf(await world.handlers['ticket.create'](params, world.context())).result.ticket;
}

/** Creates a normal change, which is New, and updates it. */
async function moveChange(world: TaskWorld, fields: Record<string, string>) {
  const create = { table: 'change_request', fields: { short_description: 'x' } };
  const { sysId } = successOf(await world.handlers['ticket.create'](create, world.context())).result.ticket;
  return world.handlers['ticket.update']({ table: 'change_request', sysId, fields }, world.context());
}

async function notesOf(simulator: RunningSimulator): Promise<string[]> {
  return (await simulator.rows('sys_journal_field')).map((row) => row.value ?? '');
}

describe('updating a ticket', () => {
  it('finds it by its number, writes, and gives it back as it is then', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number, sysId } = await createIncident(world);
    const params = { table, number, fields: { 'Short description': 'Worse', work_notes: 'see here', category: '' } };
    const done = successOf(await world.handlers['ticket.update'](params, world.context()));
    expect(done.sideEffect).toBe(true);
    expect(done.result.ticket).toMatchObject({ sysId, number, fields: { short_description: { value: 'Worse' } } });
    expect(done.result.ticket.fields).not.toHaveProperty('work_notes');
    expect(done.result.columns).toEqual({ 'Short description': 'short_description' });
    expect(done.result.warnings).toEqual(['field category is empty and was not sent']);
    expect(await notesOf(simulator)).toEqual(['see here']);
  });

  it('clears a field by null', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    const params = { table, sysId, fields: { short_description: null } };
    successOf(await world.handlers['ticket.update'](params, world.context()));
    expect((await simulator.rows(table))[0]?.short_description).toBe('');
  });

  it('reports ignored fields as a failure that names them (traps 24 and 27)', async () => {
    await using simulator = await startSimulator({
      unwritableFields: ['incident.short_description', 'task.short_description'],
    });
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    const params = { table, sysId, fields: { short_description: 'Worse', description: 'long' } };
    const ended = failureOf(await world.handlers['ticket.update'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'field-ignored' } });
    expect(ended.failure.message).toContain('did not apply short_description (short_description: sent "Worse"');
  });

  it('keeps a failure within what a report may hold', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`u_nope_${index}`, 'x']));
    const ended = failureOf(await world.handlers['ticket.update']({ table, sysId, fields }, world.context()));
    expect(ended.failure.code).toBe('field-unknown');
    expect(ended.failure.message.length).toBeLessThanOrEqual(8_192);
  });

  it('names the legal states when the instance refuses a move (traps 25 and 52)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const ended = failureOf(await moveChange(world, { state: '3' }));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'state-illegal', retry: 'never' } });
    expect(ended.failure.message).toContain('Business Rule');
    expect(ended.failure.message).toContain(
      'the change is in state New (-5) and may go only to Assess (-4), Canceled (4) now, not to 3',
    );
  });

  it('keeps the words of the instance where there is no Change API', async () => {
    await using simulator = await startSimulator({ changeApi: false });
    await using world = openWorld(simulator.url);
    const ended = failureOf(await moveChange(world, { state: '3' }));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-aborted' } });
    expect(ended.failure.message).toContain('Business Rule');
  });

  it('quotes a data policy, which names labels, and blames neither state nor credentials (trap 26)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { sys_id: sysId = '' } = simulator.world.insert('change_request', { state: '0' }, 'admin');
    const params = { table: 'change_request', sysId, fields: { state: '3' } };
    const ended = failureOf(await world.handlers['ticket.update'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-aborted' } });
    expect(ended.failure.message).toContain('The following fields are mandatory: Close code, Close notes');
  });

  it('names the legal states when a state was ignored under 200 (trap 24)', async () => {
    await using simulator = await startSimulator({ unwritableFields: ['change_request.state'] });
    await using world = openWorld(simulator.url);
    const ignored = failureOf(await moveChange(world, { state: '-4' }));
    expect(ignored.failure.code).toBe('field-ignored');
    const illegal = failureOf(await moveChange(world, { state: 'Closed', short_description: 'Worse' }));
    expect(illegal).toMatchObject({ sideEffect: true, failure: { code: 'state-illegal' } });
    expect(illegal.failure.message).toContain('did not apply state');
  });

  it('leaves alone what an update does not name (trap 58)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    successOf(await world.handlers['ticket.update']({ table, sysId, fields: { urgency: '1' } }, world.context()));
    expect((await simulator.rows(table))[0]).toMatchObject({ short_description: 'Broken', urgency: '1' });
    expect((await simulator.requests()).byMethod).not.toHaveProperty('PUT');
  });

  it('writes nothing for an unknown number or sys_id', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const fields = { short_description: 'x' };
    const byNumber = await world.handlers['ticket.update']({ table, number: 'INC9999999', fields }, world.context());
    expect(failureOf(byNumber)).toMatchObject({ sideEffect: false, failure: { code: 'ticket-not-found' } });
    const bySysId = await world.handlers['ticket.update']({ table, sysId: 'f'.repeat(32), fields }, world.context());
    expect(failureOf(bySysId)).toMatchObject({ sideEffect: false, failure: { code: 'ticket-not-found' } });
  });

  it('refuses a number that two tickets have (trap 55)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    simulator.world.insert(table, { number: 'INC1' }, 'system');
    simulator.world.insert(table, { number: 'INC1' }, 'system');
    const params = { table, number: 'INC1', fields: { short_description: 'x' } };
    const ended = failureOf(await world.handlers['ticket.update'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'ticket-ambiguous' } });
    expect((await simulator.requests()).byMethod).not.toHaveProperty('PATCH');
  });

  it('sends nothing when no field is left', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    const done = successOf(
      await world.handlers['ticket.update']({ table, sysId, fields: { category: '' } }, world.context()),
    );
    expect(done).toMatchObject({ sideEffect: false });
    expect((await simulator.requests()).byMethod).not.toHaveProperty('PATCH');
  });
});

describe('updating a ticket when the answer is lost', () => {
  it.each(['commit-then-500', 'commit-then-reset', 'commit-then-hang'] as const)(
    'sees that it was done after %s',
    async (mode) => {
      await using simulator = await startSimulator();
      await using world = openWorld(simulator.url, { answerTimeoutMs: 500 });
      const { number } = await createIncident(world);
      await simulator.setFault({ mode, remaining: 1 });
      const params = { table, number, fields: { short_description: 'Worse' } };
      const done = successOf(await world.handlers['ticket.update'](params, world.context({ settleMs: 60_000 })));
      expect(done.result.ticket.fields.short_description?.value).toBe('Worse');
      expect(done.result.warnings.join()).toContain('carried out');
    },
  );

  it('fails with what happened when the ticket never comes to hold it', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    await simulator.setFault({ mode: 'server-error', remaining: 1, method: 'PATCH' });
    const params = { table, number, fields: { short_description: 'Worse' } };
    const ended = failureOf(await world.handlers['ticket.update'](params, world.context()));
    expect(ended.failure.code).toBe('servicenow-server-error');
  });

  it('finds its note in the journal, and reports one note written once', async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    await simulator.setFault({ mode: 'commit-then-500', remaining: 1 });
    const params = { table, sysId, fields: { work_notes: 'see here' } };
    successOf(await world.handlers['ticket.update'](params, world.context({ settleMs: 60_000 })));
    expect(await notesOf(simulator)).toEqual(['see here']);
  });

  it('proves by the journal that its note was not written', async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    await simulator.setFault({ mode: 'server-error', remaining: 1, method: 'PATCH' });
    const params = { table, sysId, fields: { work_notes: 'see here' } };
    const ended = failureOf(await world.handlers['ticket.update'](params, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-server-error' } });
  });

  it.each(['forbidden', 'empty'] as const)(
    'says outcome unknown for a note when the journal is %s (trap 29)',
    async (journalReads) => {
      await using simulator = await startSimulator({ journalReads });
      await using world = openWorld(simulator.url);
      const { sysId } = await createIncident(world);
      await simulator.setFault({ mode: 'commit-then-500', remaining: 1 });
      const params = { table, sysId, fields: { work_notes: 'see here' } };
      const ended = failureOf(await world.handlers['ticket.update'](params, world.context()));
      expect(ended).toMatchObject({ sideEffect: true, failure: { code: 'outcome-unknown' } });
      expect(await notesOf(simulator)).toEqual(['see here']);
    },
  );
});

describe('updating a ticket when an earlier attempt may have', () => {
  it('writes nothing when the ticket holds it all already', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const params = { table, number, fields: { short_description: 'Broken' } };
    const done = successOf(
      await world.handlers['ticket.update'](params, world.context({ lookFirst: true, attempt: 2 })),
    );
    expect(done.sideEffect).toBe(false);
    expect((await simulator.requests()).byMethod).not.toHaveProperty('PATCH');
  });

  it("takes no other task's note for its own when there was no earlier attempt (trap 30)", async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const params = { table, number, fields: { work_notes: 'Deployed' } };
    for (let run = 0; run < 2; run += 1)
      successOf(await world.handlers['ticket.update'](params, world.context({ lookFirst: true, attempt: 1 })));
    expect(await notesOf(simulator)).toEqual(['Deployed', 'Deployed']);
  });

  it('takes no version for another because both are the same number', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const update = (text: string, attempt: number) =>
      world.handlers['ticket.update'](
        { table, number, fields: { short_description: text } },
        world.context({ lookFirst: true, attempt }),
      );
    successOf(await update('1.1', 1));
    expect(successOf(await update('1.10', 2)).sideEffect).toBe(true);
    expect((await simulator.rows(table))[0]?.short_description).toBe('1.10');
  });

  it('does not say that it was carried out when its answer was lost and only the number is the same', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const update = (text: string) =>
      world.handlers['ticket.update']({ table, number, fields: { short_description: text } }, world.context());
    successOf(await update('7'));
    await simulator.setFault({ mode: 'server-error', remaining: 1, method: 'PATCH' });
    const ended = failureOf(await update('007'));
    expect(ended.failure.message).toContain('it does not hold what was sent');
  });

  it('reports a value that a rule changes back after the answer (trap 24)', async () => {
    await using simulator = await startSimulator({ revertedFields: ['incident.urgency'] });
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const params = { table, number, fields: { urgency: '1' } };
    const ended = failureOf(await world.handlers['ticket.update'](params, world.context()));
    expect(ended.failure).toMatchObject({ code: 'field-ignored' });
    expect(ended.failure.message).toContain('urgency: sent "1"');
  });

  it('writes fields that the ticket does not hold', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const params = { table, number, fields: { short_description: 'Worse' } };
    expect(
      successOf(await world.handlers['ticket.update'](params, world.context({ lookFirst: true, attempt: 2 })))
        .sideEffect,
    ).toBe(true);
  });

  it('never writes a note twice (trap 30)', async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const params = { table, number, fields: { short_description: 'Worse', work_notes: 'see here' } };
    successOf(await world.handlers['ticket.update'](params, world.context()));
    const again = successOf(
      await world.handlers['ticket.update'](params, world.context({ lookFirst: true, attempt: 2 })),
    );
    expect(again.result.warnings.join()).toContain('work_notes');
    expect(await notesOf(simulator)).toEqual(['see here']);
  });

  it('writes a note that the journal proves is not there', async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const params = { table, number, fields: { work_notes: 'see here' } };
    successOf(await world.handlers['ticket.update'](params, world.context({ lookFirst: true, attempt: 2 })));
    expect(await notesOf(simulator)).toEqual(['see here']);
  });

  it.each([
    ['is not shown', { journalReads: 'empty' as const }],
    [
      'does not show when it was written',
      { journalReads: 'allowed' as const, unreadableFields: ['sys_journal_field.sys_created_on'] },
    ],
  ])('says outcome unknown rather than write again a note that %s', async (_what, settings) => {
    await using simulator = await startSimulator(settings);
    await using world = openWorld(simulator.url);
    const { number } = await createIncident(world);
    const params = { table, number, fields: { work_notes: 'see here' } };
    successOf(await world.handlers['ticket.update'](params, world.context()));
    const ended = failureOf(
      await world.handlers['ticket.update'](params, world.context({ lookFirst: true, attempt: 2 })),
    );
    expect(ended.failure.code).toBe('outcome-unknown');
    expect(await notesOf(simulator)).toEqual(['see here']);
  });
});

describe('a note that may be of an earlier attempt, when the log-in has no user name', () => {
  const attempt = (world: TaskWorld) =>
    world.context({
      lookFirst: true,
      attempt: 2,
      target: { ...world.context().target, authentication: { kind: 'api-key', apiKey: seedApiKey.key } },
    });

  it('is known by the user that the instance names', async () => {
    await using simulator = await startSimulator({ journalReads: 'allowed' });
    await using world = openWorld(simulator.url);
    const { sysId } = await createIncident(world);
    const params = { table, sysId, fields: { work_notes: 'see here' } };
    const entry = { name: table, element: 'work_notes', element_id: sysId, value: 'see here' };
    simulator.world.insert('sys_journal_field', entry, 'somebody');
    successOf(await world.handlers['ticket.update'](params, attempt(world)));
    successOf(await world.handlers['ticket.update'](params, attempt(world)));
    expect(await notesOf(simulator)).toEqual(['see here', 'see here']);
    const asked = (await simulator.requests()).recent.filter((request) => request.path.endsWith('/current_user'));
    expect(asked).toHaveLength(2);
  });

  const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
  const someone = { status: 200, body: { result: { user_name: 'someone' } } };

  it.each([
    {
      what: 'taken for its own when the instance does not say who the user is',
      answer: { status: 200, body: { result: {} } },
      age: { sys_created_on: now },
    },
    {
      what: 'taken for its own when the user may not ask',
      answer: { status: 403, body: { error: { message: 'no', detail: null } } },
      age: { sys_created_on: now },
    },
    { what: 'passed over when it does not show its age', answer: someone, age: {} },
  ])('is not $what', async ({ answer, age }) => {
    const entry = { element: 'work_notes', element_id: 'a'.repeat(32), value: 'see here', sys_created_by: 'someone' };
    await using server = await startOddServer((request, response) => {
      if (request.url?.includes('sys_db_object')) sendJson(response, 403, { error: { message: 'no', detail: null } });
      else if (request.url?.includes('/ui/meta/'))
        sendJson(response, 400, { error: { message: 'Requested URI does not represent any resource', detail: null } });
      else if (request.url?.includes('current_user')) sendJson(response, answer.status, answer.body);
      else if (request.url?.includes('sys_journal_field')) {
        response.setHeader('X-Total-Count', '1');
        sendJson(response, 200, { result: [{ ...entry, ...age }] });
      } else sendJson(response, 200, { result: { sys_id: 'a'.repeat(32) } });
    });
    await using world = openWorld(server.url);
    const params = { table, sysId: 'a'.repeat(32), fields: { work_notes: 'see here' } };
    const ended = failureOf(await world.handlers['ticket.update'](params, attempt(world)));
    expect(ended.failure.code).toBe('outcome-unknown');
    expect(server.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});
