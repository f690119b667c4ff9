import { type FaultKind, provokedInstant } from './cells.ts';
import { type InjectedFault, inject } from './faults.ts';
import type { PlannedFault } from './plan.ts';
import type { Sighting, Verdict } from './trip-wires.ts';
import { type Way, waysTo } from './ways.ts';
import type { World } from './world.ts';

interface Pending {
  readonly planned: PlannedFault;
  readonly disarm: (() => void)[];
}

/** The faults of one run: each waits for its instant, is done there, and is over some time later. */
export class FaultScript {
  readonly injected: InjectedFault[] = [];
  /** Faults beside the planned ones, which only bring about an instant. */
  readonly provoked: FaultKind[] = [];
  readonly #world: World;
  readonly #startedMs = performance.now();
  readonly #pending = new Set<Pending>();
  readonly #over: Promise<void>[] = [];
  readonly #met = Promise.withResolvers<void>();

  constructor(world: World, faults: readonly PlannedFault[]) {
    this.#world = world;
    for (const planned of faults) {
      const pending: Pending = { planned, disarm: [] };
      this.#pending.add(pending);
      const ways = waysTo(planned.instant, world.types);
      const skip = planned.instant === provokedInstant ? 0 : planned.skip;
      this.#arm(pending, ways[Math.floor(planned.way * ways.length)] ?? ways[0], skip);
    }
    if (faults.length === 0) this.#met.resolve();
  }

  /** Has a request fail where an attempt that fails is awaited. */
  async provoke(): Promise<void> {
    if (![...this.#pending].some(({ planned }) => planned.instant === provokedInstant)) return;
    // Unlike other failures it leaves nothing to look for, so that the attempt ends at once.
    await this.#world.simulator.setFault({ mode: 'rate-limited', method: 'POST', remaining: 2, retryAfterSeconds: 1 });
    this.provoked.push('servicenow-rate-limited');
  }

  /** Whether an instant was not met yet. */
  get isPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Resolves when every instant was met. */
  get met(): Promise<void> {
    return this.#met.promise;
  }

  /** The way that was chosen does not come up: any other to the same instant will do. */
  async widen(): Promise<void> {
    await this.provoke();
    for (const pending of this.#pending) {
      if (pending.disarm.length > 1) continue;
      for (const way of waysTo(pending.planned.instant, this.#world.types)) this.#arm(pending, way, 0);
    }
  }

  /** Resolves when the faults that have happened are over. */
  async lull(): Promise<void> {
    for (let seen = 0; seen < this.#over.length; ) {
      seen = this.#over.length;
      await Promise.all(this.#over);
    }
  }

  /** Takes the wires away; resolves when everything is as it was before. */
  async over(): Promise<void> {
    for (const pending of this.#pending) this.#settle(pending);
    await this.lull();
    await this.#world.simulator.setFault({ mode: 'none' });
  }

  #arm(pending: Pending, way: Way, skip: number): void {
    const { planned } = pending;
    // ServiceNow's own faults strike requests that it has not received yet.
    const when = planned.fault.startsWith('servicenow-') && way.when === 'after' ? 'before' : way.when;
    const spring = (sighting: Sighting) => this.#spring(pending, sighting, `${when} ${way.name}`);
    pending.disarm.push(this.#world.wires.arm({ ...way, when, skip, spring }));
  }

  async #spring(pending: Pending, sighting: Sighting, way: string): Promise<Verdict> {
    // Another way to the same instant was faster.
    if (!this.#pending.has(pending)) return 'forward';
    this.#settle(pending);
    const { planned } = pending;
    const atMs = Math.round(performance.now() - this.#startedMs);
    const injecting = inject(this.#world, planned, sighting);
    // At once: whoever asks meanwhile whether all faults are over must wait for this one.
    this.#over.push(injecting.then((injection) => injection?.over));
    const injection = await injecting;
    if (this.#pending.size === 0) this.#met.resolve();
    if (!injection) return 'forward';
    const { instant, fault } = planned;
    const { target, detail, verdict } = injection;
    this.injected.push({
      instant,
      fault,
      target,
      atMs,
      detail: `${way} on ${sighting.dialler} → ${sighting.dialled}${detail === '' ? '' : `; ${detail}`}`,
    });
    return verdict;
  }

  #settle(pending: Pending): void {
    this.#pending.delete(pending);
    for (const disarm of pending.disarm) disarm();
  }
}
