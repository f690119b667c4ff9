import type { Redis } from 'ioredis';
import type { Notice, Notices } from '../core/waiters.ts';
import type { Keys } from './keys.ts';

/** How long a manager that was alone takes that for granted: within it, others find by their polls what it did not say. */
const lonelyMs = 500;

/** Notices over Redis pub/sub: one channel, one subscribed connection a manager. Local listeners hear at once. */
export class RedisNotices implements Notices {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #channel: string;
  readonly #managerId: string;
  readonly #listeners = new Set<(notice: Notice) => void>();
  readonly #onFault: (error: unknown) => void;
  /** Sent together at the end of the turn. */
  #unsent: Notice[] = [];
  readonly #ownBeginning: string;
  /** Whether nobody but this manager heard the last message. */
  #isAlone = false;
  #lonelyUntil = 0;
  /** Before, it is not among those that hear. */
  #isStarted = false;

  constructor(publisher: Redis, subscriber: Redis, keys: Keys, managerId: string, onFault: (error: unknown) => void) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#channel = keys.notices();
    this.#managerId = managerId;
    this.#ownBeginning = JSON.stringify({ from: managerId }).slice(0, -1);
    this.#onFault = onFault;
  }

  async start(): Promise<void> {
    this.#subscriber.on('message', (_channel: string, text: string) => {
      // What this manager sent itself, it has told already.
      if (text.startsWith(this.#ownBeginning)) return;
      this.#isAlone = false;
      try {
        const { notices } = JSON.parse(text) as { from: string; notices: readonly Notice[] };
        for (const notice of notices) this.#tell(notice);
      } catch (error) {
        // Not ours: whoever can write to this Redis can publish here.
        this.#onFault(error);
      }
    });
    await this.#subscriber.subscribe(this.#channel);
    this.#isStarted = true;
    // Whoever took itself for alone hears that it is not, and speaks again.
    this.publish({ kind: 'fleet-changed' });
  }

  publish(notice: Notice): void {
    this.#tell(notice);
    if (this.#unsent.push(notice) === 1) setImmediate(() => this.#flush());
  }

  subscribe(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A manager that is alone need not speak: it listens now and then whether it still is. */
  #flush(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    if (this.#isAlone && performance.now() < this.#lonelyUntil) return;
    this.#lonelyUntil = performance.now() + lonelyMs;
    const isStarted = this.#isStarted;
    this.#publisher.publish(this.#channel, JSON.stringify({ from: this.#managerId, notices: unsent })).then((heard) => {
      this.#isAlone = isStarted && heard <= 1;
    }, this.#onFault);
  }

  #tell(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }
}
