/** Whether Redis can be relied on at this moment. */
export type StoreState =
  /** It answers, and holds what this manager left in it. */
  | 'up'
  /** It does not answer. Everything waits; nothing is lost. */
  | 'away'
  /** It answers and has lost what was in it: going on would pretend that nothing was ever accepted. */
  | 'emptied';

/** Why Redis answers and does not write. */
export type RefusedWrite = 'memory-full' | 'replica' | 'disk-failing' | 'replicas-missing';

export interface StoreHealth {
  state(): StoreState;
  /** Asks Redis now whether it still holds what this manager left in it: before something is believed to be gone. */
  confirm(): Promise<boolean>;
  /** Since when it has been up, in milliseconds since the epoch; now, while it is not. */
  upSince(): number;
  /** Tells why Redis refused to write, if that is what an error is about. */
  refusedWrite(error: unknown): RefusedWrite | undefined;
}
