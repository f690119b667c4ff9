import { describe, expect, it } from 'vitest';
import { createExecutorWorld as begin } from './executor-world.ts';
import { composeAssign, created, key, settle } from './fixtures.ts';

describe('an assignment', () => {
  it('is accepted before it begins, runs with what it was given, and is reported', async () => {
    const { executor, held, session, reports } = begin();
    executor.assign(composeAssign(), session);
    expect(session.sent).toEqual([{ type: 'task.accept', ...key('task-1') }]);
    const task = held.at(0);
    expect(task.context.target).toEqual({
      baseUrl: 'https://example.service-now.com/',
      authentication: { kind: 'basic', username: 'u', password: 'open-sesame' },
    });
    task.context.note('posted');
    task.end(created);
    await settle();
    expect(reports()).toEqual([
      {
        type: 'task.report',
        ...key('task-1'),
        outcome: { kind: 'succeeded', result: created.kind === 'succeeded' && created.result },
        sideEffect: true,
        notes: ['posted'],
      },
    ]);
  });

  it('is in flight until its report is acknowledged, without a gap', async () => {
    const { executor, held, session, outbox } = begin();
    executor.assign(composeAssign(), session);
    expect([executor.keys(), outbox.keys()]).toEqual([[key('task-1')], []]);
    held.at(0).end(created);
    await settle();
    expect([executor.keys(), outbox.keys()]).toEqual([[], [key('task-1')]]);
    outbox.acknowledge(key('task-1'), 'recorded');
    expect(outbox.keys()).toEqual([]);
  });

  it.each([
    ['of an unknown type', { taskType: 'ticket.destroy' }, 'task-unsupported', /ticket\.destroy/],
    ['with bad parameters', { params: { table: 'Not A Table', fields: {} } }, 'task-unsupported', /\/table/],
    ['without a target', { target: undefined }, 'task-unsupported', /target/],
    [
      'with a base URL that is none',
      { target: { ...composeAssign().target, baseUrl: 'file:///etc' } },
      'task-unsupported',
      /base URL/,
    ],
  ])('%s is rejected, and nothing begins', (_what, overrides, code, message) => {
    const { executor, held, session } = begin();
    executor.assign(composeAssign(overrides as Partial<ReturnType<typeof composeAssign>>), session);
    expect(session.sent).toEqual([
      { type: 'task.reject', ...key('task-1'), code, message: expect.stringMatching(message) },
    ]);
    expect(held.begun).toEqual([]);
    expect(executor.running).toBe(0);
  });

  it('whose secret cannot be opened is rejected', () => {
    const { executor, session } = begin();
    session.password = undefined;
    executor.assign(composeAssign(), session);
    expect(session.sent).toMatchObject([{ type: 'task.reject', code: 'secret-unreadable' }]);
  });

  it('is rejected when every slot is taken, and accepted when one was given back', async () => {
    const { executor, held, session } = begin({ capacity: 1 });
    executor.assign(composeAssign(), session);
    executor.assign(composeAssign({ taskId: 'task-2' }), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.reject', ...key('task-2'), code: 'delegate-full' });
    held.at(0).throw(new Error('a bug'));
    await settle();
    executor.assign(composeAssign({ taskId: 'task-3' }), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.accept', ...key('task-3') });
  });

  it('is rejected when a thousand are in flight, unacknowledged reports included', async () => {
    const { executor, held, session } = begin({ capacity: 1 });
    for (let index = 0; index < 1_000; index++) {
      executor.assign(composeAssign({ taskId: `task-${index}` }), session);
      held.at(index).end(created);
      await settle();
    }
    executor.assign(composeAssign({ taskId: 'one-more' }), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.reject', code: 'delegate-full' });
  });

  it('is rejected while draining', () => {
    const { executor, session } = begin();
    executor.stopTaking();
    executor.assign(composeAssign(), session);
    expect(session.sent).toMatchObject([{ type: 'task.reject', code: 'delegate-draining' }]);
  });
});

describe('an assignment that is given twice', () => {
  it('is accepted again while it runs, even while draining, and is not run twice', () => {
    const { executor, held, session } = begin({ capacity: 1 });
    executor.assign(composeAssign(), session);
    executor.stopTaking();
    executor.assign(composeAssign(), session);
    expect(session.types()).toEqual(['task.accept', 'task.accept']);
    expect(held.begun).toHaveLength(1);
  });

  it('is accepted and reported again while its report is not acknowledged', async () => {
    const { executor, held, session } = begin();
    executor.assign(composeAssign(), session);
    held.at(0).end(created);
    await settle();
    executor.assign(composeAssign(), session);
    expect(session.types()).toEqual(['task.accept', 'task.report', 'task.accept', 'task.report']);
    expect(held.begun).toHaveLength(1);
  });

  it('breaks the protocol when its report was acknowledged: neither an answer nor a run would be true', async () => {
    const { executor, held, session, outbox } = begin();
    executor.assign(composeAssign(), session);
    held.at(0).end(created);
    await settle();
    outbox.acknowledge(key('task-1'), 'recorded');
    executor.assign(composeAssign(), session);
    expect(session.closes).toEqual([{ name: 'protocol-error', reason: expect.stringContaining('acknowledged') }]);
    expect(held.begun).toHaveLength(1);
  });
});

describe('another attempt of a task that runs here', () => {
  it('is rejected, and the older begins no further request and reports what is true', async () => {
    const { executor, held, session, reports } = begin();
    executor.assign(composeAssign(), session);
    const older = held.at(0);
    executor.assign(composeAssign({ attempt: 2, lookFirst: true }), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.reject', ...key('task-1', 2), code: 'delegate-full' });
    expect(older.context.mayBegin()).toBe(false);
    expect(older.context.signal.aborted).toBe(true);
    older.end(created);
    await settle();
    expect(reports()).toMatchObject([{ attempt: 1, outcome: { kind: 'succeeded' }, sideEffect: true }]);
    executor.assign(composeAssign({ attempt: 3, lookFirst: true }), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.accept', ...key('task-1', 3) });
  });

  it('is rejected when it is the older one, and leaves the newer alone', () => {
    const { executor, held, session } = begin();
    executor.assign(composeAssign({ attempt: 2 }), session);
    executor.assign(composeAssign({ attempt: 1 }), session);
    expect(session.sent.at(-1)).toMatchObject({ type: 'task.reject', ...key('task-1', 1), code: 'delegate-full' });
    expect(held.at(0).context.mayBegin()).toBe(true);
  });
});
