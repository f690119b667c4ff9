import type { Clock } from './clock.ts';

/** Tells managers that something changed. Every notice may be lost: each reader polls beside it (invariant 6). */
export interface Notices {
  publish(notice: Notice): void;
  subscribe(listener: (notice: Notice) => void): () => void;
}

export type Notice =
  | { readonly kind: 'route-has-work'; readonly routeId: string }
  | { readonly kind: 'task-ended'; readonly taskId: string }
  | { readonly kind: 'task-cancel-requested'; readonly taskId: string; readonly reason: string }
  | { readonly kind: 'approval-ended'; readonly approvalId: string }
  | { readonly kind: 'delegate-token-revoked'; readonly tokenId: string };

const pollMs = 1_000;

/** Lets callers wait for the end of a task or an approval: subscribe first, then read, then poll beside the notices. */
export class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #clock: Clock;
  readonly #unsubscribe: () => void;
  #cancelPoll: (() => void) | undefined;
  #closed = false;

  constructor(notices: Notices, clock: Clock) {
    this.#clock = clock;
    this.#unsubscribe = notices.subscribe((notice) => {
      if (notice.kind === 'task-ended') this.#wake(notice.taskId);
      if (notice.kind === 'approval-ended') this.#wake(notice.approvalId);
    });
  }

  /** Reads until `isOver` holds or `ms` have passed or the caller has gone, and answers with what was read last. */
  async wait<T>(
    id: string,
    read: () => Promise<T>,
    isOver: (value: T) => boolean,
    ms: number,
    gone: AbortSignal,
  ): Promise<T> {
    const until = this.#clock.now() + ms;
    while (true) {
      const woken = this.#subscribe(id, gone);
      try {
        const value = await read();
        const left = until - this.#clock.now();
        if (isOver(value) || left <= 0 || gone.aborted || this.#closed) return value;
        const timeOut = Promise.withResolvers<void>();
        const cancel = this.#clock.setTimer(left, () => timeOut.resolve());
        await Promise.race([woken.promise, timeOut.promise]);
        cancel();
      } finally {
        woken.unsubscribe();
      }
    }
  }

  /** Lets every waiting caller go, with what it read last. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#disarmPoll();
    for (const id of [...this.#waiting.keys()]) this.#wake(id);
  }

  #subscribe(id: string, gone: AbortSignal): { promise: Promise<void>; unsubscribe(): void } {
    const { promise, resolve: settle } = Promise.withResolvers<void>();
    const resolve = () => settle();
    const set = this.#waiting.get(id) ?? new Set();
    set.add(resolve);
    this.#waiting.set(id, set);
    gone.addEventListener('abort', resolve, { once: true });
    this.#armPoll();
    return {
      promise,
      unsubscribe: () => {
        gone.removeEventListener('abort', resolve);
        set.delete(resolve);
        if (set.size === 0 && this.#waiting.get(id) === set) this.#waiting.delete(id);
        if (this.#waiting.size === 0) this.#disarmPoll();
      },
    };
  }

  #wake(id: string): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve();
  }

  #armPoll(): void {
    this.#cancelPoll ??= this.#clock.setTimer(pollMs, () => {
      this.#cancelPoll = undefined;
      for (const id of [...this.#waiting.keys()]) this.#wake(id);
    });
  }

  #disarmPoll(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }
}
