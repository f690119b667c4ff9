/** What of a reading decides when the next one is due. */
export interface Pace {
  readonly intervalMs: number;
  /** When the ticket, or whom it waits for, was last seen to differ from the reading before. */
  readonly changedAt: number | undefined;
  /** Approved, and the change window opens then. */
  readonly opensAt: number | undefined;
  /** The changes of the group's tickets are asked for, and all that the rules read shows there. */
  readonly isFollowed: boolean;
}

/** Whoever has just acted on a ticket, or its workflow, is likely to act again: so long it is read more often. */
const busyMs = 60_000;
const busyIntervalMs = 10_000;
/** A change that the instance never told of is found by this at the latest. */
export const fullCheckMs = 600_000;

/**
 * Tells when a ticket is to be read next: never later than the gate's own interval, unless its changes are followed; more
 * often while something moves; and exactly when its change window opens.
 */
export function nextReadingAt({ intervalMs, changedAt, opensAt, isFollowed }: Pace, now: number): number {
  const isBusy = changedAt !== undefined && now - changedAt < busyMs;
  const usual = isBusy
    ? Math.min(intervalMs, busyIntervalMs)
    : isFollowed
      ? Math.max(intervalMs, fullCheckMs)
      : intervalMs;
  return opensAt === undefined ? now + usual : Math.min(now + usual, Math.max(opensAt, now + 1));
}
