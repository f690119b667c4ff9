import { type Change, changeIn, merge } from './changes.ts';
import type { Clock } from './clock.ts';
import { Refusal } from './refusal.ts';
import { type UntilOne, untilOne } from './until-one.ts';
import type { Notice, Notices } from './waiters.ts';

interface Deps {
  readonly notices: Pick<Notices, 'subscribe'>;
  readonly clock: Clock;
  /** How many may follow at once at this manager. */
  readonly most?: number;
}

interface Reader {
  /** What has changed since it was told last. */
  untold: Change | undefined;
  wake(): void;
}

const mostStreams = 1_000;
/** A stream is ended after this: whoever comes back shows a token that is still good. */
const longestMs = 600_000;
/** What changes meanwhile is told together. */
const paceMs = 500;

/**
 * Tells what has changed, at most twice a second to each reader, so that a page knows what to read anew. The readers share
 * one listener to the notices, which is there while somebody reads. A notice may be lost, and nothing is told twice.
 */
export class ChangeFeed {
  readonly #deps: Deps;
  readonly #closing = new AbortController();
  readonly #readers = new Set<Reader>();
  /** The ends of the streams that wait for a change. */
  readonly #waiting = new Set<Promise<void>>();
  #unsubscribe = () => {};

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Ends every stream; those of readers that are slow to take what they were told are not waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#waiting);
  }

  /** Yields undefined at once, then what changes from then on. Throws a Refusal before: too many streams. */
  async *follow(gone: AbortSignal): AsyncGenerator<Change | undefined, void> {
    const { clock, most = mostStreams } = this.#deps;
    if (this.#readers.size >= most) throw tooMany(most);
    const late = new AbortController();
    const cancelLate = clock.setTimer(longestMs, () => late.abort());
    const until = untilOne([gone, this.#closing.signal, late.signal]);
    const reader: Reader = { untold: undefined, wake: () => {} };
    const ended = Promise.withResolvers<void>();
    this.#join(reader);
    try {
      yield undefined;
      for (;;) {
        this.#waiting.add(ended.promise);
        const change = await this.#next(reader, until);
        if (!change) return;
        this.#waiting.delete(ended.promise);
        yield change;
        this.#waiting.add(ended.promise);
        await this.#pause(until);
      }
    } finally {
      cancelLate();
      until.forget();
      this.#leave(reader);
      this.#waiting.delete(ended.promise);
      ended.resolve();
    }
  }

  async #next(reader: Reader, { over, whenOver }: UntilOne): Promise<Change | undefined> {
    if (over.aborted) return undefined;
    if (!reader.untold) {
      const woken = Promise.withResolvers<void>();
      reader.wake = woken.resolve;
      await Promise.race([woken.promise, whenOver]);
    }
    const { untold } = reader;
    reader.untold = undefined;
    return over.aborted ? undefined : untold;
  }

  async #pause({ whenOver }: UntilOne): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.setTimer(paceMs, resolve);
    await Promise.race([promise, whenOver]).finally(cancel);
  }

  #join(reader: Reader): void {
    this.#readers.add(reader);
    if (this.#readers.size === 1) this.#unsubscribe = this.#deps.notices.subscribe((notice) => this.#hear(notice));
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#unsubscribe();
  }

  #hear(notice: Notice): void {
    const change = changeIn(notice);
    if (!change) return;
    for (const reader of this.#readers) {
      reader.untold = merge(reader.untold, change);
      reader.wake();
    }
  }
}

function tooMany(most: number): Refusal {
  return new Refusal(
    'too-many-streams',
    `this manager has ${most} event streams of changes open already`,
    'Read the lists again now and then instead, try again later, or add managers.',
  );
}
