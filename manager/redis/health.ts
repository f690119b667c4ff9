import type { Redis } from 'ioredis';
import type { NewId } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { RefusedWrite, StoreHealth, StoreState } from '../core/store-health.ts';
import type { Keys } from './keys.ts';
import { readRefusedWrite } from './refused-write.ts';
import type { SharedClock } from './shared-clock.ts';

interface Deps {
  readonly redis: Redis;
  readonly subscriber: Redis;
  readonly keys: Keys;
  readonly clock: SharedClock;
  readonly newId: NewId;
  readonly log: Log;
  /** Called once, when Redis has come back without what was in it. */
  readonly onEmptied: () => void;
  /** Called each time when Redis answers again. */
  readonly onBack: () => void;
}

const pingEveryMs = 1_000;
/** How long a reading of Redis' clock may take, and what difference is worth a line. */
const surelyMs = 500;
const noticedMs = 2_000;
/** A ping that takes longer shows that Redis is away, though its connection may look well. */
const slowMs = 2_000;
/** A connection that has answered nothing for so long is half open, and is opened anew. */
const deadMs = 8_000;

/**
 * Watches both connections by asking, and holds on to a mark that the first manager left in Redis: when it is gone, so is
 * everything else.
 */
export class RedisHealth implements StoreHealth {
  readonly #deps: Deps;
  #state: StoreState = 'up';
  #upSince: number;
  #mark = '';
  #cancelTimer = () => {};
  #closed = false;
  #isOffSaid = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#upSince = deps.clock.now();
  }

  /** Leaves the mark, or takes the one that is there. */
  async start(): Promise<void> {
    const { redis, keys, newId } = this.#deps;
    await redis.set(keys.mark(), newId('mrk'), 'NX');
    this.#mark = (await redis.get(keys.mark())) ?? '';
    await this.#readClock();
    this.#upSince = this.#deps.clock.now();
    this.#plan();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  state(): StoreState {
    return this.#state === 'up' && this.#deps.redis.status !== 'ready' ? 'away' : this.#state;
  }

  upSince(): number {
    return this.state() === 'up' ? this.#upSince : this.#deps.clock.now();
  }

  refusedWrite(error: unknown): RefusedWrite | undefined {
    return readRefusedWrite(error);
  }

  async confirm(): Promise<boolean> {
    const mark = await this.#deps.redis.get(this.#deps.keys.mark());
    if (mark !== this.#mark) this.#move('emptied');
    return mark === this.#mark;
  }

  #plan(): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#deps.clock.setTimer(pingEveryMs, () => {
      this.#look()
        .catch((error: unknown) => this.#deps.log.error({ err: error }, 'redis could not be watched'))
        .finally(() => this.#plan());
    });
  }

  async #look(): Promise<void> {
    const { redis, subscriber, keys } = this.#deps;
    const [mark, heard] = await Promise.all([
      this.#ask(redis, () => redis.get(keys.mark())),
      this.#ask(subscriber, () => subscriber.ping()),
      this.#ask(redis, () => this.#readClock()),
    ]);
    if (this.#closed) return;
    if (mark === noAnswer || heard === noAnswer) return this.#move('away');
    this.#move(mark === this.#mark ? 'up' : 'emptied');
  }

  /** A reading that took long says little, and is left out. */
  async #readClock(): Promise<void> {
    const { redis, clock, log } = this.#deps;
    const askedAt = clock.ownNow();
    const [seconds, microseconds] = await redis.time();
    if (clock.ownNow() - askedAt > surelyMs) return;
    const aheadMs = clock.adjust(Number(seconds) * 1_000 + Number(microseconds) / 1_000, askedAt);
    if (Math.abs(aheadMs) > noticedMs && !this.#isOffSaid)
      log.warn({ aheadMs }, 'clock of this machine differs from that of redis');
    this.#isOffSaid = Math.abs(aheadMs) > noticedMs;
  }

  /** Answers within `slowMs` or says so; what was asked goes on until the connection counts as dead. */
  async #ask<T>(connection: Redis, question: () => Promise<T>): Promise<T | typeof noAnswer> {
    const { clock, log } = this.#deps;
    // A connection that is down keeps trying by itself; to ask it would only queue up questions.
    if (connection.status !== 'ready') return noAnswer;
    const slow = Promise.withResolvers<typeof noAnswer>();
    const cancelSlow = clock.setTimer(slowMs, () => slow.resolve(noAnswer));
    const cancelDead = clock.setTimer(deadMs, () => {
      log.warn({}, 'redis connection answers nothing and is opened anew');
      connection.disconnect(true);
    });
    const answer: Promise<T | typeof noAnswer> = question().finally(cancelDead);
    return Promise.race([answer.catch((): typeof noAnswer => noAnswer), slow.promise]).finally(cancelSlow);
  }

  #move(state: StoreState): void {
    const { clock, log, onEmptied, onBack } = this.#deps;
    const before = this.#state;
    // Nothing but a restart goes on from there: somebody must decide whether to restore what was lost.
    if (before === state || before === 'emptied') return;
    this.#state = state;
    switch (state) {
      case 'up':
        this.#upSince = clock.now();
        log.info({}, 'redis answers again');
        return onBack();
      case 'away':
        return log.warn({}, 'redis does not answer');
      case 'emptied':
        log.error(
          { remedy: 'Restore Redis from its files or a backup, or restart the managers to begin with nothing.' },
          'redis has lost everything that was in it: no work is taken',
        );
        return onEmptied();
    }
  }
}

const noAnswer: unique symbol = Symbol('no answer');
