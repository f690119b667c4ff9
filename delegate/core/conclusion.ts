import { type Failure, failure } from '#protocol/failure.ts';
import type { AttemptOutcome, Earlier } from '#protocol/task.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import type { HandlerResult } from './handler.ts';

/** Why a running attempt was told to begin no further request. */
export type StopReason =
  /** Its time to run is over. */
  | 'timed-out'
  /** The manager sent task.cancel. */
  | 'cancelled'
  /** The manager gave this delegate a newer attempt of the same task. */
  | 'superseded'
  /** The delegate leaves and the drain's bound is over. */
  | 'draining';

/** What is reported of an attempt. */
export interface Conclusion {
  readonly outcome: AttemptOutcome;
  readonly sideEffect: boolean;
  readonly earlier?: Earlier | undefined;
}

type Failed = Extract<HandlerResult<TaskType>, { kind: 'failed' }>;

/**
 * Decides what is true of an attempt whose handler ended. What a handler says of a side effect is never overruled, save
 * that a time-out makes it an unknown outcome (PROTOCOL.md 5.7). Without a side effect, a failure that a stopped handler
 * ended with is most likely the stop itself, seen from inside; only one that no repetition could mend is kept.
 */
export function concludeResult(result: HandlerResult<TaskType>, stop: StopReason | undefined): Conclusion {
  const { sideEffect } = result;
  if (result.kind === 'succeeded') return { outcome: { kind: 'succeeded', result: result.result }, sideEffect };
  return { ...concludeFailed(result, stop), ...(result.earlier && { earlier: result.earlier }) };
}

function concludeFailed(result: Failed, stop: StopReason | undefined): Conclusion {
  const { sideEffect } = result;
  const asFailed = failed(result.failure, sideEffect);
  if (stop === undefined) return asFailed;
  const { message, partialResult, retry } = result.failure;
  if (sideEffect) {
    if (stop !== 'timed-out' || retry === 'never' || retry === 'unknown-outcome') return asFailed;
    const unknown = unknownOutcome(`${stopped[stop]} ${message}`);
    return failed(partialResult === undefined ? unknown : { ...unknown, partialResult }, true);
  }
  if (stop === 'cancelled') return concludeStopped(stop);
  return retry === 'never' ? asFailed : concludeStopped(stop);
}

/** Decides what is true of an attempt that was stopped and whose handler did not say how it ended. */
export function concludeUnsettled(taskType: TaskType, stop: StopReason): Conclusion {
  if (taskTypes[taskType].sideEffect) return failed(unknownOutcome(stopped[stop]), true);
  return concludeStopped(stop);
}

/** Decides what is true of an attempt whose handler threw: a bug, at a point that nobody knows. */
export function concludeThrown(taskType: TaskType, reason: Failure): Conclusion {
  return failed(reason, taskTypes[taskType].sideEffect);
}

const stopped: Record<StopReason, string> = {
  'timed-out': 'The time to run was over.',
  cancelled: 'The task was cancelled.',
  superseded: 'A newer attempt of this task was given out.',
  draining: 'The delegate shut down.',
};

/** Nothing was changed, so the stop is all that there is to say. */
function concludeStopped(stop: StopReason): Conclusion {
  switch (stop) {
    case 'cancelled':
      return { outcome: { kind: 'cancelled' }, sideEffect: false };
    case 'timed-out': {
      const remedy = 'Submit the task again; if ServiceNow is slow, give it a longer time to run.';
      return failed(failure('task-timeout', `${stopped[stop]} Nothing was changed.`, remedy), false);
    }
    case 'superseded': {
      const remedy = 'Nothing to do: the newer attempt tells how the task ends.';
      return failed(failure('lease-lost', `${stopped[stop]} Nothing was changed.`, remedy), false);
    }
    case 'draining': {
      const remedy = 'Nothing to do: another delegate takes the task. A longer drain time-out lets such tasks end.';
      return failed(failure('delegate-draining', `${stopped[stop]} Nothing was changed.`, remedy), false);
    }
  }
}

function unknownOutcome(message: string): Failure {
  const remedy = 'Look at the ticket in ServiceNow, by its correlation id, before you submit this again.';
  return failure('outcome-unknown', message, remedy);
}

function failed(reason: Failure, sideEffect: boolean): Conclusion {
  return { outcome: { kind: 'failed', failure: reason }, sideEffect };
}
