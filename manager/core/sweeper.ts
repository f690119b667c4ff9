import { taskTypes } from '#protocol/task-types.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { TaskStore } from './task-store.ts';
import type { Tasks } from './tasks.ts';
import type { Timing } from './timing.ts';

const batch = 200;

/** Ends tasks whose limits are over, whichever manager accepted them. Any number of sweepers may run. */
export class Sweeper {
  readonly #deps: { store: TaskStore; tasks: Tasks; clock: Clock; log: Log; timing: Timing };
  #cancelTimer = () => {};
  #closed = false;
  #sweep: Promise<void> = Promise.resolve();

  constructor(deps: { store: TaskStore; tasks: Tasks; clock: Clock; log: Log; timing: Timing }) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#deps.clock.setTimer(this.#deps.timing.sweepMs, () => {
      this.#sweep = this.sweep()
        .catch((error: unknown) => this.#deps.log.error({ err: error }, 'sweep failed'))
        .finally(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#sweep;
  }

  async sweep(): Promise<void> {
    const { store, clock } = this.#deps;
    for (const taskId of await store.due(clock.now(), batch)) await this.#look(taskId);
  }

  async #look(taskId: string): Promise<void> {
    const { store, tasks, clock, timing } = this.#deps;
    const now = clock.now();
    const record = await store.read(taskId);
    if (!record || record.outcome) return store.forgetReminder(taskId);
    const { spec, assignment, attempt } = record;
    if (attempt === 0 && now >= spec.pickUpBy) return tasks.expire(record);
    if (now < spec.deadlineAt) return store.remindAt(taskId, spec.deadlineAt);
    if (!assignment) return tasks.expire(record);
    // A delegate may still have it and report what is true: it is told to stop, and waited for as long as it could.
    const until = assignment.leaseUntil + (taskTypes[spec.type].sideEffect ? timing.settleMs : 0);
    if (now >= until) return tasks.expire(record);
    if (record.cancelReason === undefined) await tasks.cancel(taskId, 'the deadline of the task is over');
    return store.remindAt(taskId, Math.min(until, now + timing.leaseMs));
  }
}
