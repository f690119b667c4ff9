import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** Runs what must be looked at again and again, one round after the other, until it is closed. */
export class Sweeper {
  readonly #deps: { clock: Clock; log: Log; everyMs: number; sweeps: readonly (() => Promise<void>)[] };
  #cancelTimer = () => {};
  #closed = false;
  #round: Promise<void> = Promise.resolve();

  constructor(deps: { clock: Clock; log: Log; everyMs: number; sweeps: readonly (() => Promise<void>)[] }) {
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
    for (const sweep of this.#deps.sweeps)
      await sweep().catch((error: unknown) => this.#deps.log.error({ err: error }, 'sweep failed'));
  }
}
