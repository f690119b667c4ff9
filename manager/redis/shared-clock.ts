import type { Clock } from '../core/clock.ts';

/**
 * The time of Redis: leases that one manager writes are judged by others, whose own clocks may differ by more than a
 * lease. Timers run by the machine's.
 */
export class SharedClock implements Clock {
  readonly #own: Clock;
  #aheadMs = 0;

  constructor(own: Clock) {
    this.#own = own;
  }

  now(): number {
    return this.#own.now() + this.#aheadMs;
  }

  setTimer(ms: number, callback: () => void): () => void {
    return this.#own.setTimer(ms, callback);
  }

  /** Takes a reading of Redis' clock, which was made between now and `askedAt` on the machine's own. */
  adjust(redisMs: number, askedAt: number): number {
    this.#aheadMs = Math.round(redisMs - (askedAt + this.#own.now()) / 2);
    return this.#aheadMs;
  }

  /** The machine's own time. */
  ownNow(): number {
    return this.#own.now();
  }
}
