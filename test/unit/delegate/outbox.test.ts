import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../delegate/core/outbox.ts';
import { composeReport } from '../../../delegate/core/report.ts';
import { key, RecordingLog, RecordingSession } from './fixtures.ts';

const maxFrameBytes = 65_536;

function begin(maxBytes?: number) {
  let changes = 0;
  const changed = () => {
    changes += 1;
  };
  const log = new RecordingLog();
  const outbox = new Outbox(maxBytes === undefined ? { log, changed } : { log, changed, maxBytes });
  return { outbox, changes: () => changes };
}

function report(taskId: string, { text = '', sideEffect = false } = {}) {
  return composeReport(key(taskId), { outcome: { kind: 'succeeded', result: { text } }, sideEffect }, []);
}

describe('the outbox', () => {
  it('sends at once in a session, and keeps what there is no session for', () => {
    const { outbox } = begin();
    const session = new RecordingSession();
    outbox.add(report('task-1'), true);
    outbox.attach({ session, maxFrameBytes });
    outbox.add(report('task-2'), true);
    expect(session.sent).toMatchObject([{ taskId: 'task-1' }, { taskId: 'task-2' }]);
  });

  it('sends in every new session what was not acknowledged, oldest first', () => {
    const { outbox } = begin();
    for (const taskId of ['task-1', 'task-2', 'task-3']) outbox.add(report(taskId), true);
    outbox.attach({ session: new RecordingSession(), maxFrameBytes });
    outbox.acknowledge(key('task-2'), 'superseded');
    outbox.detach();
    const second = new RecordingSession();
    outbox.attach({ session: second, maxFrameBytes });
    expect(second.sent).toMatchObject([{ taskId: 'task-1' }, { taskId: 'task-3' }]);
  });

  it('tells that it changed when a report was acknowledged, and ignores an unknown one', () => {
    const { outbox, changes } = begin();
    outbox.add(report('task-1'), true);
    outbox.acknowledge(key('task-1', 2), 'recorded');
    outbox.acknowledge(key('unknown'), 'recorded');
    expect(outbox.keys()).toEqual([key('task-1')]);
    outbox.acknowledge(key('task-1'), 'recorded');
    expect([outbox.size, changes()]).toEqual([0, 1]);
  });

  it('is full from its bound on, and no longer when a report is gone', () => {
    const { outbox } = begin(1_000);
    outbox.add(report('task-1', { text: 'x'.repeat(900) }), true);
    expect(outbox.isFull).toBe(true);
    outbox.acknowledge(key('task-1'), 'recorded');
    expect(outbox.isFull).toBe(false);
  });

  it.each([
    [true, 'outcome-unknown'],
    [false, 'result-too-large'],
  ])('says a failure in the place of a result that no frame can hold (side effect %s: %s)', (sideEffect, code) => {
    const { outbox } = begin();
    const session = new RecordingSession();
    outbox.add(report('task-1', { text: 'x'.repeat(maxFrameBytes), sideEffect }), true);
    outbox.attach({ session, maxFrameBytes });
    expect(session.sent).toMatchObject([{ outcome: { kind: 'failed', failure: { code } }, sideEffect }]);
  });

  it('sends the same frame again, without encoding it anew', () => {
    const { outbox } = begin();
    const frames: string[] = [];
    const sender = { session: { sendEncoded: (frame: string) => frames.push(frame) }, maxFrameBytes };
    const first = report('task-1');
    outbox.add(first, true);
    outbox.attach(sender);
    outbox.attach(sender);
    outbox.sendAgain(key('task-1'));
    expect(frames).toEqual([first.frame, first.frame, first.frame]);
  });

  it('counts which reports are of tasks that took a slot', () => {
    const { outbox } = begin();
    outbox.add(report('task-1'), true);
    outbox.add(report('canary-1'), false);
    expect([outbox.size, outbox.slots]).toEqual([2, 1]);
    outbox.acknowledge(key('canary-1'), 'recorded');
    outbox.acknowledge(key('task-1'), 'recorded');
    expect([outbox.size, outbox.slots]).toEqual([0, 0]);
  });

  it('remembers which attempt of a task was acknowledged, of the last thousand tasks', () => {
    const { outbox } = begin();
    for (let index = 0; index <= 1_000; index++) {
      outbox.add(report(`task-${index}`), true);
      outbox.acknowledge(key(`task-${index}`), 'recorded');
    }
    expect(outbox.acknowledgedAttempt('task-0')).toBeUndefined();
    expect(outbox.acknowledgedAttempt('task-1000')).toBe(1);
  });
});
