import { limits } from '#protocol/limits.ts';
import type { AssignmentKey, Message, TaskAssign } from '#protocol/messages.ts';
import { AssignmentRun } from './assignment-run.ts';
import type { Clock } from './clock.ts';
import type { StopReason } from './conclusion.ts';
import type { LinkSession } from './link.ts';
import type { Log } from './log.ts';
import type { Outbox } from './outbox.ts';
import { type Prepared, type PrepareOptions, prepare, type Rejection, takesSlot } from './prepare.ts';
import { composeProgress } from './progress.ts';
import { composeReport } from './report.ts';

export interface ExecutorOptions extends PrepareOptions {
  readonly capacity: number;
  readonly outbox: Outbox;
  /** Says something in the session that there is now, if there is one. */
  readonly say: (message: Message<'task.progress'>) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when an assignment ended. */
  readonly changed: () => void;
}

type Decision =
  | { readonly kind: 'begin'; readonly prepared: Prepared }
  /** It runs already: say so again. */
  | { readonly kind: 'running' }
  /** It ended and its report is not acknowledged: say both again. */
  | { readonly kind: 'reported' }
  | { readonly kind: 'reject'; readonly rejection: Rejection }
  /** The manager gave out what it has acknowledged the end of. */
  | { readonly kind: 'rule-broken'; readonly fault: string };

/**
 * Takes assignments, at most `capacity` at once of those that take a slot, and always answers them. Every one that is
 * taken ends in the outbox.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  /** By task: two attempts of one task never run here side by side. */
  readonly #runs = new Map<string, AssignmentRun>();
  #slotsTaken = 0;
  #isTaking = true;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Which assignments run. */
  keys(): AssignmentKey[] {
    return [...this.#runs.values()].map(({ key }) => key);
  }

  /** How many slots are taken. */
  get running(): number {
    return this.#slotsTaken;
  }

  /** Answers an assignment in the session that it came in and, when it is accepted, runs it. */
  assign(assign: TaskAssign, session: LinkSession): void {
    const { taskId, attempt } = assign;
    const decision = this.#decide(assign, session);
    switch (decision.kind) {
      case 'begin':
        this.#begin(assign, decision.prepared, session);
        return;
      case 'running':
        session.send({ type: 'task.accept', taskId, attempt });
        return;
      case 'reported':
        session.send({ type: 'task.accept', taskId, attempt });
        this.#options.outbox.sendAgain({ taskId, attempt });
        return;
      case 'reject': {
        const { code, message } = decision.rejection;
        this.#options.log.info({ taskId, attempt, code, detail: message }, 'assignment rejected');
        session.send({ type: 'task.reject', taskId, attempt, code, message });
        return;
      }
      case 'rule-broken':
        session.close('protocol-error', decision.fault);
    }
  }

  /** Stops an attempt; an unknown one is ignored, it may have ended while the message was under way. */
  cancel({ taskId, attempt, reason }: Message<'task.cancel'>): void {
    const run = this.#find({ taskId, attempt });
    if (!run) return;
    this.#options.log.info({ taskId, attempt, reason }, 'assignment cancelled');
    run.stop('cancelled');
  }

  /** Extends the leases of those attempts that run here. */
  extendLeases({ assignments, leaseMs }: Message<'lease.extend'>): void {
    for (const key of assignments) this.#find(key)?.extendLease(leaseMs);
  }

  /** Takes nothing new from now on. */
  stopTaking(): void {
    this.#isTaking = false;
  }

  /** Tells everything that runs to begin no further request. */
  stopAll(reason: StopReason): void {
    for (const run of this.#runs.values()) run.stop(reason);
  }

  /** Gives up what still runs, without a report. */
  abandonAll(): void {
    for (const run of this.#runs.values()) run.abandon();
    this.#runs.clear();
    this.#slotsTaken = 0;
  }

  #decide(assign: TaskAssign, session: LinkSession): Decision {
    const { taskId, attempt } = assign;
    const { outbox } = this.#options;
    const run = this.#runs.get(taskId);
    if (run?.key.attempt === attempt) return { kind: 'running' };
    if (outbox.has({ taskId, attempt })) return { kind: 'reported' };
    const acknowledged = outbox.acknowledgedAttempt(taskId) ?? 0;
    // To reject would say that nothing was done, to run it might do it twice, and its report is forgotten.
    if (acknowledged === attempt)
      return { kind: 'rule-broken', fault: `task.assign: attempt ${attempt} was reported and acknowledged` };
    if (run) return this.#decideBesideAnother(run, attempt);
    if (acknowledged > attempt) return full(`Attempt ${acknowledged} of this task was here already.`);
    if (!this.#isTaking) return reject('delegate-draining', 'The delegate is shutting down.');
    const noRoom = takesSlot(assign) ? this.#findLackOfRoom() : undefined;
    if (noRoom !== undefined) return full(noRoom);
    const prepared = prepare(assign, session, this.#options);
    return 'code' in prepared ? { kind: 'reject', rejection: prepared } : { kind: 'begin', prepared };
  }

  /**
   * Another attempt of the same task runs here. A newer one tells that the manager has given up the older, but the older
   * may have a request under way whose effect nobody could see yet: to run the newer beside it, or to abort the older
   * and begin at once, could do a thing twice. So the older is stopped (it begins nothing more and reports what is
   * true), and the newer is rejected: nothing of it was done, and the manager gives it out when the older has ended.
   */
  #decideBesideAnother(run: AssignmentRun, attempt: number): Decision {
    const { attempt: present } = run.key;
    if (attempt < present) return full(`Attempt ${present} of this task runs here.`);
    run.stop('superseded');
    return full(`Attempt ${present} of this task is still ending here.`);
  }

  #findLackOfRoom(): string | undefined {
    const { capacity, outbox } = this.#options;
    if (this.#slotsTaken >= capacity) return `All ${capacity} slots are taken.`;
    // In hello and heartbeat the list of what is in flight has at most maxCapacity entries, reports included.
    if (this.#slotsTaken + outbox.slots >= limits.maxCapacity || outbox.isFull)
      return `${outbox.slots} reports wait to be acknowledged.`;
    return undefined;
  }

  #begin(assign: TaskAssign, prepared: Prepared, session: LinkSession): void {
    const { clock, log, outbox, say, changed } = this.#options;
    const { taskId, attempt } = assign;
    const tookSlot = takesSlot(assign);
    // Canaries come every few seconds, and would drown the rest.
    const level = tookSlot ? 'info' : 'debug';
    const run = new AssignmentRun({
      assign,
      prepared,
      clock,
      log,
      found: (finding) => say(composeProgress(run.key, finding)),
      ended: (conclusion, notes, usage) => {
        const report = composeReport(run.key, conclusion, notes, usage);
        // Into the outbox first: at no moment is it missing from what is in flight.
        outbox.add(report, tookSlot);
        this.#runs.delete(taskId);
        if (tookSlot) this.#slotsTaken -= 1;
        const { ending, sideEffect } = report;
        const code = ending.kind === 'failed' ? ending.failure.code : undefined;
        log[level]({ taskId, attempt, outcome: ending.kind, code, sideEffect }, 'assignment ended');
        changed();
      },
    });
    this.#runs.set(taskId, run);
    if (tookSlot) this.#slotsTaken += 1;
    log[level]({ taskId, attempt, taskType: assign.taskType, lookFirst: assign.lookFirst }, 'assignment accepted');
    session.send({ type: 'task.accept', taskId, attempt });
    run.start();
  }

  #find({ taskId, attempt }: AssignmentKey): AssignmentRun | undefined {
    const run = this.#runs.get(taskId);
    return run?.key.attempt === attempt ? run : undefined;
  }
}

function reject(code: Rejection['code'], message: string): Decision {
  return { kind: 'reject', rejection: { code, message } };
}

function full(message: string): Decision {
  return reject('delegate-full', message);
}
