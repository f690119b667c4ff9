import type { Clock } from './clock.ts';
import { Refusal } from './refusal.ts';
import { untilOne } from './until-one.ts';
import type { Waiters } from './waiters.ts';

/** Something as it is now. The same id is the same content: who has it need not be told again. */
export interface Change<View> {
  readonly id: string;
  readonly view: View;
}

interface Deps<Read, View> {
  /** Reads what whoever wakes the waiters may also tell them. */
  readonly read: (id: string) => Promise<Read>;
  readonly view: (read: Read) => View;
  /** Whether it will never change again. */
  readonly isOver: (view: View) => boolean;
  /** Such as `approval`. */
  readonly what: string;
  readonly waiters: Pick<Waiters, 'wait'>;
  readonly clock: Clock;
  readonly hash: (text: string) => string;
  /** How many may follow at once at this manager. */
  readonly most?: number;
}

const mostStreams = 1_000;

/** A stream is ended after this: whoever comes back shows a token that is still good. */
const longestMs = 3_600_000;

/**
 * Tells every change of one of a kind, an approval or a task, until it has ended. Woken by notices, with the waiters' poll
 * beside them.
 */
export class Following<Read, View> {
  readonly #deps: Deps<Read, View>;
  readonly #closing = new AbortController();
  /** The ends of the streams that wait for a change. */
  readonly #waiting = new Set<Promise<void>>();
  #open = 0;

  constructor(deps: Deps<Read, View>) {
    this.#deps = deps;
  }

  /** Ends every stream; those of readers that are slow to take what they were told are not waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#waiting);
  }

  /**
   * Yields at once what it is, or undefined when that is what was `seen` last; then each change, the last with the end.
   * Nothing at all when the end was seen. Throws Refusals before it yields: there is no such thing, too many streams.
   */
  async *follow(
    id: string,
    seen: string | undefined,
    gone: AbortSignal,
  ): AsyncGenerator<Change<View> | undefined, void> {
    const { read, isOver, what, waiters, clock, most = mostStreams } = this.#deps;
    if (this.#open >= most) throw tooMany(most, what);
    this.#open += 1;
    const ended = Promise.withResolvers<void>();
    const { over, whenOver, forget } = untilOne([gone, this.#closing.signal]);
    try {
      const until = clock.now() + longestMs;
      let change = this.#changeTo(await read(id));
      let last = seen;
      if (change.id === last && !isOver(change.view)) yield undefined;
      for (;;) {
        if (change.id !== last) yield change;
        last = change.id;
        const leftMs = until - clock.now();
        if (isOver(change.view) || over.aborted || leftMs <= 0) return;
        this.#waiting.add(ended.promise);
        const isNew = (now: Read) => this.#changeTo(now).id !== last;
        const changed = waiters.wait(id, () => read(id), isNew, leftMs, over);
        const next = await Promise.race([changed, whenOver]);
        if (next === undefined) return;
        this.#waiting.delete(ended.promise);
        change = this.#changeTo(next);
      }
    } finally {
      forget();
      this.#open -= 1;
      this.#waiting.delete(ended.promise);
      ended.resolve();
    }
  }

  #changeTo(now: Read): Change<View> {
    const view = this.#deps.view(now);
    return { id: this.#deps.hash(JSON.stringify(view)).slice(0, 16), view };
  }
}

function tooMany(most: number, what: string): Refusal {
  return new Refusal(
    'too-many-streams',
    `this manager has ${most} event streams of ${what}s open already`,
    `Read the ${what} with ?waitMs= instead, try again later, or add managers.`,
  );
}
