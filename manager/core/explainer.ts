import type { Clock } from './clock.ts';
import type { Demand } from './delegates.ts';
import type { Fleet } from './fleet.ts';
import { routeOf, type TaskRecord } from './task-record.ts';
import type { Timing } from './timing.ts';
import { type Explanation, explain, explainTask } from './why.ts';

/** Tells why a task waits, or how it ended, from what is known of every delegate now. */
export class Explainer {
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #timing: Timing;

  constructor(deps: { fleet: Fleet; clock: Clock; timing: Timing }) {
    this.#fleet = deps.fleet;
    this.#clock = deps.clock;
    this.#timing = deps.timing;
  }

  /** Explains who could take such a task now, and why the others cannot. */
  async explainDemand(demand: Demand): Promise<Explanation> {
    return explain(demand, await this.#fleet.freshCandidates(demand), this.#clock.now());
  }

  /** Explains how a task stands: waiting, with a delegate, or ended. */
  async explainTask(record: TaskRecord): Promise<Explanation> {
    const candidates = await this.#fleet.freshCandidates(routeOf(record.spec));
    return explainTask(record, candidates, this.#clock.now(), this.#timing.settleMs);
  }
}
