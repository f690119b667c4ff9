import type { Clock } from './clock.ts';
import type { DocumentStore, Replaced } from './documents.ts';
import type { Notices } from './waiters.ts';

interface Document {
  readonly id: string;
  readonly name: string;
}

/** One document, or none, or all of them. */
interface Cached<T> {
  readonly value: Promise<T>;
  readonly until: number;
}

/** How long a change by another manager may go unnoticed when its notice is lost. */
const keptMs = 1_000;

/** Remembers documents for a moment: every request asks for its token and its connector. Changes are told by notices. */
export class DocumentCache<T extends Document> implements DocumentStore<T> {
  readonly #store: DocumentStore<T>;
  readonly #kind: string;
  readonly #notices: Notices;
  readonly #clock: Clock;
  readonly #cached = new Map<string, Cached<unknown>>();

  constructor(deps: { store: DocumentStore<T>; kind: string; notices: Notices; clock: Clock }) {
    this.#store = deps.store;
    this.#kind = deps.kind;
    this.#notices = deps.notices;
    this.#clock = deps.clock;
    deps.notices.subscribe((notice) => {
      if (notice.kind === 'documents-changed' && notice.of === deps.kind) this.#cached.clear();
    });
  }

  async add(document: T): Promise<boolean> {
    return this.#changing(this.#store.add(document));
  }

  async replace(document: T, mayGo?: (current: T) => boolean): Promise<Replaced> {
    return this.#changing(this.#store.replace(document, mayGo));
  }

  async change(id: string, change: (current: T) => T): Promise<T | undefined> {
    return this.#changing(this.#store.change(id, change));
  }

  async remove(id: string): Promise<boolean> {
    return this.#changing(this.#store.remove(id));
  }

  get(id: string): Promise<T | undefined> {
    return this.#recall(`id ${id}`, () => this.#store.get(id));
  }

  getByName(name: string): Promise<T | undefined> {
    return this.#recall(`name ${name}`, () => this.#store.getByName(name));
  }

  list(): Promise<T[]> {
    return this.#recall('list', () => this.#store.list());
  }

  async #changing<R>(change: Promise<R>): Promise<R> {
    try {
      return await change;
    } finally {
      this.#cached.clear();
      this.#notices.publish({ kind: 'documents-changed', of: this.#kind });
    }
  }

  /** A key is always used for the same kind of answer. */
  #recall<A>(key: string, read: () => Promise<A>): Promise<A> {
    const now = this.#clock.now();
    const known = this.#cached.get(key);
    if (known && now < known.until) return known.value as Promise<A>;
    if (this.#cached.size >= mostCached) this.#cached.clear();
    const value = read();
    this.#cached.set(key, { value, until: now + keptMs });
    // What could not be read is asked again at once.
    value.catch(() => this.#cached.delete(key));
    return value;
  }
}

/** Strangers may ask for any number of unknown names. */
const mostCached = 10_000;
