import { taskTypes } from '#protocol/task-types.ts';
import type { Clock } from './clock.ts';
import type { TaskStore } from './task-store.ts';
import type { Tasks } from './tasks.ts';
import type { Timing } from './timing.ts';
import type { Notices } from './waiters.ts';

interface Deps {
  readonly store: TaskStore;
  readonly tasks: Tasks;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly timing: Timing;
}

const batch = 200;

/** Ends tasks whose limits are over, whichever manager accepted them. Any number of managers may sweep. */
export class TaskExpiry {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async sweep(): Promise<void> {
    const { store, clock } = this.#deps;
    for (const taskId of await store.due(clock.now(), batch)) await this.#look(taskId);
  }

  async #look(taskId: string): Promise<void> {
    const { store, tasks, notices, clock, timing } = this.#deps;
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
    notices.publish({ kind: 'task-cancel-requested', taskId, reason: 'the deadline of the task is over' });
    return store.remindAt(taskId, Math.min(until, now + timing.leaseMs));
  }
}
