import type { FailureCode } from '#protocol/failure.ts';
import { isTaskType, taskTypes } from '#protocol/task-types.ts';
import type { Operation } from './caller.ts';
import type { FaultKind } from './cells.ts';
import { brief, isUnclaimed, isUnknown, shown, taskIdsOf } from './outcome-of.ts';
import type { ShownTask, Snapshot } from './snapshot.ts';
import { type Violation, violation } from './violation.ts';

const brokenNetwork = ['servicenow-unreachable', 'servicenow-reset', 'servicenow-timeout', 'outcome-unknown'] as const;
const lost = ['delegate-lost'] as const;

/** With which failures a task may end because of a fault. Whatever does not reach ServiceNow leaves no outcome unknown. */
const explains: Record<FaultKind, readonly FailureCode[]> = {
  'kill-manager': lost,
  'kill-delegate': lost,
  'kill-redis': lost,
  'suspend-manager': lost,
  'suspend-delegate': lost,
  'suspend-redis': lost,
  'terminate-manager': lost,
  'terminate-delegate': lost,
  'cut-redis-link': lost,
  'stall-redis-link': lost,
  'half-stall-redis-link': lost,
  'drop-redis-link': lost,
  'delay-redis-link': [],
  'refuse-redis-link': lost,
  'cut-delegate-link': lost,
  'stall-delegate-link': lost,
  'half-stall-delegate-link': lost,
  'drop-delegate-link': lost,
  'delay-delegate-link': [],
  'refuse-delegate-link': lost,
  'cut-servicenow-link': brokenNetwork,
  'stall-servicenow-link': brokenNetwork,
  'half-stall-servicenow-link': brokenNetwork,
  'drop-servicenow-link': brokenNetwork,
  'delay-servicenow-link': [],
  'servicenow-away': brokenNetwork,
  'servicenow-commit-then-500': ['servicenow-server-error', 'outcome-unknown'],
  'servicenow-commit-then-hang': ['servicenow-timeout', 'servicenow-reset', 'outcome-unknown'],
  'servicenow-commit-then-reset': ['servicenow-reset', 'outcome-unknown'],
  'servicenow-server-error': ['servicenow-server-error', 'outcome-unknown'],
  'servicenow-rate-limited': ['servicenow-rate-limited', 'outcome-unknown'],
  'servicenow-slow': [],
};

/** No task may end otherwise than well, unless the caller or the faults of the run explain it. */
export function checkExplanations(snapshot: Snapshot): Violation[] {
  return snapshot.operations.flatMap((operation) =>
    taskIdsOf(operation, snapshot).flatMap((taskId) => {
      const task = shown(taskId, snapshot);
      return task ? checkTask(operation, task, snapshot) : [];
    }),
  );
}

/** The faults of the run that explain a failure. */
export function findCauses(
  { outcome }: ShownTask,
  { cancellation }: Operation,
  { faults }: Pick<Snapshot, 'faults'>,
): FaultKind[] {
  if (outcome?.kind !== 'failed') return [];
  const { code } = outcome.failure;
  // A task that is to be cancelled gets no further attempt to find out what a lost delegate did.
  const codes: readonly FailureCode[] =
    code === 'outcome-unknown' && cancellation !== 'not asked' ? [code, 'delegate-lost'] : [code];
  return faults.filter((fault) => explains[fault].some((explained) => codes.includes(explained)));
}

function checkTask(operation: Operation, task: ShownTask, snapshot: Snapshot): Violation[] {
  const { marker, kind, cancellation } = operation;
  const { outcome } = task;
  const unexplained = (why: string) => [violation('explained', `${marker}: ${why}`, brief(task))];
  if (!outcome) return [];
  if (kind === 'unservable') return checkUnservable(task, unexplained);
  switch (outcome.kind) {
    case 'succeeded':
      return [];
    case 'cancelled':
      return cancellation === 'not asked' ? unexplained('cancelled, and nobody asked for it') : [];
    case 'expired':
      if (outcome.failure.code === 'no-eligible-delegate' && isUnclaimed({ ...task, state: 'queued' }, operation))
        return [];
      return unexplained('expired, and no fault lasted that long');
    case 'failed':
      if (wasCancelledPartDone(task, operation)) return [];
      if (findCauses(task, operation, snapshot).length === 0)
        return unexplained(`failed with ${outcome.failure.code}, which no fault of the run explains`);
      return isUnknown(task) || usedAllAttempts(task) ? [] : unexplained('failed with attempts left');
  }
}

/** Its caller's cancel alone explains it: some rows or change tasks were written before, and the result tells which. */
function wasCancelledPartDone(task: ShownTask, { cancellation }: Operation): boolean {
  if (!isUnknown(task) || cancellation === 'not asked') return false;
  return task.outcome?.kind === 'failed' && task.outcome.failure.partialResult !== undefined;
}

function checkUnservable({ outcome }: ShownTask, unexplained: (why: string) => Violation[]): Violation[] {
  if (outcome?.kind === 'cancelled') return [];
  return outcome?.kind === 'expired' && outcome.failure.code === 'no-eligible-delegate'
    ? []
    : unexplained('no delegate holds its selector, and it did not expire for that reason');
}

function usedAllAttempts({ type, attempts }: ShownTask): boolean {
  const most = isTaskType(type) ? taskTypes[type].mostAttempts : 0;
  return attempts.filter(({ outcome }) => outcome?.kind === 'failed').length >= most;
}
