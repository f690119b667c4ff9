import type { Clock } from './clock.ts';
import { lookInBatches } from './in-batches.ts';
import type { TaskEnds } from './task-ends.ts';
import type { TaskQueue } from './task-queue.ts';
import { routeOf } from './task-record.ts';
import type { TaskStore } from './task-store.ts';

interface Deps {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly ends: TaskEnds;
  readonly clock: Clock;
}

const lookedAgainMs = 60_000;

/**
 * Ends waiting tasks whose limits are over, whichever manager accepted them, and sees to it that those that wait for
 * another attempt are in their queue. A task that a delegate has ends by the delegate's own clock, or with its lease.
 */
export class TaskExpiry {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async sweep(): Promise<void> {
    const { store, clock } = this.#deps;
    await lookInBatches(
      (most) => store.overLimit(clock.now(), most),
      (taskId) => this.#look(taskId),
    );
  }

  async #look(taskId: string): Promise<void> {
    const { store, queue, ends, clock } = this.#deps;
    const now = clock.now();
    const record = await store.read(taskId);
    if (!record || record.outcome || record.assignment) return store.forget(taskId);
    const { spec, attempt } = record;
    if (attempt === 0 && now >= spec.pickUpBy) return ends.expire(record);
    if (now >= spec.deadlineAt) return ends.expire(record);
    // Whoever ended its last attempt may have died before it added the job of the next one.
    if (attempt > 0) await queue.enqueue(routeOf(spec), taskId, attempt + 1, record.notBefore);
    return store.remindAt(taskId, attempt > 0 ? Math.min(spec.deadlineAt, now + lookedAgainMs) : spec.pickUpBy);
  }
}
