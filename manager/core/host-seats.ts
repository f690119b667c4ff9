/** How long a host that is full is let alone at least, and how long a delivery waits for it at most. */
const leastMs = 1_000;
const mostMs = 300_000;

interface Host {
  taken: number;
  /** Until when those that were sent away come back, one behind the other. */
  spreadUntil: number;
}

/**
 * Lets no target have more than some of the places for tries: one that answers late, or not at all, must not hold up the
 * others. Who finds its target full comes back later, spread over the time that the target needs for those before.
 */
export class HostSeats {
  readonly #most: number;
  readonly #longestMs: number;
  readonly #hosts = new Map<string, Host>();

  /** `longestMs`: how long one seat is taken at the longest. */
  constructor(most: number, longestMs: number) {
    this.#most = most;
    this.#longestMs = longestMs;
  }

  /** Takes a seat, to be given back by `leave`; or says when to come back. */
  take(host: string, now: number): { leave: () => void } | { comeBackMs: number } {
    const known = this.#hosts.get(host) ?? { taken: 0, spreadUntil: 0 };
    this.#hosts.set(host, known);
    if (known.taken >= this.#most) {
      known.spreadUntil = Math.max(known.spreadUntil, now + leastMs) + this.#longestMs / this.#most;
      // Beyond the bound all come back together, and are spread anew.
      known.spreadUntil = Math.min(known.spreadUntil, now + mostMs);
      return { comeBackMs: Math.round(known.spreadUntil - now) };
    }
    known.taken += 1;
    return {
      leave: () => {
        known.taken -= 1;
        if (known.taken === 0) this.#hosts.delete(host);
      },
    };
  }
}
