/** Time, as an argument: the real one in main.ts, a manual one in tests. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  monotonicMs(): number;
  /** Calls back once after `ms`; the returned function takes that back. */
  setTimer(ms: number, callback: () => void): () => void;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
