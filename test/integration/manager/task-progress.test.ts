import { describe, expect, it } from 'vitest';
import type { Finding } from '#protocol/finding.ts';
import { limits } from '#protocol/limits.ts';
import type { Message } from '#protocol/messages.ts';
import { type DispatchWorld, startDispatchWorld } from '../../support/dispatch-world.ts';
import { readEvents } from '../../support/event-reader.ts';
import type { TestManager } from '../../support/manager.ts';
import type { ScriptedDelegate } from '../../support/scripted-delegate.ts';
import { startSite } from '../../support/site.ts';

const modern = { features: ['task-progress'] };

function finding(n: number): Finding {
  return { probe: 'reach', status: 'passed', message: `finding ${n}` };
}

function tell(delegate: ScriptedDelegate, { taskId, attempt }: Message<'task.assign'>, ...found: readonly Finding[]) {
  for (const each of found) delegate.send({ type: 'task.progress', taskId, attempt, finding: each });
}

function report(delegate: ScriptedDelegate, { taskId, attempt }: Message<'task.assign'>, findings: Finding[]): void {
  const outcome = { kind: 'succeeded', result: { findings } } as const;
  delegate.send({ type: 'task.report', taskId, attempt, outcome, sideEffect: false, notes: [] });
}

/** A test that a delegate has accepted, begun by a caller who did not wait for it. */
async function begin(world: DispatchWorld, delegate: ScriptedDelegate) {
  const { status, body } = await world.manager.call('POST', '/connectors/snow/test?waitMs=0');
  expect(status).toBe(202);
  const assign = await delegate.next('task.assign');
  delegate.send({ type: 'task.accept', taskId: assign.taskId, attempt: assign.attempt });
  expect(assign.taskId).toBe(body.id);
  return assign;
}

/** The task once it shows so many findings. */
async function whenShown(manager: TestManager, taskId: string, count: number) {
  for await (const { data } of readEvents(manager, `/tasks/${taskId}/events`))
    if (data.progress?.findings.length === count) return data;
  throw new Error('it ended before');
}

describe('the progress of a task', () => {
  it('is shown while it runs, with who found it, and not after its end', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', modern);
    const assign = await begin(world, delegate);
    tell(delegate, assign, finding(1), finding(2));
    await whenShown(world.manager, assign.taskId, 2);
    const { body } = await world.manager.call('GET', `/tasks/${assign.taskId}`);
    expect(body.progress).toEqual({ attempt: 1, delegateName: 'a', findings: [finding(1), finding(2)] });
    report(delegate, assign, [finding(2), finding(1)]);
    const ended = await world.ended(assign.taskId);
    expect(ended).toMatchObject({ state: 'succeeded', outcome: { result: { findings: [finding(2), finding(1)] } } });
    expect(ended).not.toHaveProperty('progress');
  });

  it('is that of the newest attempt alone', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', modern);
    const first = await begin(world, delegate);
    tell(delegate, first, finding(1));
    await whenShown(world.manager, first.taskId, 1);
    const failure = { code: 'servicenow-timeout', message: 'late', remedy: 'wait', retry: 'same-delegate' } as const;
    const key = { taskId: first.taskId, attempt: first.attempt };
    delegate.send({ type: 'task.report', ...key, outcome: { kind: 'failed', failure }, sideEffect: false, notes: [] });
    const second = await delegate.next('task.assign');
    expect(second.attempt).toBe(2);
    delegate.send({ type: 'task.accept', taskId: second.taskId, attempt: second.attempt });
    tell(delegate, first, finding(7));
    tell(delegate, second, finding(3));
    const shown = await whenShown(world.manager, first.taskId, 1);
    expect(shown.progress).toEqual({ attempt: 2, delegateName: 'a', findings: [finding(3)] });
  });

  it('is cut off when a delegate tells too much, and a delegate that goes on is closed with 4429', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', modern);
    const assign = await begin(world, delegate);
    const many = Array.from({ length: limits.maxProgressFindings + 20 }, (_, n) => finding(n));
    tell(delegate, assign, ...many);
    const shown = await whenShown(world.manager, assign.taskId, limits.maxProgressFindings);
    expect(shown.progress.findings.at(-1)).toEqual(finding(limits.maxProgressFindings - 1));
    for (let n = 0; n < limits.maxUnprovokedFrames + 500; n += 1) tell(delegate, assign, finding(n));
    expect((await delegate.closed).code).toBe(4429);
  });

  it('of what a delegate was not given is ignored; without the feature, or out of form, it closes with 4400', async () => {
    await using world = await startDispatchWorld();
    const liar = await world.join('liar', { ...modern, tags: ['liar'] });
    const honest = await world.join('honest', modern);
    const { body } = await world.submit('connection.test', {}, { selectors: ['honest'] });
    const assign = await honest.next('task.assign');
    honest.send({ type: 'task.accept', taskId: assign.taskId, attempt: assign.attempt });
    tell(liar, assign, finding(1));
    await liar.beat();
    tell(honest, assign, finding(2));
    const shown = await whenShown(world.manager, body.id, 1);
    expect(shown.progress.findings).toEqual([finding(2)]);
    tell(liar, assign, { ...finding(1), message: 'x'.repeat(3_000) });
    expect(await liar.closed).toMatchObject({ code: 4400, reason: expect.stringContaining('/finding/message') });
    const older = await world.join('older', { tags: ['older'] });
    tell(older, assign, finding(1));
    expect((await older.closed).code).toBe(4400);
  });

  it('keeps the result of a stored connector that nobody waited for', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a');
    const assign = await begin(world, delegate);
    report(delegate, assign, [finding(1)]);
    await world.ended(assign.taskId);
    await expect
      .poll(async () => (await world.manager.call('GET', '/connectors/snow')).body.lastTest)
      .toMatchObject({ id: assign.taskId, state: 'succeeded' });
  });
});

describe('testing a connector of a slow instance', () => {
  it('tells the first findings before the end, and at the end has all in their own order', async () => {
    await using site = await startSite();
    const { manager, simulator } = site;
    const { id } = (await manager.call('GET', '/connectors/snow')).body;
    // Held until it is let go: what comes before is known by then.
    await simulator.setFault({ mode: 'slow', path: 'sys_journal_field', delayMs: 600_000 });
    const begun = await manager.call('POST', `/connectors/${id}/test?waitMs=0`);
    expect(begun.status).toBe(202);
    const events = [];
    let isHeld = true;
    for await (const { event, data } of readEvents(manager, `/tasks/${begun.body.id}/events`)) {
      expect(event).toBe('task');
      events.push(data);
      if (!isHeld || (data.progress?.findings.length ?? 0) < 10) continue;
      isHeld = false;
      expect(data.progress).toMatchObject({ attempt: 1, delegateName: 'd1' });
      expect(data.progress.findings[0]).toMatchObject({ probe: 'reach', status: 'passed' });
      expect(JSON.stringify(data)).not.toContain('sys_journal_field');
      await simulator.setFault({ mode: 'none' });
    }
    expect(isHeld).toBe(false);
    const last = events.at(-1);
    expect(last).toMatchObject({ state: 'succeeded' });
    expect(last.outcome.result.findings.map(({ probe }: Finding) => probe).slice(0, 3)).toEqual([
      'reach',
      'instance',
      'credentials',
    ]);
    expect(last).not.toHaveProperty('progress');
  });

  it('is over when nobody need wait: with 200 when it ended in time', async () => {
    await using site = await startSite();
    const body = {
      name: 'draft',
      baseUrl: site.simulator.url,
      authentication: { kind: 'basic', username: 'integration', password: { secret: 'pw' } },
    };
    const answer = await site.manager.call('POST', '/connectors/test?waitMs=30000', body);
    expect(answer).toMatchObject({ status: 200, body: { state: 'succeeded' } });
  });
});
