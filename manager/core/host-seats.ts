/** How long whoever finds no seat stays away: at least, so that it is not asked for all the time, and at most. */
const leastMs = 250;
const mostMs = 300_000;

/** How long a try takes at a host of which nothing is known yet. */
const usualMs = 100;

interface Host {
  /** Since when each seat is taken. */
  readonly taken: Set<{ readonly since: number }>;
  /** How long the last try took that ended. */
  lastMs: number;
  /** Until when those that were sent away come back, one behind the other. */
  spreadUntil: number;
}

/**
 * Lets no target have more than some of the places for tries: one that answers late, or not at all, must not hold up the
 * others. Who finds its target full comes back later, spread over the time that the target seems to need.
 */
export class HostSeats {
  readonly #most: number;
  readonly #hosts = new Map<string, Host>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a seat, to be given back by `leave`; or says when to come back. */
  take(host: string, now: number): { leave: (now: number) => void } | { comeBackMs: number } {
    const known = this.#hosts.get(host) ?? { taken: new Set(), lastMs: usualMs, spreadUntil: 0 };
    this.#hosts.set(host, known);
    if (known.taken.size >= this.#most) return { comeBackMs: sendAway(known, now, this.#most) };
    const seat = { since: now };
    known.taken.add(seat);
    return {
      leave: (then) => {
        known.taken.delete(seat);
        known.lastMs = Math.max(0, then - now);
        if (known.taken.size === 0) this.#hosts.delete(host);
      },
    };
  }
}

function sendAway(host: Host, now: number, seats: number): number {
  const [oldest] = host.taken;
  // One that has not answered yet takes that long at least.
  const eachMs = Math.max(host.lastMs, oldest ? now - oldest.since : 0);
  // Beyond the bound all come back together, and are spread anew.
  host.spreadUntil = Math.min(Math.max(host.spreadUntil, now + leastMs) + eachMs / seats, now + mostMs);
  return Math.round(host.spreadUntil - now);
}
