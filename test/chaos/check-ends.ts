import type { Operation } from './caller.ts';
import { brief, hasEnded, isUnclaimed, taskIdsOf } from './outcome-of.ts';
import type { Snapshot } from './snapshot.ts';
import { type Violation, violation } from './violation.ts';

/** Every accepted task ends, once; a repeated submission gives the same task. */
export function checkEnds(snapshot: Snapshot): Violation[] {
  return [
    ...snapshot.operations.flatMap((operation) => checkOperation(operation, snapshot)),
    ...checkEarlier(snapshot),
    ...checkUnclaimed(snapshot),
  ];
}

function checkOperation(operation: Operation, snapshot: Snapshot): Violation[] {
  const { marker, submissions, observations } = operation;
  const refused = submissions
    .filter(({ result }) => result === 'refused')
    .map((submission) => violation('refused', `${marker}: a good submission was refused`, submission));
  const taskIds = taskIdsOf(operation, snapshot);
  const several =
    taskIds.length > 1
      ? [violation('one-task', `${marker}: one submission became ${taskIds.length} tasks`, { taskIds, submissions })]
      : [];
  const odd = observations
    .filter(({ state }) => state.startsWith('answer '))
    .map((observation) => violation('task-shown', `${marker}: an accepted task was not shown`, observation));
  return [...refused, ...several, ...odd, ...taskIds.flatMap((taskId) => checkTask(taskId, operation, snapshot))];
}

function checkTask(taskId: string, operation: Operation, snapshot: Snapshot): Violation[] {
  const { marker, observations } = operation;
  const now = snapshot.tasks.filter(({ id }) => id === taskId);
  if (now.length === 0) return [violation('task-lost', `${marker}: the task is not known any more`, taskId)];
  const open = now.filter((task) => !hasEnded(task) && !isUnclaimed(task, operation));
  if (open.length > 0) return [violation('task-ends', `${marker}: the task did not end`, open.map(brief))];
  const outcomes = new Set([
    ...now.map(({ outcome }) => JSON.stringify(outcome)),
    ...observations.filter((seen) => seen.taskId === taskId && hasEnded(seen)).map(({ outcome }) => outcome),
  ]);
  return outcomes.size === 1
    ? []
    : [violation('one-outcome', `${marker}: the task was seen with ${outcomes.size} outcomes`, [...outcomes])];
}

function checkEarlier({ earlier, tasks }: Snapshot): Violation[] {
  return tasks.flatMap(({ id, outcome }) => {
    const before = earlier.get(id);
    const now = JSON.stringify(outcome);
    return before === undefined || before === now
      ? []
      : [violation('one-outcome', 'a task of an earlier run has another outcome now', { id, before, now })];
  });
}

function checkUnclaimed({ unclaimed, tasks, takenAt }: Snapshot): Violation[] {
  return tasks
    .filter((task) => !hasEnded(task) && (unclaimed.get(task.id) ?? takenAt) < takenAt)
    .map((task) => violation('task-ends', 'a task that nobody was told of or took did not expire', brief(task)));
}
