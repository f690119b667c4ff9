import type { Clock } from './clock.ts';
import type { InFlightView, Link, LinkEnd, LinkSession, RedialPolicy, SessionReceive, Welcome } from './link.ts';
import type { Log } from './log.ts';
import type { Wake } from './wake-signal.ts';

export interface ContactOptions {
  readonly link: Link;
  readonly redial: RedialPolicy;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: Wake;
  readonly inFlight: InFlightView;
  readonly deliver: (message: SessionReceive, session: LinkSession) => void;
}

/** A welcomed session, as the reconcile loop sees it. */
export interface Welcomed {
  readonly session: LinkSession;
  readonly welcome: Welcome;
}

type Place =
  /** No socket and nothing planned: the next ensure() dials. */
  | { readonly kind: 'apart' }
  /** The wait before the next dial runs. */
  | { readonly kind: 'waiting'; readonly cancelTimer: () => void }
  /** A dial is under way; it ends in welcomed or apart. */
  | { readonly kind: 'dialling'; readonly session: LinkSession }
  /** A manager welcomed us. */
  | { readonly kind: 'welcomed'; readonly session: LinkSession; readonly welcome: Welcome; readonly sinceMs: number };

/** Keeps the delegate in contact with some manager, for ever: a manager that refuses it is asked again, only more slowly. */
export class Contact {
  readonly #options: ContactOptions;
  #place: Place = { kind: 'apart' };
  #leaving = false;
  #failures = 0;
  #redialMaxMs: number | undefined;

  constructor(options: ContactOptions) {
    this.#options = options;
  }

  get welcomed(): Welcomed | undefined {
    return this.#place.kind === 'welcomed' ? this.#place : undefined;
  }

  /** Whether no socket and no timer is left. */
  get isApart(): boolean {
    return this.#place.kind === 'apart';
  }

  /** Dials, unless there is a session, a dial or a wait already. */
  ensure(): void {
    if (this.#place.kind !== 'apart' || this.#leaving) return;
    const session = this.#options.link.dial(this.#options.inFlight, {
      welcomed: (welcome) => {
        const sinceMs = this.#options.clock.monotonicMs();
        this.#place = { kind: 'welcomed', session, welcome, sinceMs };
        this.#redialMaxMs = welcome.redialMaxMs;
        this.#options.wake('welcomed');
      },
      received: (message) => this.#options.deliver(message, session),
      ended: (end) => this.#onEnded(end),
    });
    this.#place = { kind: 'dialling', session };
  }

  /** Ends the session, the dial or the wait, for good. */
  leave(reason: string): void {
    if (this.#leaving) return;
    this.#leaving = true;
    switch (this.#place.kind) {
      case 'apart':
        return;
      case 'waiting':
        this.#place.cancelTimer();
        this.#place = { kind: 'apart' };
        return;
      case 'dialling':
      case 'welcomed':
        this.#place.session.close('normal', reason);
    }
  }

  #onEnded(end: LinkEnd): void {
    const { clock, log, redial, wake } = this.#options;
    if (this.#leaving) {
      this.#place = { kind: 'apart' };
      log.info({ code: end.code, reason: end.reason }, 'left the manager');
      wake('session-ended');
      return;
    }
    const lastedMs = this.#place.kind === 'welcomed' ? clock.monotonicMs() - this.#place.sinceMs : 0;
    const next = redial({ after: end.after, lastedMs, failures: this.#failures, redialMaxMs: this.#redialMaxMs });
    this.#failures = next.failures;
    const cancelTimer = clock.setTimer(next.waitMs, () => {
      this.#place = { kind: 'apart' };
      wake('redial-due');
    });
    const wasWelcomed = this.#place.kind === 'welcomed';
    this.#place = { kind: 'waiting', cancelTimer };
    const { by, closeName, code, reason, remedy } = end;
    const fields = { by, closeName, code, reason, remedy, redialInMs: Math.round(next.waitMs) };
    log.warn(fields, wasWelcomed ? 'session ended' : 'no session with the manager');
    wake('session-ended');
  }
}
