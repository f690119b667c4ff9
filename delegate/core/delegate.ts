import type { Message } from '#protocol/messages.ts';
import type { Clock } from './clock.ts';
import { Contact, type Welcomed } from './contact.ts';
import { Executor } from './executor.ts';
import type { Link, LinkSession, RedialPolicy, SessionReceive, Welcome } from './link.ts';
import type { Log } from './log.ts';
import { Outbox } from './outbox.ts';
import type { PrepareOptions } from './prepare.ts';
import { ReachChecks, type ReachProbe } from './reach-checks.ts';
import { WakeSignal } from './wake-signal.ts';

/**
 * connecting: there is no session; the delegate dials, or waits to dial again. What runs, runs on under its leases.
 * ready: a manager welcomed the delegate; assignments are taken.
 * draining: nothing new is taken; what is in flight ends and is reported, in a new session if the old one is lost.
 * closed: no session, no timer, nothing runs. It stays so.
 */
export type DelegateState = 'connecting' | 'ready' | 'draining' | 'closed';

const legalMoves: Record<DelegateState, readonly DelegateState[]> = {
  connecting: ['ready', 'draining'],
  ready: ['connecting', 'draining'],
  draining: ['closed'],
  closed: [],
};

export interface DelegateOptions extends PrepareOptions {
  readonly capacity: number;
  readonly drainTimeoutMs: number;
  /** How long the last reports and their acknowledgements may take after the drain's bound. */
  readonly lastWordsMs: number;
  readonly probeReach: ReachProbe;
  readonly link: Link;
  readonly redial: RedialPolicy;
  readonly clock: Clock;
  readonly log: Log;
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onStateChange: (to: DelegateState, from: DelegateState) => void;
}

/** The delegate: one loop that compares what is with what should be, acts, and sleeps until it is woken with a reason. */
export class Delegate {
  readonly #options: DelegateOptions;
  readonly #signal = new WakeSignal();
  readonly #outbox: Outbox;
  readonly #executor: Executor;
  readonly #reachChecks: ReachChecks;
  readonly #contact: Contact;
  #state: DelegateState = 'connecting';
  /** The session that the outbox has been given. */
  #takenUp: Welcomed | undefined;
  #drainReason: string | undefined;
  /** While draining: 'finishing', until the bound is over; then 'last-words'; then 'gone', whatever is left. */
  #patience: 'finishing' | 'last-words' | 'gone' = 'finishing';
  #cancelDrainTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(options: DelegateOptions) {
    const { capacity, clock, handlers, link, log, policy, probeReach, redial } = options;
    const wake = this.#signal.wake.bind(this.#signal);
    const changed = () => wake('flight-changed');
    this.#options = options;
    this.#outbox = new Outbox({ log, changed });
    const outbox = this.#outbox;
    const say = (message: Message<'task.progress'>) => this.#contact.welcomed?.session.send(message);
    this.#executor = new Executor({ capacity, handlers, policy, outbox, say, clock, log, changed });
    this.#reachChecks = new ReachChecks({ probe: probeReach, policy, clock, log });
    const inFlight = () => [...this.#executor.keys(), ...this.#outbox.keys()];
    const deliver = (message: SessionReceive, session: LinkSession) => this.#deliver(message, session);
    this.#contact = new Contact({ link, redial, clock, log, wake, inFlight, deliver });
  }

  get state(): DelegateState {
    return this.#state;
  }

  /** Begins to dial. The promise settles when the delegate has closed; it rejects only for a bug. */
  start(): Promise<void> {
    this.#running ??= this.#reconcile();
    return this.#running;
  }

  /** Drains: takes nothing new, lets what is in flight end within the bound, reports it, leaves. Always the same promise. */
  close(): Promise<void> {
    this.#askToDrain('the delegate shuts down');
    this.#signal.wake('close-asked');
    return this.start();
  }

  /** Tells what is lost if the process stops now. */
  abandoned(): Readonly<Record<string, unknown>> {
    return { running: this.#executor.keys(), unacknowledged: this.#outbox.keys() };
  }

  async #reconcile(): Promise<void> {
    try {
      for (;;) {
        this.#converge();
        if (this.#state === 'closed') return;
        const reasons = await this.#signal.next();
        this.#options.log.debug({ reasons, state: this.#state }, 'woken');
      }
    } finally {
      // Checks may still be under way. After a bug in the loop nobody else would end the rest either.
      this.#cancelDrainTimer?.();
      this.#executor.abandonAll();
      this.#reachChecks.keepOnly(undefined);
      this.#contact.leave('the delegate ends by a fault');
    }
  }

  #converge(): void {
    if (this.#drainReason !== undefined && (this.#state === 'connecting' || this.#state === 'ready'))
      this.#beginDraining();
    this.#takeUpSession();
    switch (this.#state) {
      case 'connecting':
        if (this.#takenUp) this.#setState('ready');
        else this.#contact.ensure();
        return;
      case 'ready':
        if (this.#takenUp) return;
        this.#setState('connecting');
        this.#contact.ensure();
        return;
      case 'draining':
        this.#convergeDraining();
        return;
      case 'closed':
    }
  }

  /** Gives a new session to the outbox, and takes a lost one from it, with what was asked there. */
  #takeUpSession(): void {
    const { welcomed } = this.#contact;
    if (welcomed?.session === this.#takenUp?.session) return;
    this.#takenUp = welcomed;
    this.#outbox.detach();
    this.#reachChecks.keepOnly(welcomed?.session);
    if (!welcomed) return;
    const { session, welcome } = welcomed;
    const { managerId, sessionId, delegateId } = welcome;
    this.#options.log.info({ managerId, sessionId, delegateId, unacknowledged: this.#outbox.size }, 'welcomed');
    // Before the reports: each of them gives a slot back, and this manager may not know yet that we leave.
    if (this.#state === 'draining') this.#sayDrain(session);
    this.#outbox.attach({ session, maxFrameBytes: welcome.maxFrameBytes });
    this.#options.onWelcome(welcome);
  }

  #convergeDraining(): void {
    if (this.#executor.running + this.#outbox.size > 0 && this.#patience !== 'gone') {
      // A report can only be told in a session; if there is none, the next one is worth dialling for.
      this.#contact.ensure();
      return;
    }
    if (this.#executor.running + this.#outbox.size > 0)
      this.#options.log.warn(this.abandoned(), 'left with work in flight');
    this.#executor.abandonAll();
    this.#contact.leave('drained');
    if (this.#contact.isApart) this.#setState('closed');
  }

  #beginDraining(): void {
    const { clock, drainTimeoutMs, lastWordsMs } = this.#options;
    this.#executor.stopTaking();
    this.#setState('draining');
    if (this.#takenUp) this.#sayDrain(this.#takenUp.session);
    this.#cancelDrainTimer = clock.setTimer(drainTimeoutMs, () => {
      this.#patience = 'last-words';
      this.#options.log.warn({ drainTimeoutMs, ...this.abandoned() }, 'drain timed out');
      this.#executor.stopAll('draining');
      this.#cancelDrainTimer = clock.setTimer(lastWordsMs, () => {
        this.#patience = 'gone';
        this.#signal.wake('leave-overdue');
      });
      this.#signal.wake('drain-overdue');
    });
  }

  #sayDrain(session: LinkSession): void {
    session.send({ type: 'drain', reason: this.#drainReason ?? '' });
  }

  #deliver(message: SessionReceive, session: LinkSession): void {
    switch (message.type) {
      case 'task.assign':
        this.#executor.assign(message, session);
        return;
      case 'task.cancel':
        this.#executor.cancel(message);
        return;
      case 'task.report.ack':
        this.#outbox.acknowledge(message, message.status);
        return;
      case 'lease.extend':
        this.#executor.extendLeases(message);
        return;
      case 'reach.check':
        this.#reachChecks.check(message, session);
        return;
      case 'drain':
        this.#askToDrain(`asked by the manager: ${message.reason}`.slice(0, 256));
        this.#signal.wake('drain-asked');
    }
  }

  #askToDrain(reason: string): void {
    this.#drainReason ??= reason;
    // Not left to the loop: an assignment that is next in the same batch of frames must be rejected already.
    this.#executor.stopTaking();
  }

  #setState(to: DelegateState): void {
    const from = this.#state;
    if (!legalMoves[from].includes(to)) throw new Error(`a delegate cannot go from ${from} to ${to}`);
    this.#state = to;
    this.#options.log.info({ from, to }, 'delegate changed');
    this.#options.onStateChange(to, from);
  }
}
