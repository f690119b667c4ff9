import type { CloseName } from '#protocol/close-codes.ts';
import type { AssignmentKey, Message } from '#protocol/messages.ts';
import { rejectedText } from './admission.ts';
import type { Assignments } from './assignments.ts';
import type { Canaries } from './canary.ts';
import type { Clock } from './clock.ts';
import type { DelegateApprovals } from './delegate-approvals.ts';
import {
  type ApprovalStanding,
  type DelegateDirectory,
  type DelegateEntry,
  type DrainWish,
  isAskedToDrain,
} from './delegates.ts';
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
  readonly approvals: DelegateApprovals;
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
  readonly runId: string | undefined;
  readonly instanceId: string;
  approval: ApprovalStanding;
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
      if (notice.kind === 'delegate-decided') this.#lookUp(notice.delegateId);
    });
  }

  /** Its socket closed while it was being admitted: nobody would ever say that the session in the directory is over. */
  async neverOpened({ id, sessionId }: DelegateEntry): Promise<void> {
    await this.#deps.directory.leave(id, sessionId, 'gone');
  }

  /** The session has been welcomed. */
  async opened(
    session: DelegateSession,
    entry: Pick<DelegateEntry, 'tokenId' | 'runId' | 'instanceId' | 'canaryAt' | 'askedSince' | 'drain' | 'approval'>,
    inFlight: readonly AssignmentKey[],
  ): Promise<void> {
    const { roster, assignments, canaries, dispatcher } = this.#deps;
    roster.memberOf(session.delegateId)?.session.close('replaced', 'the same delegate began a newer session');
    const { tokenId, runId, instanceId, approval } = entry;
    const standing = { tokenId, runId, instanceId, approval, catchingUp: false };
    this.#standings.set(session, standing);
    roster.add(session, canaries.watch(session, entry), inFlight);
    this.#drainIfAsked(session, standing, entry.drain);
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

  /** Whether a finding may be told of an assignment. */
  listensTo(session: DelegateSession, key: AssignmentKey): boolean {
    return this.#deps.assignments.listensTo(session, key);
  }

  found(session: DelegateSession, message: Message<'task.progress'>): Promise<void> {
    return this.#deps.assignments.found(session, message);
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

  async #catchUp(session: DelegateSession, standing: Standing, inFlight: readonly AssignmentKey[]): Promise<void> {
    const { tokens, directory, roster, assignments, canaries, health, clock } = this.#deps;
    // Slots, not what it lists: a canary is on the list and takes none.
    const seen = { at: clock.now(), inFlight: roster.inFlight(session), ...canaries.seen(session) };
    // Before anything is awaited: an acceptance that arrives meanwhile is younger than this list.
    const lost = assignments.unheard(session, inFlight);
    const [token, touched, approval] = await Promise.all([
      tokens.recheck(standing.tokenId),
      directory.touch(session.delegateId, session.sessionId, seen),
      this.#approvalOf(session, standing),
      assignments.heard(session, inFlight),
    ]);
    if (token !== 'valid' && (await health.confirm())) return session.close(token, tokenFaultTexts[token]);
    // When Redis has lost everything, that it does not know the session says nothing.
    if (touched.kind === 'current') this.#drainIfAsked(session, standing, touched.drain);
    else if (await health.confirm()) return session.close('replaced', 'the same delegate began a newer session');
    await this.#judge(session, standing, approval);
    assignments.giveBack(lost);
  }

  /** The notice says only that there is something; a lost one is made up for by the next heartbeat. */
  #lookUp(delegateId: string): void {
    const { roster, directory, log } = this.#deps;
    const session = roster.memberOf(delegateId)?.session;
    const standing = session && this.#standings.get(session);
    if (!standing) return;
    Promise.all([directory.read(delegateId), this.#approvalOf(session, standing)])
      .then(([entry, approval]) => {
        this.#drainIfAsked(session, standing, entry?.drain);
        return this.#judge(session, standing, approval);
      })
      .catch((error: unknown) => log.warn({ err: error, delegateId }, 'what was decided could not be looked up'));
  }

  async #approvalOf({ delegateId }: DelegateSession, { instanceId, approval }: Standing): Promise<ApprovalStanding> {
    return approval === 'not-needed' ? approval : this.#deps.approvals.standingOf({ id: delegateId, instanceId });
  }

  async #judge(session: DelegateSession, standing: Standing, approval: ApprovalStanding): Promise<void> {
    const { directory, canaries, notices, log } = this.#deps;
    // What was decided is never undecided: that it is not there says that Redis has lost it.
    if (approval === standing.approval || approval === 'pending' || !this.#standings.has(session)) return;
    standing.approval = approval;
    log.info({ delegateId: session.delegateId, approval }, 'delegate is judged by an administrator');
    if (approval === 'rejected') return session.close('delegate-rejected', rejectedText);
    if (approval === 'approved') canaries.approved(session);
    // It may have been decided while the session was being written.
    await directory.recordApproval(session.delegateId, approval);
    notices.publish({ kind: 'fleet-changed' });
  }

  /** From here on it is given nothing new; the delegate answers with its own drain, and leaves. */
  #drainIfAsked(session: DelegateSession, { runId }: Standing, drain: DrainWish | undefined): void {
    const { roster, notices, log } = this.#deps;
    const { delegateId, sessionId } = session;
    if (!drain || !isAskedToDrain({ drain, runId, sessionId }) || !roster.move(session, 'draining')) return;
    log.info({ delegateId, by: drain.by }, 'delegate is asked to drain');
    session.send({ type: 'drain', reason: drain.by });
    notices.publish({ kind: 'fleet-changed' });
  }

  #closeAll(tokenId: string, name: CloseName): void {
    for (const [session, standing] of [...this.#standings])
      if (standing.tokenId === tokenId) session.close(name, tokenFaultTexts['token-revoked']);
  }
}
