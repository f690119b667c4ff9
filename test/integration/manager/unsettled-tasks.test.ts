import { describe, expect, it } from 'vitest';
import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Message } from '#protocol/messages.ts';
import { startDispatchWorld, ticketParams } from '../../support/dispatch-world.ts';
import type { ScriptedDelegate } from '../../support/scripted-delegate.ts';

type Report = Message<'task.report'>;

/** Accepts an assignment and reports that it failed; resolves when the manager has recorded it. */
async function fail(
  delegate: ScriptedDelegate,
  { taskId, attempt }: Message<'task.assign'>,
  code: FailureCode,
  more: Partial<Report> & { partialResult?: unknown } = {},
): Promise<void> {
  const { partialResult, ...rest } = more;
  const reason = { ...failure(code, 'the answer was lost', 'look at the network'), partialResult };
  delegate.send({ type: 'task.accept', taskId, attempt });
  delegate.send({
    type: 'task.report',
    taskId,
    attempt,
    outcome: { kind: 'failed', failure: reason },
    sideEffect: false,
    notes: [],
    ...rest,
  });
  await delegate.next('task.report.ack');
}

const rows = { stagingTable: 'u_release_import', rows: [{ u_key: 'a' }] };

describe('a task of which an attempt may have changed something', () => {
  it('is not called cancelled when it is cancelled between attempts: what may have been done is told, and the part that was', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { taskTypes: ['import-set.load'] });
    const { body } = await world.submit('import-set.load', rows);
    const partialResult = { rows: [], warnings: ['half'] };
    await fail(delegate, await delegate.next('task.assign'), 'servicenow-reset', { sideEffect: true, partialResult });
    const answer = await world.manager.call('DELETE', `/tasks/${body.id}`);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        state: 'failed',
        outcome: {
          failure: {
            code: 'outcome-unknown',
            message: expect.stringMatching(/attempt 1.*the answer was lost.*cancelled/),
            remedy: expect.stringContaining('staging table'),
            partialResult,
          },
        },
        attempts: [{ attempt: 1, sideEffect: true }],
      },
    });
    const again = await world.manager.call('DELETE', `/tasks/${body.id}`);
    expect(again.body).toMatchObject({ code: 'task-ended' });
  });

  it('is not called cancelled when its delegate was lost before', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { body } = await world.submit('ticket.create', ticketParams);
    const { taskId, attempt } = await delegate.next('task.assign');
    delegate.send({ type: 'task.accept', taskId, attempt });
    await delegate.beat([{ taskId, attempt }]);
    delegate.vanish();
    const state = async () => (await world.manager.call('GET', `/tasks/${body.id}`)).body.state;
    await expect.poll(state, { timeout: 10_000 }).toBe('queued');
    const { body: ended } = await world.manager.call('DELETE', `/tasks/${body.id}`);
    expect(ended).toMatchObject({ state: 'failed', outcome: { failure: { code: 'outcome-unknown' } } });
  });

  it('expires with outcome unknown when nobody finds out by its deadline', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { body } = await world.submit('ticket.create', ticketParams, { limits: { deadline: '2s', pickUp: '1s' } });
    await fail(delegate, await delegate.next('task.assign'), 'servicenow-reset', { sideEffect: true });
    delegate.vanish();
    expect(await world.ended(body.id)).toMatchObject({
      state: 'expired',
      outcome: { failure: { code: 'outcome-unknown', message: expect.stringContaining('the answer was lost') } },
    });
  });

  it.each([
    { earlier: undefined, code: 'outcome-unknown' },
    { earlier: 'none', code: 'servicenow-unauthenticated' },
  ] as const)('ends with $code when a later one found $earlier and may not go on', async ({ earlier, code }) => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { body } = await world.submit('ticket.create', ticketParams);
    await fail(delegate, await delegate.next('task.assign'), 'servicenow-reset', { sideEffect: true });
    const again = await delegate.next('task.assign');
    await fail(delegate, again, 'servicenow-unauthenticated', earlier === undefined ? {} : { earlier });
    expect(await world.ended(body.id)).toMatchObject({ state: 'failed', outcome: { failure: { code } } });
  });

  it('is cancelled when a later one looked and found nothing', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { body } = await world.submit('ticket.create', ticketParams);
    await fail(delegate, await delegate.next('task.assign'), 'servicenow-reset', { sideEffect: true });
    await fail(delegate, await delegate.next('task.assign'), 'servicenow-rate-limited', { earlier: 'none' });
    const { body: ended } = await world.manager.call('DELETE', `/tasks/${body.id}`);
    expect(ended).toMatchObject({ state: 'cancelled', attempts: [{ sideEffect: true }, { earlier: 'none' }] });
  });

  it('is not called a matter of its secret when that is deleted meanwhile', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join();
    const { body } = await world.submit('ticket.create', ticketParams);
    await fail(delegate, await delegate.next('task.assign'), 'servicenow-reset', { sideEffect: true });
    await world.manager.call('DELETE', `/connectors/snow`);
    await world.manager.call('DELETE', '/secrets/pw');
    expect(await world.ended(body.id)).toMatchObject({
      state: 'failed',
      outcome: { failure: { code: 'outcome-unknown', message: expect.stringContaining('pw') } },
    });
  });
});

describe('a task that is cancelled', () => {
  it('is told to its delegate when it goes to one at the same moment, and ends once', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { capacity: 20 });
    delegate.onMessage((message) => {
      if (message.type !== 'task.assign' && message.type !== 'task.cancel') return;
      const { taskId, attempt } = message;
      if (message.type === 'task.assign') delegate.send({ type: 'task.accept', taskId, attempt });
      else
        delegate.send({
          type: 'task.report',
          taskId,
          attempt,
          outcome: { kind: 'cancelled' },
          sideEffect: false,
          notes: [],
        });
    });
    const submitted = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { body } = await world.submit('ticket.create', ticketParams);
        return [body.id, (await world.manager.call('DELETE', `/tasks/${body.id}`)).status] as const;
      }),
    );
    for (const [id, status] of submitted) {
      expect(status).toBe(200);
      expect((await world.ended(id)).state).toBe('cancelled');
    }
  });
});
