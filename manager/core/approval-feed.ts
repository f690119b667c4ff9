import type { ApprovalView } from '#protocol/approval.ts';
import type { Clock } from './clock.ts';
import { Refusal } from './refusal.ts';
import type { Waiters } from './waiters.ts';

/** An approval as it is now. The same id is the same content: who has it need not be told again. */
export interface ApprovalEvent {
  readonly id: string;
  readonly approval: ApprovalView;
}

interface Deps {
  readonly show: (approvalId: string) => Promise<ApprovalView>;
  readonly waiters: Pick<Waiters, 'wait'>;
  readonly clock: Clock;
  readonly hash: (text: string) => string;
  /** How many may follow at once at this manager. */
  readonly most?: number;
}

const mostStreams = 1_000;

/** A stream is ended after this: whoever comes back shows a token that is still good. */
const longestMs = 3_600_000;

/** Tells every change of an approval until it has ended. Woken by notices, with the waiters' poll beside them. */
export class ApprovalFeed {
  readonly #deps: Deps;
  readonly #closing = new AbortController();
  /** The ends of the streams that wait for a change. */
  readonly #waiting = new Set<Promise<void>>();
  #open = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Ends every stream; those of readers that are slow to take what they were told are not waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#waiting);
  }

  /**
   * Yields at once what the approval is, or undefined when that is what was `seen` last; then each change, the last with
   * the end. Nothing at all when the end was seen. Throws Refusals before it yields: no such approval, too many streams.
   */
  async *follow(
    approvalId: string,
    seen: string | undefined,
    gone: AbortSignal,
  ): AsyncGenerator<ApprovalEvent | undefined, void> {
    const { show, waiters, clock, most = mostStreams } = this.#deps;
    if (this.#open >= most) throw tooMany(most);
    this.#open += 1;
    const ended = Promise.withResolvers<void>();
    const { over, whenOver, forget } = untilOne([gone, this.#closing.signal]);
    try {
      const until = clock.now() + longestMs;
      let event = this.#eventOf(await show(approvalId));
      let last = seen;
      if (event.id === last && isWaiting(event)) yield undefined;
      for (;;) {
        if (event.id !== last) yield event;
        last = event.id;
        const leftMs = until - clock.now();
        if (!isWaiting(event) || over.aborted || leftMs <= 0) return;
        this.#waiting.add(ended.promise);
        const isNew = (shown: ApprovalView) => this.#eventOf(shown).id !== last;
        const changed = waiters.wait(approvalId, () => show(approvalId), isNew, leftMs, over);
        const next = await Promise.race([changed, whenOver]);
        if (next === undefined) return;
        this.#waiting.delete(ended.promise);
        event = this.#eventOf(next);
      }
    } finally {
      forget();
      this.#open -= 1;
      this.#waiting.delete(ended.promise);
      ended.resolve();
    }
  }

  #eventOf(approval: ApprovalView): ApprovalEvent {
    return { id: this.#deps.hash(JSON.stringify(approval)).slice(0, 16), approval };
  }
}

function isWaiting({ approval }: ApprovalEvent): boolean {
  return approval.state === 'waiting';
}

interface Over {
  readonly over: AbortSignal;
  /** Beside the signal: when Redis is away, what waits by the signal alone does not come back. */
  readonly whenOver: Promise<undefined>;
  /** A signal that somebody listens to lives as long as the signals that it is made of. */
  forget(): void;
}

function untilOne(signals: AbortSignal[]): Over {
  const over = AbortSignal.any(signals);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  if (over.aborted) onAbort();
  over.addEventListener('abort', onAbort, { once: true });
  return { over, whenOver: promise, forget: () => over.removeEventListener('abort', onAbort) };
}

function tooMany(most: number): Refusal {
  return new Refusal(
    'too-many-streams',
    `this manager has ${most} event streams open already`,
    'Read the approval with ?waitMs= instead, try again later, or add managers.',
  );
}
