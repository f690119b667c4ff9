/** Time and chance, as arguments: the real ones in app.ts, manual ones in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms`; the returned function takes that back. */
  setTimer(ms: number, callback: () => void): () => void;
}

/** Makes an identifier such as `tsk_1f0c…`; unique among all managers. */
export type NewId = (prefix: string) => string;
