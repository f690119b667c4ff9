import { describe, expect, it } from 'vitest';
import { limits } from '#protocol/limits.ts';
import type { Message, ReachFinding } from '#protocol/messages.ts';
import {
  type DispatchWorld,
  readParams,
  serve,
  startDispatchWorld,
  succeeded,
  ticketParams,
} from '../../support/dispatch-world.ts';

const live: ReachFinding = { kind: 'live' };

/** Nothing of others is harmed: an honest delegate beside the liar gets the next task and ends it. */
async function honestWork(world: DispatchWorld): Promise<string> {
  const honest = serve(await world.joinModern('honest', live, { tags: ['honest'] }));
  const { body } = await world.submit('ticket.read', readParams, { selectors: ['honest'] });
  const { state } = await world.ended(body.id);
  expect(honest).toEqual([body.id]);
  return state;
}

describe('a delegate that misbehaves', () => {
  it('by flooding the manager with heartbeats is closed with 4429', async () => {
    await using world = await startDispatchWorld();
    const floods = await world.join('floods');
    for (let n = 0; n < limits.maxUnprovokedFrames + 500; n += 1) floods.send({ type: 'heartbeat', inFlight: [] });
    expect(await floods.closed).toMatchObject({ code: 4429, reason: expect.stringContaining('2000') });
    expect(await honestWork(world)).toBe('succeeded');
  });

  it('by flooding it with reports of tasks that nobody gave it is closed with 4429, and no task is touched', async () => {
    await using world = await startDispatchWorld();
    const { body } = await world.submit('ticket.create', ticketParams, { selectors: ['nobody'] });
    const floods = await world.join('floods');
    const report = {
      type: 'task.report',
      taskId: body.id,
      attempt: 1,
      outcome: succeeded,
      sideEffect: true,
      notes: [],
    } satisfies Message<'task.report'>;
    for (let n = 0; n < limits.maxUnprovokedFrames + 500; n += 1) floods.send(report);
    expect((await floods.closed).code).toBe(4429);
    expect((await world.manager.call('GET', `/tasks/${body.id}`)).body).toMatchObject({
      state: 'queued',
      attempts: [],
    });
    expect(await honestWork(world)).toBe('succeeded');
  });

  it('by working hard is no flood: what is asked for does not count', async () => {
    await using world = await startDispatchWorld();
    const busy = await world.joinModern('busy', live, { capacity: 500 });
    // What is not asked for is nearly used up; had the tasks counted, it would be over.
    for (let n = 0; n < limits.maxUnprovokedFrames - 50; n += 1) busy.send({ type: 'heartbeat', inFlight: [] });
    const given = serve(busy);
    const submitted = await Promise.all(Array.from({ length: 100 }, () => world.submit('ticket.read', readParams)));
    for (const { body } of submitted) expect((await world.ended(body.id)).state).toBe('succeeded');
    expect(given).toHaveLength(100);
  });

  it('by sending a frame that is too large is closed with 1009, and its task goes elsewhere', async () => {
    await using world = await startDispatchWorld();
    const huge = await world.join('huge');
    const { body } = await world.submit('ticket.read', readParams);
    await huge.next('task.assign');
    huge.sendRaw('x'.repeat(limits.maxFrameBytes + 1));
    expect((await huge.closed).code).toBe(1009);
    const given = serve(await world.joinModern('other', live));
    expect((await world.ended(body.id)).state).toBe('succeeded');
    expect(given).toEqual([body.id]);
  });

  it.each([
    { name: 'no JSON', frame: '{"type":' },
    { name: 'no object', frame: '[]' },
    { name: 'an unknown message', frame: '{"type":"task.steal"}' },
    { name: 'a message of the manager', frame: '{"type":"heartbeat.ack"}' },
    { name: 'an attempt that is no number', frame: '{"type":"task.accept","taskId":"t","attempt":"1"}' },
    {
      name: 'a check that nobody asked for, malformed',
      frame: '{"type":"reach.result","checkId":"x","found":{"kind":"so"}}',
    },
    { name: 'bytes', frame: Buffer.from('{"type":"heartbeat"}') },
  ])('by sending $name is closed with 4400', async ({ frame }) => {
    await using world = await startDispatchWorld();
    const liar = await world.join('liar');
    liar.sendRaw(frame);
    expect((await liar.closed).code).toBe(4400);
  });

  it('by answering a check that it was not asked is ignored', async () => {
    await using world = await startDispatchWorld();
    const liar = await world.joinModern('liar', live);
    liar.send({ type: 'reach.result', checkId: 'chk_of_another', found: live });
    await liar.beat();
    expect(await honestWork(world)).toBe('succeeded');
  });

  it('by accepting and sleeping loses the task when its time to run is over, and another one does it', async () => {
    await using world = await startDispatchWorld();
    const sleeps = await world.joinModern('sleeps', live);
    const { body } = await world.submit('ticket.read', readParams, { limits: { run: '1s', deadline: '30s' } });
    const { taskId, attempt } = await sleeps.next('task.assign');
    sleeps.send({ type: 'task.accept', taskId, attempt });
    const given = serve(await world.joinModern('works', live));
    expect(await sleeps.next('task.cancel')).toMatchObject({ taskId: body.id });
    expect((await world.ended(body.id)).state).toBe('succeeded');
    expect(given).toEqual([body.id]);
    sleeps.send({ type: 'task.report', taskId, attempt, outcome: succeeded, sideEffect: false, notes: [] });
    expect(await sleeps.next('task.report.ack')).toMatchObject({ status: 'superseded' });
    const { attempts } = (await world.manager.call('GET', `/tasks/${body.id}`)).body;
    expect(attempts).toHaveLength(2);
  });

  it('by accepting twice is closed with 4400, and the attempt is not lost', async () => {
    await using world = await startDispatchWorld();
    const liar = await world.join('liar');
    const { body } = await world.submit('ticket.read', readParams);
    const { taskId, attempt } = await liar.next('task.assign');
    liar.send({ type: 'task.accept', taskId, attempt });
    liar.send({ type: 'task.accept', taskId, attempt });
    expect((await liar.closed).code).toBe(4400);
    const after = await world.join('liar', { inFlight: [{ taskId, attempt }] });
    after.send({ type: 'task.report', taskId, attempt, outcome: succeeded, sideEffect: false, notes: [] });
    expect(await world.ended(body.id)).toMatchObject({ state: 'succeeded', attempts: [{ attempt: 1 }] });
  });

  it('by claiming in its hello what was never its own gets no lease for it', async () => {
    await using world = await startDispatchWorld();
    const owner = await world.join('owner');
    const { body } = await world.submit('ticket.read', readParams);
    const { taskId, attempt } = await owner.next('task.assign');
    owner.send({ type: 'task.accept', taskId, attempt });
    const liar = await world.join('liar', {
      inFlight: [
        { taskId, attempt },
        { taskId: 'tsk_none', attempt: 3 },
      ],
    });
    expect(await liar.next('task.cancel')).toMatchObject({ taskId: body.id });
    expect(await liar.next('task.cancel')).toMatchObject({ taskId: 'tsk_none' });
    owner.send({ type: 'task.report', taskId, attempt, outcome: succeeded, sideEffect: false, notes: [] });
    expect(await world.ended(body.id)).toMatchObject({ state: 'succeeded', attempts: [{ delegateName: 'owner' }] });
  });
});
