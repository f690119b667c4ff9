import type { Clock } from '../../../manager/core/clock.ts';

/** Time that passes when the test says so. */
export class SimulatedClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimer(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  wait(ms: number): Promise<void> | undefined {
    return ms === 0 ? undefined : new Promise((resolve) => this.setTimer(ms, resolve));
  }

  /** Lets everything happen that is due until then, in its order. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await everythingElse();
      let first: { readonly at: number; readonly callback: () => void } | undefined;
      for (const timer of this.#timers) if (timer.at <= until && !(first && first.at <= timer.at)) first = timer;
      if (!first) break;
      this.#timers.delete(first);
      this.#now = Math.max(this.#now, first.at);
      first.callback();
    }
    this.#now = until;
  }
}

/** Resolves when nothing is left to do at this instant. */
function everythingElse(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
