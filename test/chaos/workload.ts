import { cancel, follow, newOperation, type Operation, submit } from './caller.ts';
import { callerCount, type Plan, type PlannedOperation } from './plan.ts';
import type { World } from './world.ts';

/** Callers that submit tasks through both managers, and follow each to its end. */
export class Workload {
  readonly operations: Operation[] = [];
  readonly #world: World;
  readonly #plan: Plan;
  readonly #untilMs: number;
  readonly #following: Promise<void>[] = [];
  #reserved = 0;

  constructor(world: World, plan: Plan, untilMs: number) {
    this.#world = world;
    this.#plan = plan;
    this.#untilMs = untilMs;
  }

  /** Submits all that is planned: each caller one after the other, several callers at once. */
  async submitAll(): Promise<void> {
    const { operations } = this.#plan;
    const callers = Array.from({ length: callerCount }, (_, caller) =>
      operations.filter((planned) => planned.caller === caller),
    );
    await Promise.all(
      callers.map(async (own) => {
        for (const planned of own) await this.#begin(planned);
      }),
    );
  }

  /** Submits some more, all at once, so that some of it has to queue; false when nothing is left. */
  async submitReserve(): Promise<boolean> {
    const lot = this.#plan.reserve.slice(this.#reserved, this.#reserved + reserveLot);
    this.#reserved += lot.length;
    await Promise.all(lot.map((planned) => this.#begin(planned)));
    return lot.length > 0;
  }

  /** Resolves when every task that was accepted has ended, or the time is over. */
  async ended(): Promise<void> {
    for (let seen = 0; seen < this.#following.length; ) {
      seen = this.#following.length;
      await Promise.all(this.#following);
    }
  }

  async #begin(planned: PlannedOperation): Promise<void> {
    const operation = newOperation(`chaos-${this.#plan.seed}-${this.operations.length + 1}`, planned);
    this.operations.push(operation);
    const taskId = await submit(this.#world, planned, operation, this.#untilMs);
    this.#following.push(this.#accompany(planned, operation, taskId));
  }

  async #accompany(planned: PlannedOperation, operation: Operation, taskId: string | undefined): Promise<void> {
    const { client } = this.#world;
    if (taskId === undefined) return;
    if (planned.isCancelled) await cancel(client, operation, taskId, planned.manager + 1, this.#untilMs);
    const followed = follow(client, operation, taskId, this.#untilMs, planned.manager);
    if (planned.hasKey) await this.#repeat(planned, operation);
    await followed;
    // And again, now that it has ended.
    if (planned.hasKey && planned.repeats > 0) await this.#repeat(planned, operation);
    await follow(client, operation, taskId, this.#untilMs, planned.manager + 1);
  }

  async #repeat(planned: PlannedOperation, operation: Operation): Promise<void> {
    for (let again = 1; again <= planned.repeats; again += 1)
      await submit(this.#world, { ...planned, manager: planned.manager + again }, operation, this.#untilMs);
  }
}

const reserveLot = 6;
