import { describe, expect, it } from 'vitest';
import { answerCanary } from '../../../delegate/core/canary.ts';
import { createExecutorWorld as begin } from './executor-world.ts';
import { composeAssign, composeCanary, key, settle } from './fixtures.ts';

const alive = { kind: 'succeeded', result: {}, sideEffect: false } as const;

describe('a canary', () => {
  it('is accepted without a target, and reported', async () => {
    const { executor, held, session, reports } = begin();
    executor.assign(composeCanary(), session);
    expect(session.sent).toEqual([{ type: 'task.accept', ...key('canary-1') }]);
    expect(held.at(0).context).not.toHaveProperty('target');
    held.at(0).end(await answerCanary({}, held.at(0).context));
    await settle();
    expect(reports()).toMatchObject([
      { ...key('canary-1'), outcome: { kind: 'succeeded', result: {} }, sideEffect: false },
    ]);
  });

  it('opens no secret, also when a target comes with it', () => {
    const { executor, session } = begin();
    session.password = undefined;
    const { target } = composeAssign();
    executor.assign(composeCanary(target ? { target } : {}), session);
    expect(session.types()).toEqual(['task.accept']);
  });

  it('is taken by a full delegate, and takes no slot', async () => {
    const { executor, held, session } = begin({ capacity: 1 });
    executor.assign(composeCanary(), session);
    expect(executor.running).toBe(0);
    executor.assign(composeAssign(), session);
    executor.assign(composeCanary({ taskId: 'canary-2' }), session);
    expect(session.types()).toEqual(['task.accept', 'task.accept', 'task.accept']);
    expect(executor.keys()).toEqual([key('canary-1'), key('task-1'), key('canary-2')]);
    expect(executor.running).toBe(1);
    held.at(0).end(alive);
    held.at(2).end(alive);
    await settle();
    expect(executor.running).toBe(1);
    executor.assign(composeAssign({ taskId: 'task-2' }), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.reject', code: 'delegate-full' });
  });

  it('makes no delegate full by reports that are not acknowledged, and is taken when those of others do', async () => {
    const { executor, held, session } = begin({ capacity: 1 });
    for (let index = 0; index < 1_000; index++) {
      executor.assign(composeCanary({ taskId: `canary-${index}` }), session);
      held.at(index).end(alive);
      await settle();
    }
    executor.assign(composeAssign(), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.accept', ...key('task-1') });
  });

  it('is rejected while draining', () => {
    const { executor, session } = begin();
    executor.stopTaking();
    executor.assign(composeCanary(), session);
    expect(session.sent).toMatchObject([{ type: 'task.reject', code: 'delegate-draining' }]);
  });

  it('with parameters that are none is rejected', () => {
    const { executor, session } = begin();
    executor.assign(composeCanary({ params: 'sing' }), session);
    expect(session.sent).toMatchObject([{ type: 'task.reject', code: 'task-unsupported' }]);
  });

  it('is abandoned with the rest, and leaves no timer', () => {
    const { clock, executor, session } = begin();
    executor.assign(composeCanary(), session);
    executor.assign(composeAssign(), session);
    executor.abandonAll();
    expect([executor.running, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('leaves no line in the log of an operator who does not ask for more', async () => {
    const { executor, held, session, log } = begin();
    executor.assign(composeCanary(), session);
    held.at(0).end(alive);
    await settle();
    expect(log.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });
});
