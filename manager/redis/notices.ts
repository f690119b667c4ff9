import type { Redis } from 'ioredis';
import type { Notice, Notices } from '../core/waiters.ts';
import type { Keys } from './keys.ts';

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

  constructor(publisher: Redis, subscriber: Redis, keys: Keys, managerId: string, onFault: (error: unknown) => void) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#channel = keys.notices();
    this.#managerId = managerId;
    this.#onFault = onFault;
  }

  async start(): Promise<void> {
    this.#subscriber.on('message', (_channel: string, text: string) => {
      try {
        const { from, notices } = JSON.parse(text) as { from: string; notices: readonly Notice[] };
        if (from !== this.#managerId) for (const notice of notices) this.#tell(notice);
      } catch (error) {
        // Not ours: whoever can write to this Redis can publish here.
        this.#onFault(error);
      }
    });
    await this.#subscriber.subscribe(this.#channel);
  }

  publish(notice: Notice): void {
    this.#tell(notice);
    if (this.#unsent.push(notice) === 1) setImmediate(() => this.#flush());
  }

  subscribe(listener: (notice: Notice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #flush(): void {
    const text = JSON.stringify({ from: this.#managerId, notices: this.#unsent });
    this.#unsent = [];
    this.#publisher.publish(this.#channel, text).catch(this.#onFault);
  }

  #tell(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }
}
