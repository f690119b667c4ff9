import { describe, expect, it } from 'vitest';
import type { Handlers, TaskContext } from '../../../delegate/core/handler.ts';
import { startSimulator } from '../../support/simulator.ts';
import { startFront } from './front.ts';
import { failureOf, openWorld, sendJson } from './task-world.ts';

const again = { lookFirst: true, attempt: 2 };
const fields = { short_description: 'Deploy' };
const rows = ['a', 'b'].map((key) => ({ u_key: key, u_title: key }));
const stagingTable = 'u_release_import';
const note = { work_notes: 'deployed' };

type Run = (handlers: Handlers, context: TaskContext) => ReturnType<Handlers[keyof Handlers]>;

const create: Run = (handlers, context) => handlers['ticket.create']({ table: 'incident', fields }, context);
const load: Run = (handlers, context) => handlers['import-set.load']({ stagingTable, rows }, context);
const updateMany: Run = (handlers, context) =>
  handlers['ticket.update-many']({ changeRequest: 'CHG7', fields: note }, context);

function update(given: Record<string, string>): Run {
  return (handlers, context) =>
    handlers['ticket.update']({ table: 'incident', number: 'INC7', fields: given }, context);
}

/** An instance that takes no further write when the test says so, and none of the reads that it names. */
async function startInstance() {
  const simulator = await startSimulator({ journalReads: 'allowed' });
  simulator.world.insert('incident', { number: 'INC7' }, 'admin');
  const { sys_id: change_request = '' } = simulator.world.insert('change_request', { number: 'CHG7' }, 'admin');
  for (const number of ['CTASK7', 'CTASK8']) simulator.world.insert('change_task', { number, change_request }, 'admin');
  let closed: { readonly writesLeft: number; readonly reads?: RegExp } = { writesLeft: Number.POSITIVE_INFINITY };
  const front = await startFront(simulator.url, (request, response) => {
    const isRead = request.method === 'GET';
    if (isRead && closed.reads?.test(request.url ?? '') !== true) return false;
    if (!isRead && closed.writesLeft > 0) {
      closed = { ...closed, writesLeft: closed.writesLeft - 1 };
      return false;
    }
    sendJson(response, isRead ? 500 : 429, { error: { message: 'not now', detail: '' }, status: 'failure' });
    return true;
  });
  const world = openWorld(front.url);
  return {
    close: (how: typeof closed) => {
      closed = how;
    },
    run: async (run: Run, context: Partial<TaskContext> = {}) =>
      run(world.handlers as Handlers, world.context(context)),
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
      await simulator[Symbol.asyncDispose]();
    },
  };
}

describe('an attempt after one that may have changed something', () => {
  it.each([
    ['a create', create],
    ['a note', update(note)],
    ['an import', load],
  ])('tells that it found nothing when it fails after the look of %s', async (_what, run) => {
    await using instance = await startInstance();
    instance.close({ writesLeft: 0 });
    expect(failureOf(await instance.run(run, again))).toMatchObject({ sideEffect: false, earlier: 'none' });
  });

  it.each([
    ['a create', create, /correlation_id/],
    ['a note', update(note), /sys_journal_field/],
    ['an update', update(fields), /table\/incident\/[0-9a-f]{32}/],
    ['an import', load, /sys_created_by/],
    ['an update of many', updateMany, /table\/change_task\/[0-9a-f]{32}/],
  ])('tells nothing of it when the look of %s fails', async (_what, run, reads) => {
    await using instance = await startInstance();
    instance.close({ writesLeft: 0, reads });
    const ended = failureOf(await instance.run(run, again));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code: 'servicenow-server-error' } });
    expect(ended).not.toHaveProperty('earlier');
  });

  it('does not take fields that the ticket does not hold for proof that nothing was written', async () => {
    await using instance = await startInstance();
    instance.close({ writesLeft: 0 });
    expect(failureOf(await instance.run(update(fields), again)).earlier).toBe('told');
  });

  it.each([
    ['an import', load, 'rows'],
    ['an update of many', updateMany, 'changeTasks'],
  ])('tells all that was done of %s in its partial result', async (_what, run, list) => {
    await using instance = await startInstance();
    instance.close({ writesLeft: 1 });
    failureOf(await instance.run(run));
    const ended = failureOf(await instance.run(run, again));
    const part = ended.failure.partialResult as Record<string, { kind: string }[]>;
    expect(part[list]?.map(({ kind }) => kind)).toEqual([list === 'rows' ? 'found' : 'unchanged', 'failed']);
    expect(ended.earlier).toBe('told');
  });

  it('does not speak of earlier ones when it was not to look', async () => {
    await using instance = await startInstance();
    instance.close({ writesLeft: 0 });
    for (const run of [create, update(note), load, updateMany])
      expect(failureOf(await instance.run(run))).not.toHaveProperty('earlier');
  });
});
