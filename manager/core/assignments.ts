import { failure } from '#protocol/failure.ts';
import type { AssignmentKey, Message } from '#protocol/messages.ts';
import type { Attempt, AttemptOutcome } from '#protocol/task.ts';
import { taskTypes } from '#protocol/task-types.ts';
import { type Check, compileCheck, describeFaults } from '#protocol/validation.ts';
import { afterAttempt, afterLoss, lostAttempt } from './attempt-policy.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import { type DelegateSession, nameAssignment, type Roster, type Seat } from './roster.ts';
import type { Claim, TaskQueue } from './task-queue.ts';
import { isoTime, type TaskRecord } from './task-record.ts';
import type { TaskStore } from './task-store.ts';
import type { Tasks } from './tasks.ts';
import type { Timing } from './timing.ts';

/** An assignment that a session of this manager has in flight. */
export interface Live {
  readonly key: AssignmentKey;
  readonly session: DelegateSession;
  /** Absent while another manager, or nobody, holds the job. */
  claim: Claim | undefined;
  cancelAcceptTimer: () => void;
  answered: boolean;
}

interface Deps {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly tasks: Tasks;
  readonly roster: Roster;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
  readonly onSlotFreed: () => void;
}

/** Everything that a manager knows of what its delegates are doing; what matters of it is in Redis. */
export class Assignments {
  readonly #live = new Map<string, Live>();
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Sends an assignment that is already in Redis, and watches that it is answered. */
  async give(claim: Claim, seat: Seat, message: Message<'task.assign'>): Promise<void> {
    const { roster, clock, timing } = this.#deps;
    const key = { taskId: message.taskId, attempt: message.attempt };
    const { session } = seat;
    // It may have closed while the assignment was written: nobody will be told of its end again.
    if (!roster.has(session)) return this.#deferUntilFree(claim);
    seat.fill(key);
    const cancelAcceptTimer = clock.setTimer(timing.acceptTimeoutMs, () =>
      session.close('timeout', `task.assign of ${nameAssignment(key)} was not answered`),
    );
    this.#live.set(nameAssignment(key), { key, session, claim, cancelAcceptTimer, answered: false });
    session.send(message);
  }

  /** Takes over the claim of an assignment whose delegate is connected here. */
  adopt(claim: Claim, key: AssignmentKey): boolean {
    const live = this.#live.get(nameAssignment(key));
    if (!live || live.claim) return false;
    live.claim = claim;
    return true;
  }

  /**
   * Finds what a delegate has accepted and does not list any more: it lists an assignment until its report is
   * acknowledged, so it has lost it. Asked when the list arrives, since what is accepted later is not on it.
   */
  unheard(session: DelegateSession, inFlight: readonly AssignmentKey[]): Live[] {
    const heard = new Set(inFlight.map(nameAssignment));
    return [...this.#live.values()].filter(
      (live) => live.session === session && live.answered && !heard.has(nameAssignment(live.key)),
    );
  }

  /** Frees the slots of assignments that were lost; whoever claims their tasks next decides by the record. */
  async giveBack(lost: readonly Live[]): Promise<void> {
    for (const live of lost) {
      if (this.#live.get(nameAssignment(live.key)) !== live) continue;
      await this.#drop(live);
      this.#deps.roster.vacate(live.session, live.key);
      this.#deps.onSlotFreed();
    }
  }

  /** Registers what a delegate says it has in flight, at its hello and at each heartbeat, and extends the leases. */
  async heard(session: DelegateSession, inFlight: readonly AssignmentKey[]): Promise<void> {
    const { store, roster, clock, timing } = this.#deps;
    const leaseUntil = clock.now() + timing.leaseMs + timing.leaseMarginMs;
    const extended: AssignmentKey[] = [];
    const extend = async (key: AssignmentKey) =>
      (await this.#belongsTo(session, key))
        ? store.extendLease(key.taskId, key.attempt, leaseUntil, timing.settleMs)
        : { kind: 'superseded' as const };
    const leases = await Promise.all(inFlight.map(async (key) => ({ key, lease: await extend(key) })));
    // It may have closed meanwhile: what is registered for it now would have no owner.
    if (!roster.has(session)) return;
    for (const { key, lease } of leases) {
      if (lease.kind === 'superseded') {
        session.send({ type: 'task.cancel', ...key, reason: 'the task has ended or went to another attempt' });
        // Its claim must not be held as long as the delegate keeps listing it.
        const live = this.#liveOf(session, key);
        if (live) await this.#drop(live);
        continue;
      }
      extended.push(key);
      this.#register(session, key);
      if (lease.cancelReason !== undefined) session.send({ type: 'task.cancel', ...key, reason: lease.cancelReason });
    }
    roster.sync(session, [...extended, ...this.#keysOf(session)]);
    if (extended.length > 0) session.send({ type: 'lease.extend', assignments: extended, leaseMs: timing.leaseMs });
  }

  /** False when the session was not given this assignment: a protocol error. */
  async accepted(session: DelegateSession, key: AssignmentKey): Promise<boolean> {
    const live = this.#liveOf(session, key);
    if (!live || live.answered) return false;
    live.answered = true;
    live.cancelAcceptTimer();
    await this.#deps.store.accept(key.taskId, key.attempt);
    return true;
  }

  /** The delegate declines: nothing was done, so another may have the task at once. */
  async rejected(session: DelegateSession, message: Message<'task.reject'>): Promise<boolean> {
    const live = this.#liveOf(session, message);
    if (!live || live.answered) return false;
    live.answered = true;
    const outcome: AttemptOutcome = {
      kind: 'failed',
      failure: failure(message.code, message.message, 'Nothing to do: another delegate is tried.'),
    };
    await this.#endAttempt(session, message, () => outcome, []);
    return true;
  }

  /** Records how an attempt ended; answers only when that is durable (invariant 1). */
  async reported(session: DelegateSession, message: Message<'task.report'>): Promise<void> {
    const judge = (record: TaskRecord) => checkResult(record, message.outcome);
    const quietMs = message.sideEffect ? this.#deps.timing.settleMs : 0;
    const status = await this.#endAttempt(session, message, judge, message.notes, quietMs);
    session.send({ type: 'task.report.ack', taskId: message.taskId, attempt: message.attempt, status });
  }

  /** The session is over: its assignments stay with the delegate until their leases end. */
  async lost(session: DelegateSession): Promise<void> {
    const gone = [...this.#live.values()].filter((live) => live.session === session);
    await Promise.all(gone.map((live) => this.#drop(live)));
  }

  /** Tells the delegate of a task, if it is connected here, to stop it. */
  cancel(taskId: string, reason: string): void {
    for (const { key, session } of this.#live.values())
      if (key.taskId === taskId) session.send({ type: 'task.cancel', ...key, reason });
  }

  /** Ends the attempt of a delegate that can no longer have it, unless the record has changed meanwhile. */
  async giveUp(record: TaskRecord): Promise<void> {
    const { store, tasks, clock } = this.#deps;
    const attempt = lostAttempt(record, clock.now());
    if (!attempt?.outcome) return;
    if (clock.now() >= record.spec.deadlineAt) return tasks.expire(record);
    const next = afterLoss(record, attempt.outcome, clock.now());
    // Its delegate can have it no longer: the wait is over already.
    if (next.kind === 'retry') await store.requeue(record.spec.id, attempt, 0);
    else await tasks.finish(record.spec, next.outcome, { attempt });
  }

  async #endAttempt(
    session: DelegateSession,
    key: AssignmentKey,
    judge: (record: TaskRecord) => AttemptOutcome,
    notes: readonly string[],
    quietMs = 0,
  ): Promise<'recorded' | 'superseded'> {
    const { store, queue, tasks, roster, clock, log } = this.#deps;
    const name = nameAssignment(key);
    const live = this.#live.get(name);
    const record = await store.read(key.taskId);
    const begun = record?.attempts.find(({ attempt }) => attempt === key.attempt);
    if (!record || begun?.delegateId !== session.delegateId) {
      log.warn(
        { taskId: key.taskId, attempt: key.attempt, delegateId: session.delegateId },
        'report of an unknown assignment',
      );
      roster.vacate(session, key);
      return 'superseded';
    }
    const outcome = judge(record);
    const ended: Attempt = {
      ...begun,
      endedAt: isoTime(clock.now()),
      outcome,
      ...(notes.length > 0 ? { notes: [...notes] } : {}),
    };
    const next = afterAttempt(record, outcome, clock.now(), quietMs);
    const recorded =
      next.kind === 'finish'
        ? (await tasks.finish(record.spec, next.outcome, { attempt: ended })) === 'recorded'
        : await store.requeue(key.taskId, ended, clock.now() + next.afterMs);
    log.info(
      {
        taskId: key.taskId,
        attempt: key.attempt,
        delegateId: session.delegateId,
        outcome: outcome.kind,
        next: next.kind,
        recorded,
      },
      'attempt ended',
    );
    this.#live.delete(name);
    live?.cancelAcceptTimer();
    roster.vacate(session, key);
    if (live?.claim) {
      if (recorded && next.kind === 'retry') await queue.defer(live.claim, clock.now() + next.afterMs);
      else if (recorded || (await this.#hasEnded(key.taskId))) await queue.settle(live.claim);
      else await queue.defer(live.claim, clock.now());
    }
    this.#deps.onSlotFreed();
    return recorded ? 'recorded' : 'superseded';
  }

  async #deferUntilFree(claim: Claim): Promise<void> {
    const { store, queue, clock, log, timing } = this.#deps;
    // A claim is given back whatever happens; who takes it next decides by the record.
    const record = await store.read(claim.taskId).catch((error: unknown) => {
      log.error({ err: error, taskId: claim.taskId }, 'task could not be read');
      return undefined;
    });
    const leaseUntil = record?.assignment?.leaseUntil ?? clock.now();
    const settleMs = record && taskTypes[record.spec.type].sideEffect ? timing.settleMs : 0;
    await queue.defer(claim, leaseUntil + settleMs);
  }

  /** Makes an assignment this session's, with the claim that an earlier session of the delegate may have left. */
  #register(session: DelegateSession, key: AssignmentKey): void {
    const name = nameAssignment(key);
    const known = this.#live.get(name);
    if (known?.session === session) return;
    known?.cancelAcceptTimer();
    this.#live.set(name, { key, session, claim: known?.claim, cancelAcceptTimer: () => {}, answered: true });
  }

  #keysOf(session: DelegateSession): AssignmentKey[] {
    return [...this.#live.values()].filter((live) => live.session === session).map(({ key }) => key);
  }

  async #hasEnded(taskId: string): Promise<boolean> {
    const record = await this.#deps.store.read(taskId);
    return !record || record.outcome !== undefined;
  }

  #liveOf(session: DelegateSession, key: AssignmentKey): Live | undefined {
    const live = this.#live.get(nameAssignment(key));
    return live?.session === session ? live : undefined;
  }

  /** A delegate may speak only of attempts that it was given, whatever it says. */
  async #belongsTo(session: DelegateSession, key: AssignmentKey): Promise<boolean> {
    if (this.#liveOf(session, key)) return true;
    const record = await this.#deps.store.read(key.taskId);
    return record?.assignment?.attempt === key.attempt && record.assignment.delegateId === session.delegateId;
  }

  async #drop(live: Live): Promise<void> {
    this.#live.delete(nameAssignment(live.key));
    live.cancelAcceptTimer();
    if (live.claim) await this.#deferUntilFree(live.claim);
  }
}

const resultChecks = new Map<string, Check<unknown>>(
  Object.entries(taskTypes).map(([type, { result }]) => [type, compileCheck(result)]),
);

/** Whatever a delegate reports is untrusted: a result that does not have its type's form is the delegate's fault. */
function checkResult(record: TaskRecord, outcome: AttemptOutcome): AttemptOutcome {
  if (outcome.kind !== 'succeeded') return outcome;
  const checked = resultChecks.get(record.spec.type)?.(outcome.result);
  if (!checked || !('faults' in checked)) return outcome;
  return {
    kind: 'failed',
    failure: failure(
      taskTypes[record.spec.type].sideEffect ? 'outcome-unknown' : 'delegate-fault',
      `the delegate reported success with a malformed result: ${describeFaults(checked.faults)}`,
      'Upgrade the delegate; look at ServiceNow for what it did.',
    ),
  };
}
