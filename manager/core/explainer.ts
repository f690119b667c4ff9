import type { Clock } from './clock.ts';
import type { Demand } from './delegates.ts';
import type { Fleet } from './fleet.ts';
import { type Route, routeOf, type TaskRecord } from './task-record.ts';
import type { Timing } from './timing.ts';
import { type Explanation, explain, explainTask } from './why.ts';

const mostLately = 1_000;

/** Tells why a task waits, or how it ended, from what is known of every delegate now. */
export class Explainer {
  readonly #fleet: Fleet;
  readonly #clock: Clock;
  readonly #timing: Timing;
  readonly #lately = new Map<string, { readonly explanation: Explanation; readonly until: number }>();

  constructor(deps: { fleet: Fleet; clock: Clock; timing: Timing }) {
    this.#fleet = deps.fleet;
    this.#clock = deps.clock;
    this.#timing = deps.timing;
  }

  /** Explains who could take such a task now, and why the others cannot. */
  async explainDemand(demand: Demand): Promise<Explanation> {
    return explain(demand, await this.#fleet.freshCandidates(demand), this.#clock.now());
  }

  /** The same for one of many tasks that expire: as things were a moment ago, and once for all of one route. */
  explainExpiry(route: Route): Explanation {
    const now = this.#clock.now();
    const known = this.#lately.get(route.id);
    if (known && now < known.until) return known.explanation;
    if (this.#lately.size >= mostLately) this.#lately.clear();
    const explanation = explain(route, this.#fleet.candidates(route), now);
    this.#lately.set(route.id, { explanation, until: now + this.#timing.sweepMs });
    return explanation;
  }

  /** Explains how a task stands: waiting, with a delegate, or ended. */
  async explainTask(record: TaskRecord): Promise<Explanation> {
    const candidates = await this.#fleet.freshCandidates(routeOf(record.spec));
    return explainTask(record, candidates, this.#clock.now(), this.#timing.settleMs);
  }
}
