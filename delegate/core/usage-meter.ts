import type { Usage } from '#protocol/messages.ts';

/** Counts what one attempt asks of its instance, for the report. */
export class UsageMeter {
  #requests = 0;
  #rateLimit: Usage['rateLimit'];

  /** Counts a request that was sent, whatever came back. */
  count(): void {
    this.#requests += 1;
  }

  /** Keeps what an answer said of the rate limit; the last one counts. */
  learn(rateLimit: NonNullable<Usage['rateLimit']>): void {
    this.#rateLimit = rateLimit;
  }

  /** What was counted; undefined for an attempt that asked nothing. */
  read(): Usage | undefined {
    if (this.#requests === 0) return undefined;
    const requests = Math.min(this.#requests, 1_000_000);
    return this.#rateLimit === undefined ? { requests } : { requests, rateLimit: this.#rateLimit };
  }
}
