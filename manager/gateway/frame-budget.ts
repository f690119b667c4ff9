import { limits } from '#protocol/limits.ts';

const refillPerSecond = 50;

/** Counts the frames of a session that nothing asked for: `maxUnprovokedFrames` at once, refilled with time. */
export class FrameBudget {
  readonly #now: () => number;
  #left: number = limits.maxUnprovokedFrames;
  #refilledAt: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#refilledAt = now();
  }

  /** False when nothing is left. */
  spend(): boolean {
    const now = this.#now();
    const refill = ((now - this.#refilledAt) / 1_000) * refillPerSecond;
    this.#left = Math.min(limits.maxUnprovokedFrames, this.#left + Math.max(0, refill)) - 1;
    this.#refilledAt = now;
    return this.#left >= 0;
  }
}
