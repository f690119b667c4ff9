import { type Failure, failure } from '#protocol/failure.ts';
import type { Attempt, Outcome } from '#protocol/task.ts';
import { taskTypes } from '#protocol/task-types.ts';
import type { Clock } from './clock.ts';
import type { Explainer } from './explainer.ts';
import type { TaskQueue } from './task-queue.ts';
import { routeOf, type TaskRecord } from './task-record.ts';
import type { FinishResult, Grounds, TaskStore } from './task-store.ts';
import { writeTime } from './time-text.ts';
import { outcomeUnknown, tellOfChanges } from './unsettled.ts';
import type { Notices, Waiters } from './waiters.ts';

interface Deps {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly explainer: Explainer;
  readonly notices: Notices;
  readonly waiters: Waiters;
  readonly clock: Clock;
}

/** Ends tasks: the outcome is in Redis before anyone is told (invariant 1). */
export class TaskEnds {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Ends a task with its attempt; `record` is what this manager knows of it from before, `seenLease` the lease that was
   * over when the attempt counted as lost.
   */
  finish(record: TaskRecord, outcome: Outcome, attempt: Attempt, seenLease?: number): Promise<FinishResult> {
    const lease = seenLease === undefined ? {} : { seenLease };
    return this.#record(record, outcome, { attempt, cancelReason: record.cancelReason, ...lease });
  }

  /**
   * Ends a task that nobody has, if it is still as it was seen, with an outcome that tells what may have been changed; its
   * job is taken out of the queue.
   */
  async finishWaiting(record: TaskRecord, outcome: Outcome): Promise<FinishResult> {
    const result = await this.#record(record, tellOfChanges(record, outcome), { seen: record });
    const { spec, attempt } = record;
    if (result === 'recorded') await this.#deps.queue.discard(routeOf(spec), spec.id, attempt + 1);
    return result;
  }

  /** Ends a task that nobody took in time, or that is over its deadline, with the reason that is true. */
  async expire(record: TaskRecord): Promise<void> {
    // Somebody may take it while this is described: then it has not expired, and is looked at again.
    await this.finishWaiting(record, { kind: 'expired', failure: this.#describeExpiry(record) });
  }

  async #record(record: TaskRecord, outcome: Outcome, grounds: Grounds): Promise<FinishResult> {
    const { store, clock, notices, waiters } = this.#deps;
    const { spec } = record;
    const endedAt = clock.now();
    const result = await store.finish(spec, outcome, endedAt, grounds);
    if (result !== 'recorded') return result;
    const attempts =
      'attempt' in grounds
        ? [...record.attempts.filter(({ attempt }) => attempt !== grounds.attempt.attempt), grounds.attempt]
        : record.attempts;
    waiters.tell(spec.id, { ...record, state: outcome.kind, outcome, endedAt, attempts, assignment: undefined });
    notices.publish({ kind: 'task-ended', taskId: spec.id });
    return result;
  }

  #describeExpiry(record: TaskRecord): Failure {
    if (record.attempt === 0) {
      const { explanation, hold } = this.#deps.explainer.explainExpiry(routeOf(record.spec));
      if (hold?.kind === 'rate-limit')
        return failure(
          'servicenow-rate-limited',
          `the task was not begun in time: the instance is not asked before ${writeTime(hold.untilMs)}: ${hold.because}`,
          'Wait until then and submit it again; a test by hand (ticketgate connector test) is not held back. If it happens often, raise the rate limit of the integration user (sys_rate_limit_rules).',
        );
      const { summary, remedy } = explanation;
      return failure('no-eligible-delegate', `nobody took the task in time: ${summary}`, remedy);
    }
    const last = describeLastAttempt(record);
    if (record.assignment && taskTypes[record.spec.type].sideEffect)
      return outcomeUnknown(
        record,
        `the deadline is over and the delegate that had the task did not report how it ended; ${last}`,
        {},
      );
    return failure(
      'deadline-exceeded',
      `the deadline is over after ${record.attempt} attempt(s); the last: ${last}`,
      'Look at the attempts of the task for what went wrong.',
    );
  }
}

function describeLastAttempt(record: TaskRecord): string {
  const last = record.attempts.at(-1);
  if (!last) return 'none';
  const { outcome, delegateName } = last;
  if (!outcome) return `delegate ${delegateName} had not reported`;
  return outcome.kind === 'failed' ? `delegate ${delegateName}: ${outcome.failure.message}` : outcome.kind;
}
