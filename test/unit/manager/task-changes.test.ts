import { describe, expect, it } from 'vitest';
import { TaskChanges } from '../../../manager/core/task-changes.ts';
import type { TaskSpec } from '../../../manager/core/task-record.ts';
import type { Notice } from '../../../manager/core/waiters.ts';
import { ManualClock } from '../delegate/manual-clock.ts';
import { taskRecord } from './task-records.ts';

function startWorld() {
  const time = new ManualClock();
  const clock = {
    now: () => time.monotonicMs(),
    setTimer: (ms: number, callback: () => void) => time.setTimer(ms, callback),
  };
  const said: Notice[] = [];
  const changes = new TaskChanges({ notices: { publish: (notice) => said.push(notice) }, clock });
  const note = (change: Partial<TaskSpec>) => changes.note({ ...taskRecord().spec, ...change });
  return { changes, note, said, time };
}

describe('changes of tasks', () => {
  it('are told together, each task once', () => {
    const { note, said, time } = startWorld();
    for (const id of ['tsk_1', 'tsk_2', 'tsk_1']) note({ id });
    expect(said).toEqual([]);
    time.advance(250);
    note({ id: 'tsk_3' });
    time.advance(250);
    expect(said).toEqual([
      { kind: 'tasks-changed', taskIds: ['tsk_1', 'tsk_2'] },
      { kind: 'tasks-changed', taskIds: ['tsk_3'] },
    ]);
  });

  it('of too many are told without their ids', () => {
    const { note, said, time } = startWorld();
    for (let n = 0; n < 60; n += 1) note({ id: `tsk_${n}` });
    time.advance(250);
    expect(said).toEqual([{ kind: 'tasks-changed' }]);
  });

  it('are not told of canaries and of the polls of gates', () => {
    const { note, said, time } = startWorld();
    note({ type: 'canary' });
    note({ type: 'ticket.read', isBackground: true });
    note({ type: 'ticket.changes', isBackground: true });
    expect(time.pendingTimers).toBe(0);
    // The work note of an ended gate is listed.
    note({ id: 'tsk_n', type: 'ticket.update', isBackground: true });
    time.advance(250);
    expect(said).toEqual([{ kind: 'tasks-changed', taskIds: ['tsk_n'] }]);
  });

  it('that were not told yet are left out when it closes', () => {
    const { changes, note, said, time } = startWorld();
    note({});
    changes.close();
    time.advance(1_000);
    expect(said).toEqual([]);
  });
});
