import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

interface Deps {
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** Whether a round makes sense now. */
  readonly isDue: () => boolean;
  readonly sweeps: readonly (() => Promise<void>)[];
}

/** Runs what must be looked at again and again, one round after the other, until it is closed. */
export class Sweeper {
  readonly #deps: Deps;
  #cancelTimer = () => {};
  #closed = false;
  #round: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  start(): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#deps.clock.setTimer(this.#deps.everyMs, () => {
      this.#round = this.#runRound().finally(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#round;
  }

  async #runRound(): Promise<void> {
    if (!this.#deps.isDue()) return;
    for (const sweep of this.#deps.sweeps)
      await sweep().catch((error: unknown) => this.#deps.log.error({ err: error }, 'sweep failed'));
  }
}
