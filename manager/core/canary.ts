import type { Clock } from './clock.ts';
import { type ApprovalStanding, type DelegateEntry, type DelegateState, stateOf } from './delegates.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Log } from './log.ts';
import type { DelegateSession, Roster } from './roster.ts';
import type { StoreHealth } from './store-health.ts';
import { routeOf } from './task-record.ts';
import type { Tasks } from './tasks.ts';
import type { Timing } from './timing.ts';

interface Deps {
  readonly tasks: Tasks;
  readonly dispatcher: Dispatcher;
  readonly roster: Roster;
  readonly health: StoreHealth;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
  readonly managerId: string;
  /** Work may go on: a delegate has come online. */
  readonly onOnline: (session: DelegateSession) => void;
}

/** What canaries told of one session. */
interface Watch {
  readonly session: DelegateSession;
  canaryAt: number;
  askedSince: number;
  approval: ApprovalStanding;
  /** A canary is under way: submitted or about to be, and not answered. */
  isAsked: boolean;
  cancelTimer: () => void;
}

/**
 * Sends every delegate of this manager a canary now and then: a task that does nothing, through the same queue, claim
 * and socket as real work. One that heartbeats and answers none is stuck: it gets no work, and dials anew.
 */
export class Canaries {
  readonly #deps: Deps;
  readonly #watches = new Map<DelegateSession, Watch>();
  /** When any delegate of this manager last answered one. */
  #answeredAt = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Begins with a session; `before` is what its delegate's earlier sessions left. Answers with the state to begin in. */
  watch(
    session: DelegateSession,
    { canaryAt, askedSince, approval }: Pick<DelegateEntry, 'canaryAt' | 'askedSince' | 'approval'>,
  ): Exclude<DelegateState, 'offline'> {
    const watch: Watch = { session, canaryAt, askedSince, approval, isAsked: false, cancelTimer: () => {} };
    this.#watches.set(session, watch);
    return this.#stateOf(watch);
  }

  /** The session is in the roster: the first canary goes out. */
  begin(session: DelegateSession): void {
    const watch = this.#watches.get(session);
    if (watch && session.taskTypes.includes('canary')) this.#send(watch);
  }

  /** An administrator has approved the delegate: it gets work from now on, if it answers canaries. */
  approved(session: DelegateSession): void {
    const watch = this.#watches.get(session);
    if (!watch) return;
    watch.approval = 'approved';
    if (this.#deps.roster.move(session, this.#stateOf(watch))) this.#deps.onOnline(session);
  }

  forget(session: DelegateSession): void {
    this.#watches.get(session)?.cancelTimer();
    this.#watches.delete(session);
  }

  close(): void {
    for (const session of [...this.#watches.keys()]) this.forget(session);
  }

  /** What is written with each heartbeat. */
  seen(session: DelegateSession): { canaryAt: number; askedSince: number } {
    const { canaryAt, askedSince } = this.#watches.get(session) ?? { canaryAt: 0, askedSince: 0 };
    return { canaryAt, askedSince };
  }

  #send(watch: Watch): void {
    const { tasks, clock, timing, log, managerId } = this.#deps;
    const { session } = watch;
    const { delegateId } = session;
    watch.cancelTimer = clock.setTimer(timing.canaryMs, () => this.#lookAgain(watch));
    if (watch.isAsked) return;
    watch.isAsked = true;
    tasks
      .submit({
        type: 'canary',
        params: {},
        origin: { connectorId: '', target: undefined, selectors: [] },
        selectors: [],
        meantFor: { managerId, delegateId },
        limits: { pickUpMs: timing.onlineMs, runMs: timing.canaryMs, deadlineMs: timing.onlineMs },
      })
      .then(({ spec }) => this.#follow(watch, spec.id))
      .catch((error: unknown) => log.warn({ err: error, delegateId }, 'canary could not be followed'))
      .finally(() => {
        watch.isAsked = false;
      });
  }

  async #follow(watch: Watch, taskId: string): Promise<void> {
    const { tasks, clock, roster, timing, onOnline } = this.#deps;
    const { outcome } = await tasks.wait(taskId, 2 * timing.onlineMs, never);
    if (outcome?.kind !== 'succeeded' || !this.#watches.has(watch.session)) return;
    watch.canaryAt = clock.now();
    this.#answeredAt = watch.canaryAt;
    watch.askedSince = watch.canaryAt;
    if (roster.move(watch.session, this.#stateOf(watch))) onOnline(watch.session);
  }

  #lookAgain(watch: Watch): void {
    const { roster, dispatcher, clock, log, timing, managerId } = this.#deps;
    const { session } = watch;
    // It declines canaries as it does all new work, and does so to its end.
    if (roster.memberOf(session.delegateId)?.state === 'draining') return;
    const state = this.#stateOf(watch);
    roster.move(session, state);
    if (state !== 'stuck') return this.#send(watch);
    const { delegateId, name } = session;
    log.error({ delegateId, delegateName: name }, 'delegate is stuck: it answers no canary');
    // While others answer, it is the delegate; when none does, it may be this manager's side of the queue.
    if (clock.now() - this.#answeredAt > timing.onlineMs)
      dispatcher.rebuild(routeOf({ type: 'canary', selectors: [], target: undefined, meantFor: { managerId } }));
    session.close('timeout', `no canary was answered for ${timing.onlineMs / 1_000} s: dial again`);
  }

  #stateOf({ session, canaryAt, askedSince, approval }: Watch): Exclude<DelegateState, 'offline'> {
    const { clock, timing, health } = this.#deps;
    const now = clock.now();
    const { taskTypes } = session;
    const liveness = { standing: 'connected', lastSeenAt: now, canaryAt, askedSince, taskTypes, approval } as const;
    const state = stateOf(liveness, now, timing, health.upSince());
    return state === 'offline' ? 'joining' : state;
  }
}

const never = new AbortController().signal;
