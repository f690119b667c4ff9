import type { CloseName } from '#protocol/close-codes.ts';
import type { AssignmentKey, Message } from '#protocol/messages.ts';
import type { Assignments } from './assignments.ts';
import type { Canaries } from './canary.ts';
import type { Clock } from './clock.ts';
import type { DelegateDirectory, DelegateEntry } from './delegates.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Log } from './log.ts';
import type { Placement } from './placement.ts';
import type { Reachability } from './reachability.ts';
import type { DelegateSession, Roster } from './roster.ts';
import type { StoreHealth } from './store-health.ts';
import type { Timing } from './timing.ts';
import { tokenFaultTexts } from './token-faults.ts';
import type { Tokens } from './tokens.ts';
import type { Notices } from './waiters.ts';

interface Deps {
  readonly tokens: Tokens;
  readonly directory: DelegateDirectory;
  readonly roster: Roster;
  readonly placement: Placement;
  readonly reach: Reachability;
  readonly canaries: Canaries;
  readonly assignments: Assignments;
  readonly dispatcher: Dispatcher;
  readonly notices: Notices;
  readonly health: StoreHealth;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
}

/** What of a session is not told by itself. */
interface Standing {
  readonly tokenId: string;
  /** Heartbeats whose consequences are under way: while Redis is away they would pile up. */
  catchingUp: boolean;
}

/** The welcomed sessions: passes on what delegates say to whom it concerns. */
export class DelegateSessions {
  readonly #deps: Deps;
  readonly #standings = new Map<DelegateSession, Standing>();
  readonly #ending = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#unsubscribe = deps.notices.subscribe((notice) => {
      if (notice.kind === 'task-cancel-requested') deps.assignments.cancel(notice.taskId, notice.reason);
      if (notice.kind === 'delegate-token-revoked') this.#closeAll(notice.tokenId, 'token-revoked');
    });
  }

  /** Its socket closed while it was being admitted: nobody would ever say that the session in the directory is over. */
  async neverOpened({ id, sessionId }: DelegateEntry): Promise<void> {
    await this.#deps.directory.leave(id, sessionId, 'gone');
  }

  /** The session has been welcomed. */
  async opened(
    session: DelegateSession,
    entry: { tokenId: string; canaryAt: number; askedSince: number },
    inFlight: readonly AssignmentKey[],
  ): Promise<void> {
    const { roster, assignments, canaries, dispatcher } = this.#deps;
    roster.memberOf(session.delegateId)?.session.close('replaced', 'the same delegate began a newer session');
    this.#standings.set(session, { tokenId: entry.tokenId, catchingUp: false });
    roster.add(session, canaries.watch(session, entry), inFlight);
    canaries.begin(session);
    await assignments.heard(session, inFlight);
    this.#deps.notices.publish({ kind: 'fleet-changed' });
    dispatcher.onSlotFreed();
  }

  /** Tells every manager at once, not only with the next heartbeat, and lets work go on. */
  cameOnline(session: DelegateSession): void {
    const { directory, roster, placement, canaries, dispatcher, notices, clock, log } = this.#deps;
    placement.prepare(session.delegateId);
    dispatcher.onSlotFreed();
    const seen = { at: clock.now(), inFlight: roster.inFlight(session), ...canaries.seen(session) };
    directory
      .touch(session.delegateId, session.sessionId, seen)
      .then(() => notices.publish({ kind: 'fleet-changed' }))
      .catch((error: unknown) => log.warn({ err: error }, 'delegate could not be marked as online'));
  }

  /** Never rejects: a heartbeat is answered whatever becomes of its consequences, and the next one comes. */
  async heartbeat(session: DelegateSession, inFlight: readonly AssignmentKey[]): Promise<void> {
    const standing = this.#standings.get(session);
    if (!standing || standing.catchingUp) return;
    standing.catchingUp = true;
    try {
      await this.#catchUp(session, standing, inFlight);
    } catch (error) {
      this.#deps.log.warn({ err: error, delegateId: session.delegateId }, 'heartbeat had no effect');
    } finally {
      standing.catchingUp = false;
    }
  }

  accepted(session: DelegateSession, key: AssignmentKey): boolean {
    return this.#deps.assignments.accepted(session, key);
  }

  rejected(session: DelegateSession, message: Message<'task.reject'>): Promise<boolean> {
    return this.#deps.assignments.rejected(session, message);
  }

  reported(session: DelegateSession, message: Message<'task.report'>): Promise<void> {
    return this.#deps.assignments.reported(session, message);
  }

  /** Whether a report is of an assignment that the session was given and has not ended. */
  isExpected(session: DelegateSession, key: AssignmentKey): boolean {
    return this.#deps.assignments.isGiven(session, key);
  }

  checked(session: DelegateSession, { checkId, found }: Message<'reach.result'>): void {
    this.#deps.reach.answered(session, checkId, found);
  }

  async draining(session: DelegateSession): Promise<void> {
    this.#deps.roster.move(session, 'draining');
    await this.#deps.directory.leave(session.delegateId, session.sessionId, 'draining');
    this.#deps.notices.publish({ kind: 'fleet-changed' });
  }

  /** The session is over. What follows of it is finished before `close` resolves. */
  closed(session: DelegateSession): void {
    const { roster, canaries, reach, placement, assignments } = this.#deps;
    this.#standings.delete(session);
    roster.remove(session);
    canaries.forget(session);
    reach.gone(session);
    assignments.lost(session);
    if (!roster.memberOf(session.delegateId)) placement.gone(session.delegateId);
    const ending = this.#deps.directory
      .leave(session.delegateId, session.sessionId, 'gone')
      .then(() => this.#deps.notices.publish({ kind: 'fleet-changed' }))
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'ending a session failed'))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Ends every session: this manager stops, the delegates go to another. */
  async close(): Promise<void> {
    this.#unsubscribe();
    for (const { session } of [...this.#deps.roster.members()]) session.close('going-away', 'this manager stops');
    await Promise.all(this.#ending);
  }

  async #catchUp(session: DelegateSession, { tokenId }: Standing, inFlight: readonly AssignmentKey[]): Promise<void> {
    const { tokens, directory, roster, assignments, canaries, health, clock } = this.#deps;
    // Slots, not what it lists: a canary is on the list and takes none.
    const seen = { at: clock.now(), inFlight: roster.inFlight(session), ...canaries.seen(session) };
    // Before anything is awaited: an acceptance that arrives meanwhile is younger than this list.
    const lost = assignments.unheard(session, inFlight);
    const [token, isNewest] = await Promise.all([
      tokens.recheck(tokenId),
      directory.touch(session.delegateId, session.sessionId, seen),
      assignments.heard(session, inFlight),
    ]);
    if (token !== 'valid' && (await health.confirm())) return session.close(token, tokenFaultTexts[token]);
    // When Redis has lost everything, that it does not know the session says nothing.
    if (!isNewest && (await health.confirm()))
      return session.close('replaced', 'the same delegate began a newer session');
    assignments.giveBack(lost);
  }

  #closeAll(tokenId: string, name: CloseName): void {
    for (const [session, standing] of [...this.#standings])
      if (standing.tokenId === tokenId) session.close(name, tokenFaultTexts['token-revoked']);
  }
}
