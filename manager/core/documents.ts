/** Small named things that administrators make: secrets, connectors, tokens. */
export interface DocumentStore<T extends { readonly id: string; readonly name: string }> {
  /** Adds it unless its name (any case) is taken. */
  add(document: T): Promise<boolean>;
  /** Replaces it; its name may change to one that is free. */
  replace(document: T): Promise<'replaced' | 'name-taken' | 'not-found'>;
  remove(id: string): Promise<boolean>;
  get(id: string): Promise<T | undefined>;
  getByName(name: string): Promise<T | undefined>;
  list(): Promise<T[]>;
}
