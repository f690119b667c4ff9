import type { Clock } from './clock.ts';
import type { Route } from './task-record.ts';

/** Tells managers that something changed. Every notice may be lost: each reader polls beside it (invariant 6). */
export interface Notices {
  publish(notice: Notice): void;
  subscribe(listener: (notice: Notice) => void): () => void;
}

export type Notice =
  | { readonly kind: 'route-has-work'; readonly route: Route }
  | { readonly kind: 'fleet-changed' }
  | { readonly kind: 'reach-changed'; readonly baseUrl: string }
  | { readonly kind: 'instance-load-changed'; readonly baseUrl: string }
  | { readonly kind: 'documents-changed'; readonly of: string }
  /** It goes on, and what is told of it is new. */
  | { readonly kind: 'task-changed'; readonly taskId: string }
  | { readonly kind: 'task-ended'; readonly taskId: string }
  /** Listed tasks were created, given out, taken, queued again or ended; without ids: too many. */
  | { readonly kind: 'tasks-changed'; readonly taskIds?: readonly string[] }
  | { readonly kind: 'task-cancel-requested'; readonly taskId: string; readonly reason: string }
  | { readonly kind: 'approval-started'; readonly approvalId: string }
  | { readonly kind: 'approval-ended'; readonly approvalId: string }
  | { readonly kind: 'poll-group-due'; readonly groupId: string }
  /** It still waits, and what is told of it is new. */
  | { readonly kind: 'approval-changed'; readonly approvalId: string }
  | { readonly kind: 'delegate-token-revoked'; readonly tokenId: string }
  /** It is asked to drain, or is approved or rejected. */
  | { readonly kind: 'delegate-decided'; readonly delegateId: string };

/** Notices are seldom lost: the more wait, the more seldom all of them are read beside. */
const pollMs = 1_000;
const pollMsEach = 1;

interface Wait {
  /** With what was read by whoever wakes, or without: then it is read again. */
  wake(value?: unknown): void;
  fail(error: Error): void;
}

/** Lets callers wait for what becomes of a task or of an approval: subscribe first, then read, then poll beside the notices. */
export class Waiters {
  readonly #waiting = new Map<string, Set<Wait>>();
  readonly #clock: Clock;
  readonly #unsubscribe: () => void;
  #cancelPoll: (() => void) | undefined;
  #closed = false;

  constructor(notices: Notices, clock: Clock) {
    this.#clock = clock;
    this.#unsubscribe = notices.subscribe((notice) => {
      if (notice.kind === 'task-ended' || notice.kind === 'task-changed') this.#wake(notice.taskId);
      if (notice.kind === 'approval-ended' || notice.kind === 'approval-changed') this.#wake(notice.approvalId);
    });
  }

  /**
   * Reads until `isOver` holds or `ms` have passed or the caller has gone, and answers with what was read last. `known`:
   * what was read just now, since when nobody can have ended it.
   */
  async wait<T>(
    id: string,
    read: () => Promise<T>,
    isOver: (value: T) => boolean,
    ms: number,
    gone: AbortSignal,
    known?: T,
  ): Promise<T> {
    const until = this.#clock.now() + ms;
    let value = known;
    while (true) {
      const woken = this.#subscribe<T>(id, gone);
      try {
        value ??= await read();
        const left = until - this.#clock.now();
        if (isOver(value) || left <= 0 || gone.aborted || this.#closed) return value;
        const cancel = this.#clock.setTimer(left, () => woken.wake());
        value = await woken.promise.finally(cancel);
      } finally {
        woken.unsubscribe();
      }
    }
  }

  /** Tells those who wait here how something ended, which is in Redis already. */
  tell(id: string, value: unknown): void {
    this.#wake(id, value);
  }

  /** Lets nobody wait any longer: what they wait for is gone. */
  failAll(error: Error): void {
    for (const waits of this.#waiting.values()) for (const wait of waits) wait.fail(error);
  }

  /** Lets every waiting caller go, with what it read last. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#disarmPoll();
    for (const id of [...this.#waiting.keys()]) this.#wake(id);
  }

  #subscribe<T>(id: string, gone: AbortSignal) {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    // It may fail before anybody awaits it.
    promise.catch(() => {});
    const wait: Wait = { wake: (value) => resolve(value as T | undefined), fail: reject };
    const onGone = () => wait.wake();
    const set = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, set.add(wait));
    gone.addEventListener('abort', onGone, { once: true });
    this.#armPoll();
    return {
      promise,
      wake: onGone,
      unsubscribe: () => {
        gone.removeEventListener('abort', onGone);
        set.delete(wait);
        if (set.size === 0 && this.#waiting.get(id) === set) this.#waiting.delete(id);
        if (this.#waiting.size === 0) this.#disarmPoll();
      },
    };
  }

  #wake(id: string, value?: unknown): void {
    for (const wait of this.#waiting.get(id) ?? []) wait.wake(value);
  }

  #armPoll(): void {
    this.#cancelPoll ??= this.#clock.setTimer(pollMs + pollMsEach * this.#waiting.size, () => {
      this.#cancelPoll = undefined;
      for (const id of [...this.#waiting.keys()]) this.#wake(id);
    });
  }

  #disarmPoll(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }
}
