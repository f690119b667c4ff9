import { type Failure, failure } from '#protocol/failure.ts';
import { limits } from '#protocol/limits.ts';
import type { AssignmentKey, Message, Usage } from '#protocol/messages.ts';
import type { AttemptOutcome } from '#protocol/task.ts';
import type { AttemptEnd, AttemptEnds } from './attempt-ends.ts';
import { checkResult } from './attempt-policy.ts';
import type { Clock } from './clock.ts';
import type { InstanceBudget } from './instance-budget.ts';
import { type Live, LiveAssignments } from './live-assignments.ts';
import type { Log } from './log.ts';
import type { Reachability } from './reachability.ts';
import { type DelegateSession, nameAssignment, type Roster, type Seat } from './roster.ts';
import type { StoreHealth } from './store-health.ts';
import type { TaskProgress } from './task-progress.ts';
import type { TaskRecord } from './task-record.ts';
import type { TaskStore } from './task-store.ts';
import type { Timing } from './timing.ts';

interface Deps {
  readonly store: TaskStore;
  readonly attemptEnds: AttemptEnds;
  readonly reach: Reachability;
  readonly progress: TaskProgress;
  readonly budget: InstanceBudget;
  readonly roster: Roster;
  readonly health: StoreHealth;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
  readonly onSlotFreed: () => void;
}

/**
 * What the delegates of this manager are doing. All that matters of it is in Redis: the assignment, its lease, and when
 * it counts as lost. docs/decisions/0009.
 */
export class Assignments {
  readonly #live = new LiveAssignments();
  readonly #deps: Deps;
  /** Acceptances to be written in one go: most tasks have ended before. */
  #accepted: Live[] = [];

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Sends an assignment that is already in Redis, and watches that it is answered. */
  async give(seat: Seat, message: Message<'task.assign'>, record: TaskRecord): Promise<void> {
    const { roster, clock, timing, attemptEnds } = this.#deps;
    const key = { taskId: message.taskId, attempt: message.attempt };
    const { session } = seat;
    // Counted from now: Redis may have taken its time to write it.
    const leaseMs = (record.assignment?.leaseUntil ?? 0) - timing.leaseMarginMs - clock.now();
    // The session may have closed meanwhile, too: it was never told, so nothing of it can be under way.
    if (!roster.has(session) || leaseMs <= 0) {
      await attemptEnds.end(record, key.attempt, declined(neverSent(session.name)));
      return;
    }
    seat.fill(key);
    const cancelAcceptTimer = clock.setTimer(timing.acceptTimeoutMs, () =>
      session.close('timeout', `task.assign of ${nameAssignment(key)} was not answered`),
    );
    this.#live.set({ key, session, record, cancelAcceptTimer, answered: false, told: 0, isEnding: false });
    session.send({ ...message, leaseMs: Math.min(message.leaseMs, leaseMs) });
  }

  /**
   * Finds what a delegate has accepted and does not list any more: it lists an assignment until its report is
   * acknowledged, so it has lost it. Asked when the list arrives, since what is accepted later is not on it.
   */
  unheard(session: DelegateSession, inFlight: readonly AssignmentKey[]): Live[] {
    const heard = new Set(inFlight.map(nameAssignment));
    return this.#live.of(session).filter((live) => live.answered && !heard.has(nameAssignment(live.key)));
  }

  /** Frees the slots of assignments that were lost; their tasks go on when their leases are over. */
  giveBack(lost: readonly Live[]): void {
    for (const live of lost) {
      if (!this.#live.has(live)) continue;
      this.#live.delete(live);
      this.#deps.roster.vacate(live.session, live.key);
      this.#deps.onSlotFreed();
    }
  }

  /** Registers what a delegate says it has in flight, at its hello and at each heartbeat, and extends the leases. */
  async heard(session: DelegateSession, inFlight: readonly AssignmentKey[]): Promise<void> {
    const { store, roster, health, clock, timing } = this.#deps;
    const now = clock.now();
    const wanted = now + timing.leaseMs + timing.leaseMarginMs;
    const extend = (key: AssignmentKey) => store.extendLease(key, session.delegateId, wanted, now);
    const leases = await Promise.all(inFlight.map(async (key) => ({ key, lease: await extend(key) })));
    // When Redis has lost everything, what it does not know says nothing.
    if (leases.some(({ lease }) => lease.kind === 'superseded') && !(await health.confirm())) return;
    // It may have closed meanwhile: what is registered for it now would have no owner.
    if (!roster.has(session)) return;
    const extended = new Map<number, AssignmentKey[]>();
    let superseded = 0;
    for (const { key, lease } of leases) {
      if (lease.kind === 'superseded') {
        superseded += 1;
        this.#supersede(session, key);
        continue;
      }
      this.#register(session, key);
      // Counted from now, not from when Redis was asked: it may have taken its time.
      const leaseMs = lease.leaseUntil - timing.leaseMarginMs - clock.now();
      if (leaseMs > 0) extended.set(leaseMs, [...(extended.get(leaseMs) ?? []), key]);
      if (lease.cancelReason !== undefined) session.send({ type: 'task.cancel', ...key, reason: lease.cancelReason });
    }
    roster.sync(session, this.#slotsOf(session));
    for (const [leaseMs, assignments] of extended) session.send({ type: 'lease.extend', assignments, leaseMs });
    if (superseded > 0) this.#deps.onSlotFreed();
  }

  /** False when the session was not given this assignment: a protocol error. */
  accepted(session: DelegateSession, key: AssignmentKey): boolean {
    const live = this.#liveOf(session, key);
    if (!live || live.answered) return false;
    live.answered = true;
    live.cancelAcceptTimer();
    if (this.#accepted.push(live) === 1) this.#deps.clock.setTimer(0, () => this.#writeAccepted());
    return true;
  }

  /** The delegate declines: nothing was done, so another may have the task at once. */
  async rejected(session: DelegateSession, message: Message<'task.reject'>): Promise<boolean> {
    const live = this.#liveOf(session, message);
    if (!live || live.answered) return false;
    live.answered = true;
    const reason = failure(message.code, message.message, 'Nothing to do: another delegate is tried.');
    await this.#ended(session, message, declined(reason));
    return true;
  }

  /** Records how an attempt ended; answers only when that is durable (invariant 1). */
  async reported(session: DelegateSession, message: Message<'task.report'>): Promise<void> {
    const status = await this.#ended(session, message, message, message.usage);
    session.send({ type: 'task.report.ack', taskId: message.taskId, attempt: message.attempt, status });
  }

  /** Whether a report is of something that this session was given here: then it was asked for. */
  isGiven(session: DelegateSession, key: AssignmentKey): boolean {
    return this.#liveOf(session, key) !== undefined;
  }

  /** Whether a finding may be told of it: it runs in this session, and not too many were told. */
  listensTo(session: DelegateSession, key: AssignmentKey): boolean {
    const live = this.#liveOf(session, key);
    return !!live?.answered && !live.isEnding && live.told < limits.maxProgressFindings;
  }

  /** Shows what a delegate has found; what is of nothing that runs, or too much, is ignored. */
  async found(session: DelegateSession, message: Message<'task.progress'>): Promise<void> {
    const live = this.#liveOf(session, message);
    if (!live || !this.listensTo(session, message)) return;
    live.told += 1;
    await this.#deps.progress.told(live.key, message.finding);
  }

  /** The session is over: its assignments stay with the delegate until their leases end. */
  lost(session: DelegateSession): void {
    for (const live of this.#live.of(session)) this.#live.delete(live);
  }

  /** Tells the delegate of a task, if it is connected here, to stop it. */
  cancel(taskId: string, reason: string): void {
    for (const { key, session } of this.#live.ofTask(taskId)) session.send({ type: 'task.cancel', ...key, reason });
  }

  async #ended(
    session: DelegateSession,
    key: AssignmentKey,
    said: AttemptEnd,
    usage?: Usage,
  ): Promise<'recorded' | 'superseded'> {
    const { store, attemptEnds, roster, health, log } = this.#deps;
    const { taskId, attempt } = key;
    const { delegateId } = session;
    const live = this.#liveOf(session, key);
    if (live) live.isEnding = true;
    const record = live?.record ?? (await store.read(taskId));
    const begun = record?.attempts.find((each) => each.attempt === attempt);
    let status: 'recorded' | 'superseded' = 'superseded';
    if (!record || begun?.delegateId !== delegateId)
      log.warn({ taskId, attempt, delegateId }, 'report of an unknown assignment');
    else {
      const outcome = checkResult(record.spec.type, said.outcome);
      status = await attemptEnds.end(record, attempt, { ...said, outcome });
      this.#learn(session, record, outcome, usage);
    }
    // It may be all that is known of a ticket: it must not be forgotten because Redis has forgotten everything.
    if (status === 'superseded' && !(await health.confirm())) throw new Error('redis has lost what was in it');
    if (live) this.#live.delete(live);
    roster.vacate(session, key);
    this.#deps.onSlotFreed();
    return status;
  }

  #learn(session: DelegateSession, { spec }: TaskRecord, outcome: AttemptOutcome, usage: Usage | undefined): void {
    const { reach, budget } = this.#deps;
    if (!spec.target) return;
    const { baseUrl } = spec.target;
    const reason = outcome.kind === 'failed' ? outcome.failure : undefined;
    budget.left(baseUrl);
    budget.learn(baseUrl, {
      requests: usage?.requests ?? 0,
      rateLimit: usage?.rateLimit,
      rateLimited: reason?.code === 'servicenow-rate-limited' ? { retryAfterMs: reason.retryAfterMs } : undefined,
    });
    if (outcome.kind === 'succeeded') reach.succeeded(baseUrl, session);
    if (reason) reach.failed(baseUrl, session, reason);
  }

  #writeAccepted(): void {
    const { store, log } = this.#deps;
    const batch = this.#accepted;
    this.#accepted = [];
    for (const live of batch) {
      const { taskId, attempt } = live.key;
      if (live.isEnding || !this.#live.has(live)) continue;
      store
        .accept(taskId, attempt, live.record?.spec)
        .catch((error: unknown) => log.warn({ err: error, taskId }, 'not marked as running'));
    }
  }

  /** The task has ended or went to another attempt; the delegate may keep listing it. */
  #supersede(session: DelegateSession, key: AssignmentKey): void {
    session.send({ type: 'task.cancel', ...key, reason: 'the task has ended or went to another attempt' });
    const live = this.#liveOf(session, key);
    if (live) this.#live.delete(live);
  }

  /** Makes an assignment this session's, which an earlier session of the delegate may have had here. */
  #register(session: DelegateSession, key: AssignmentKey): void {
    const known = this.#live.get(key);
    if (known?.session === session) return;
    const cancelAcceptTimer = () => {};
    const record = known?.record;
    this.#live.set({ key, session, record, cancelAcceptTimer, answered: true, told: 0, isEnding: false });
  }

  #slotsOf(session: DelegateSession): AssignmentKey[] {
    return this.#live
      .of(session)
      .filter(({ record }) => record?.spec.type !== 'canary')
      .map(({ key }) => key);
  }

  #liveOf(session: DelegateSession, key: AssignmentKey): Live | undefined {
    const live = this.#live.get(key);
    return live?.session === session ? live : undefined;
  }
}

/** Nothing was done. */
function declined(reason: Failure): AttemptEnd {
  return { outcome: { kind: 'failed', failure: reason }, notes: [], sideEffect: false };
}

/** It declines for the delegate, so it does not use up an attempt. */
function neverSent(delegateName: string): Failure {
  return failure(
    'lease-lost',
    `the session of delegate ${delegateName} ended before it was told of the task`,
    'Nothing to do: another delegate is tried.',
  );
}
