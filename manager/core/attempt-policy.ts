import { type Failure, failure } from '#protocol/failure.ts';
import type { Attempt, AttemptOutcome, Earlier, Outcome } from '#protocol/task.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import { type Check, compileCheck, describeFaults } from '#protocol/validation.ts';
import { attemptOf, isoTime, type TaskRecord } from './task-record.ts';
import { outcomeUnknown, tellOfChanges } from './unsettled.ts';

/** What follows the end of an attempt. */
export type AfterAttempt =
  | { readonly kind: 'finish'; readonly outcome: Outcome }
  | { readonly kind: 'retry'; readonly afterMs: number };

/** Failures by which a delegate declines: nothing was tried, so they do not use up an attempt. */
const declined: ReadonlySet<string> = new Set(['delegate-full', 'delegate-draining', 'lease-lost', 'policy-refused']);

const firstRetryMs = 1_000;
const longestRetryMs = 60_000;
/** Somebody else may be free soon; but one that declines again and again must not be asked every second for a day. */
const longestDeclinedMs = 10_000;

/**
 * Decides whether a task ends with its attempt or is tried again, and when: not before `quietMs` have passed, where the
 * attempt may have had a side effect that is still under way. `earlier`: what it found of the attempts before it.
 */
export function afterAttempt(
  record: TaskRecord,
  outcome: AttemptOutcome,
  now: number,
  quietMs = 0,
  earlier?: Earlier,
): AfterAttempt {
  const next = afterOutcome(record, outcome, now, quietMs);
  if (next.kind === 'retry') return next;
  const partialResult = outcome.kind === 'failed' ? outcome.failure.partialResult : undefined;
  return { kind: 'finish', outcome: tellOfChanges(record, next.outcome, { earlier, partialResult }) };
}

function afterOutcome(record: TaskRecord, outcome: AttemptOutcome, now: number, quietMs: number): AfterAttempt {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'finish', outcome };
    case 'cancelled':
      if (record.cancelReason === undefined && now >= record.spec.deadlineAt)
        return { kind: 'finish', outcome: { kind: 'expired', failure: deadlineOver() } };
      return {
        kind: 'finish',
        outcome: { kind: 'cancelled', reason: record.cancelReason ?? 'the delegate stopped it' },
      };
    case 'failed':
      return afterFailure(record, outcome.failure, now, quietMs);
  }
}

/** The end of an attempt whose delegate was not heard of again. */
export function lostAttempt(record: TaskRecord, now: number): Attempt | undefined {
  const { assignment } = record;
  if (!assignment) return undefined;
  const { delegateName } = assignment;
  return {
    ...attemptOf(assignment),
    ...(taskTypes[record.spec.type].sideEffect ? { sideEffect: true } : {}),
    endedAt: isoTime(now),
    outcome: {
      kind: 'failed',
      failure: failure(
        'delegate-lost',
        `delegate ${delegateName} was given the task and did not report how it ended`,
        'Look at the delegate: it stopped, or its network did. The task is tried again.',
      ),
    },
  };
}

/** What follows the end of an attempt that was lost: whether it changed something is known only by a next attempt. */
export function afterLoss(record: TaskRecord, lost: AttemptOutcome, now: number): AfterAttempt {
  const next = afterAttempt(record, lost, now);
  if (next.kind === 'retry' || lost.kind !== 'failed' || !taskTypes[record.spec.type].sideEffect) return next;
  return unknown(record, lost.failure);
}

function afterFailure(record: TaskRecord, reason: Failure, now: number, quietMs: number): AfterAttempt {
  const mayHaveChanged = quietMs > 0;
  // What may have been changed must be told, whatever else was wanted of the task.
  if (record.cancelReason !== undefined && reason.retry !== 'unknown-outcome' && !mayHaveChanged)
    return { kind: 'finish', outcome: { kind: 'cancelled', reason: record.cancelReason } };
  const failed: AfterAttempt = { kind: 'finish', outcome: { kind: 'failed', failure: reason } };
  if (reason.retry === 'never' || reason.retry === 'unknown-outcome') return failed;
  const end = mayHaveChanged ? unknown(record, reason) : failed;
  if (record.cancelReason !== undefined) return end;
  if (now >= record.spec.deadlineAt)
    return mayHaveChanged ? end : { kind: 'finish', outcome: { kind: 'expired', failure: reason } };
  const failures = countFailures(record) + (declined.has(reason.code) ? 0 : 1);
  if (failures >= taskTypes[record.spec.type].mostAttempts) return end;
  const backoff = declined.has(reason.code)
    ? Math.min(longestDeclinedMs, firstRetryMs * 2 ** countDeclined(record))
    : Math.min(longestRetryMs, firstRetryMs * 2 ** Math.max(0, failures - 1));
  const afterMs = Math.max(backoff, reason.retryAfterMs ?? 0, quietMs);
  return now + afterMs < record.spec.deadlineAt ? { kind: 'retry', afterMs } : end;
}

/** Something may have been changed, and no attempt will find out. */
function unknown(record: TaskRecord, reason: Failure): AfterAttempt {
  const why =
    record.cancelReason === undefined
      ? 'no further attempt is left to find out'
      : 'somebody cancelled the task meanwhile, so that it is not tried again';
  const failed = outcomeUnknown(record, `${reason.message}, and ${why}`, reason);
  return { kind: 'finish', outcome: { kind: 'failed', failure: failed } };
}

function deadlineOver(): Failure {
  return failure(
    'deadline-exceeded',
    'the deadline of the task was over while a delegate had it; the delegate stopped it before it changed anything',
    'Look at the attempts of the task for what took so long.',
  );
}

function countDeclined({ attempts }: TaskRecord): number {
  return attempts.filter(({ outcome }) => outcome?.kind === 'failed' && declined.has(outcome.failure.code)).length;
}

function countFailures(record: TaskRecord): number {
  return record.attempts.filter(({ outcome }) => outcome?.kind === 'failed' && !declined.has(outcome.failure.code))
    .length;
}

const resultChecks = new Map<string, Check<unknown>>(
  Object.entries(taskTypes).map(([type, { result }]) => [type, compileCheck(result)]),
);

/**
 * Whatever a delegate reports is untrusted: a result that does not have its type's form is the delegate's fault, and such
 * a partial one is dropped.
 */
export function checkResult(type: TaskType, outcome: AttemptOutcome): AttemptOutcome {
  if (outcome.kind === 'failed') return { kind: 'failed', failure: withSoundPart(type, outcome.failure) };
  if (outcome.kind === 'cancelled') return outcome;
  const checked = resultChecks.get(type)?.(outcome.result);
  if (!checked || !('faults' in checked)) return outcome;
  return {
    kind: 'failed',
    failure: failure(
      taskTypes[type].sideEffect ? 'outcome-unknown' : 'delegate-fault',
      `the delegate reported success with a malformed result: ${describeFaults(checked.faults)}`,
      'Upgrade the delegate; look at ServiceNow for what it did.',
    ),
  };
}

function withSoundPart(type: TaskType, reported: Failure): Failure {
  const { partialResult, ...rest } = reported;
  const checked = partialResult === undefined ? undefined : resultChecks.get(type)?.(partialResult);
  return checked && 'value' in checked ? reported : rest;
}
