import type { Clock } from './clock.ts';
import type { Fleet } from './fleet.ts';
import type { InstanceBudget } from './instance-budget.ts';
import type { Hold } from './instance-load.ts';
import { type Route, routeOf, type TaskRecord } from './task-record.ts';
import type { Timing } from './timing.ts';
import { type Explanation, explain, explainTask } from './why.ts';

const mostLately = 1_000;

/** Why nobody took a task in time; `hold` when a delegate could have taken it, and was not to. */
export interface ExpiryReason {
  readonly explanation: Explanation;
  readonly hold: Hold | undefined;
}

/** Tells why a task waits, or how it ended, from what is known of every delegate now. */
export class Explainer {
  readonly #fleet: Fleet;
  readonly #budget: InstanceBudget;
  readonly #clock: Clock;
  readonly #timing: Timing;
  readonly #lately = new Map<string, ExpiryReason & { readonly until: number }>();

  constructor(deps: { fleet: Fleet; budget: InstanceBudget; clock: Clock; timing: Timing }) {
    this.#fleet = deps.fleet;
    this.#budget = deps.budget;
    this.#clock = deps.clock;
    this.#timing = deps.timing;
  }

  /** Explains who could take such a task now, and why the others cannot. */
  async explainDemand(route: Route): Promise<Explanation> {
    const candidates = await this.#fleet.freshCandidates(route);
    return explain(route, candidates, this.#clock.now(), this.#budget.holdFor(route));
  }

  /** The same for one of many tasks that expire: as things were a moment ago, and once for all of one route. */
  explainExpiry(route: Route): ExpiryReason {
    const now = this.#clock.now();
    const known = this.#lately.get(route.id);
    if (known && now < known.until) return known;
    if (this.#lately.size >= mostLately) this.#lately.clear();
    const holding = this.#budget.holdFor(route);
    const explanation = explain(route, this.#fleet.candidates(route), now, holding);
    const isEligible = explanation.delegates.some(({ verdict }) => verdict.kind === 'eligible');
    const reason = { explanation, hold: isEligible ? holding : undefined };
    this.#lately.set(route.id, { ...reason, until: now + this.#timing.sweepMs });
    return reason;
  }

  /** Explains how a task stands: waiting, with a delegate, or ended. */
  async explainTask(record: TaskRecord): Promise<Explanation> {
    const route = routeOf(record.spec);
    const candidates = await this.#fleet.freshCandidates(route);
    const hold = this.#budget.holdFor(route);
    return explainTask(record, candidates, this.#clock.now(), this.#timing.settleMs, hold);
  }
}
