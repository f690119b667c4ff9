/** `changed`: what is there may not go. */
export type Replaced = 'replaced' | 'name-taken' | 'changed' | 'not-found';

/** Small named things that administrators make: secrets, connectors, tokens. */
export interface DocumentStore<T extends { readonly id: string; readonly name: string }> {
  /** Adds it unless its name (any case) is taken. */
  add(document: T): Promise<boolean>;
  /** Replaces it, in one step, if what it is now `mayGo`; its name may change to one that is free. */
  replace(document: T, mayGo?: (current: T) => boolean): Promise<Replaced>;
  /**
   * Changes it from what it is now, in one step: `change` is asked again when somebody else was quicker. It may throw, and
   * answers with the same object when nothing is to be changed. The name stays. Undefined: there is none.
   */
  change(id: string, change: (current: T) => T): Promise<T | undefined>;
  remove(id: string): Promise<boolean>;
  get(id: string): Promise<T | undefined>;
  getByName(name: string): Promise<T | undefined>;
  list(): Promise<T[]>;
}
