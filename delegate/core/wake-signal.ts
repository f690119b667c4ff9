/** Why the reconcile loop looks again. A closed list, so that the log has a stable vocabulary and call sites are found by grep. */
export type WakeReason =
  /** A manager answered hello with welcome. */
  | 'welcomed'
  /** The session, or the dial for one, is over. */
  | 'session-ended'
  /** The wait before the next dial is over. */
  | 'redial-due'
  /** close() was called. */
  | 'close-asked'
  /** The manager sent drain. */
  | 'drain-asked'
  /** An assignment ended, or a report was acknowledged. */
  | 'flight-changed'
  /** The drain's bound is over with something still in flight. */
  | 'drain-overdue'
  /** The time for last reports and their acknowledgements is over. */
  | 'leave-overdue';

/** All that a duty gets of the reconcile loop. */
export type Wake = (reason: WakeReason) => void;

/** Wakes one waiting loop. A reason that comes while the loop works is kept, so that none is lost between two waits. */
export class WakeSignal {
  readonly #pending = new Set<WakeReason>();
  #waiting: PromiseWithResolvers<void> | undefined;

  wake(reason: WakeReason): void {
    this.#pending.add(reason);
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Resolves with every reason since the last call, at least one. */
  async next(): Promise<readonly WakeReason[]> {
    if (this.#pending.size === 0) {
      this.#waiting = Promise.withResolvers();
      await this.#waiting.promise;
    }
    const reasons = [...this.#pending];
    this.#pending.clear();
    return reasons;
  }
}
