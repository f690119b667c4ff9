import type { AttemptEnds } from './attempt-ends.ts';
import { decideLease } from './claim-policy.ts';
import type { Clock } from './clock.ts';
import { lookInBatches } from './in-batches.ts';
import type { TaskStore } from './task-store.ts';
import type { Timing } from './timing.ts';

interface Deps {
  readonly store: TaskStore;
  readonly attemptEnds: AttemptEnds;
  readonly clock: Clock;
  readonly timing: Timing;
}

/** Ends attempts whose delegates are not heard of any more, whichever manager they were at. Any number of managers may. */
export class LeaseWatch {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async sweep(): Promise<void> {
    const { store, clock } = this.#deps;
    await lookInBatches(
      (most) => store.overLease(clock.now(), most),
      (taskId) => this.#look(taskId),
    );
  }

  async #look(taskId: string): Promise<void> {
    const { store, attemptEnds, clock, timing } = this.#deps;
    const record = await store.read(taskId);
    const decision = decideLease(record, clock.now(), timing.settleMs);
    if (!record || decision.kind === 'forget') return store.forget(taskId);
    if (decision.kind === 'lost') await attemptEnds.giveUp(record);
  }
}
