import type { AttemptOutcome, Earlier } from '#protocol/task.ts';
import { taskTypes } from '#protocol/task-types.ts';
import { afterAttempt, afterLoss, lostAttempt } from './attempt-policy.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { TaskEnds } from './task-ends.ts';
import type { TaskQueue } from './task-queue.ts';
import { attemptOf, isoTime, routeOf, type TaskRecord } from './task-record.ts';
import type { TaskStore } from './task-store.ts';
import type { Timing } from './timing.ts';

interface Deps {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly ends: TaskEnds;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly outcome: AttemptOutcome;
  readonly notes: readonly string[];
  /** Whether it may have changed something at ServiceNow, where a request of it may still be under way. */
  readonly sideEffect: boolean;
  readonly earlier?: Earlier | undefined;
}

/** Ends attempts: with each, the task ends too or waits for the next one. */
export class AttemptEnds {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Records how an attempt ended, and what follows. `superseded` when the task had ended or gone to a newer attempt; the attempt's end is kept all the same.
   */
  async end(record: TaskRecord, attempt: number, end: AttemptEnd): Promise<'recorded' | 'superseded'> {
    const { store, queue, ends, clock, log, timing } = this.#deps;
    const { outcome, notes, sideEffect, earlier } = end;
    const { spec } = record;
    const now = clock.now();
    const begun = record.attempts.find((each) => each.attempt === attempt);
    if (!begun) return 'superseded';
    const ended = {
      ...begun,
      endedAt: isoTime(now),
      outcome,
      ...(notes.length > 0 ? { notes: [...notes] } : {}),
      ...(sideEffect ? { sideEffect } : {}),
      ...(earlier === undefined ? {} : { earlier }),
    };
    const next = afterAttempt(record, outcome, now, sideEffect ? timing.settleMs : 0, earlier);
    const result =
      next.kind === 'finish'
        ? await ends.finish(record, next.outcome, ended)
        : await store.requeue(spec, now + next.afterMs, { attempt: ended, cancelReason: record.cancelReason });
    if (result === 'cancel-asked') {
      const newer = await store.read(spec.id);
      return newer ? this.end(newer, attempt, end) : 'superseded';
    }
    if (result === 'requeued')
      await queue.enqueue(routeOf(spec), spec.id, attempt + 1, now + (next.kind === 'retry' ? next.afterMs : 0));
    const recorded = result === 'recorded' || result === 'requeued';
    // What changed nothing and went well is not worth a line of its own.
    const isQuiet = outcome.kind === 'succeeded' && !taskTypes[spec.type].sideEffect;
    log[isQuiet ? 'debug' : 'info'](
      { taskId: spec.id, attempt, delegateId: begun.delegateId, outcome: outcome.kind, next: next.kind, recorded },
      'attempt ended',
    );
    return recorded ? 'recorded' : 'superseded';
  }

  /** Ends the attempt of a delegate that can no longer have it, unless the record has changed meanwhile. */
  async giveUp(record: TaskRecord): Promise<void> {
    const { store, queue, ends, clock, log } = this.#deps;
    const { spec, assignment } = record;
    const now = clock.now();
    const attempt = lostAttempt(record, now);
    if (!attempt?.outcome || !assignment) return;
    log.warn({ taskId: spec.id, ...attemptOf(assignment) }, 'attempt is lost');
    if (now >= spec.deadlineAt) return ends.expire(record);
    const next = afterLoss(record, attempt.outcome, now);
    const seenLease = assignment.leaseUntil;
    if (next.kind === 'finish') {
      await ends.finish(record, next.outcome, attempt, seenLease);
      return;
    }
    // Its delegate can have it no longer: the wait is over already.
    if ((await store.requeue(spec, now, { attempt, cancelReason: record.cancelReason, seenLease })) === 'requeued')
      await queue.enqueue(routeOf(spec), spec.id, attempt.attempt + 1, now);
  }
}
