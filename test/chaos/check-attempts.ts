import type { Attempt } from '#protocol/task.ts';
import { isTaskType, taskTypes } from '#protocol/task-types.ts';
import { brief } from './outcome-of.ts';
import type { ShownTask, Snapshot } from './snapshot.ts';
import { timing } from './timing.ts';
import { type Violation, violation } from './violation.ts';

/** A side effect is given out again only when the attempt before can no longer be under way (invariant 3). */
export function checkAttempts({ tasks }: Snapshot): Violation[] {
  return tasks.filter(hasSideEffect).flatMap(checkTask);
}

function checkTask(task: ShownTask): Violation[] {
  return task.attempts.flatMap((attempt, index) => {
    const next = task.attempts[index + 1];
    if (!next || !isLost(attempt)) return [];
    const passedMs = Date.parse(next.assignedAt) - Date.parse(attempt.assignedAt);
    return passedMs >= timing.settleMs
      ? []
      : [violation('fencing', `attempt ${next.attempt} began ${passedMs} ms after one that was lost`, brief(task))];
  });
}

function hasSideEffect({ type }: ShownTask): boolean {
  return isTaskType(type) && taskTypes[type].sideEffect;
}

function isLost({ outcome }: Attempt): boolean {
  return outcome?.kind === 'failed' && outcome.failure.code === 'delegate-lost';
}
