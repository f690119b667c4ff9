import type { ApprovalView } from '#protocol/approval.ts';
import { type ApprovalRecord, viewApproval } from './approval-record.ts';
import type { Clock } from './clock.ts';
import { Refusal } from './refusal.ts';
import type { Waiters } from './waiters.ts';

/** An approval as it is now. The same id is the same content: who has it need not be told again. */
export interface ApprovalEvent {
  readonly id: string;
  readonly approval: ApprovalView;
}

interface Deps {
  readonly read: (approvalId: string) => Promise<ApprovalRecord>;
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
  #open = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Ends every stream. */
  close(): void {
    this.#closing.abort();
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
    const { read, waiters, clock, most = mostStreams } = this.#deps;
    if (this.#open >= most) throw tooMany(most);
    this.#open += 1;
    try {
      const until = clock.now() + longestMs;
      const over = AbortSignal.any([gone, this.#closing.signal]);
      let record = await read(approvalId);
      let event = this.#eventOf(record);
      let last = seen;
      if (event.id === last && !record.end) yield undefined;
      for (;;) {
        if (event.id !== last) yield event;
        last = event.id;
        const leftMs = until - clock.now();
        if (record.end || over.aborted || leftMs <= 0) return;
        const isNew = (read: ApprovalRecord) => this.#eventOf(read).id !== last;
        record = await waiters.wait(approvalId, () => read(approvalId), isNew, leftMs, over);
        event = this.#eventOf(record);
      }
    } finally {
      this.#open -= 1;
    }
  }

  #eventOf(record: ApprovalRecord): ApprovalEvent {
    const approval = viewApproval(record);
    return { id: this.#deps.hash(JSON.stringify(approval)).slice(0, 16), approval };
  }
}

function tooMany(most: number): Refusal {
  return new Refusal(
    'too-many-streams',
    `this manager has ${most} event streams open already`,
    'Read the approval with ?waitMs= instead, try again later, or add managers.',
  );
}
