import { failure } from '#protocol/failure.ts';
import type { Finding } from '#protocol/finding.ts';
import { limits } from '#protocol/limits.ts';
import type { AssignmentKey, TaskAssign, Usage } from '#protocol/messages.ts';
import type { Clock } from './clock.ts';
import { type Conclusion, concludeResult, concludeThrown, concludeUnsettled, type StopReason } from './conclusion.ts';
import type { RunContext } from './handler.ts';
import type { Log } from './log.ts';
import type { Prepared } from './prepare.ts';
import { bugRemedy } from './report.ts';
import { UsageMeter } from './usage-meter.ts';

/**
 * running: the handler works, and may begin requests while the lease runs.
 * stopping: it was told to begin no further request; a write that is under way may end, for at most settleMs.
 * ended: what is reported is decided; the slot is free. A handler that still works is not listened to.
 */
type RunState = 'running' | 'stopping' | 'ended';

const legalMoves: Record<RunState, readonly RunState[]> = {
  running: ['stopping', 'ended'],
  stopping: ['ended'],
  ended: [],
};

export interface AssignmentRunOptions {
  readonly assign: TaskAssign;
  readonly prepared: Prepared;
  readonly clock: Clock;
  readonly log: Log;
  /** What the handler finds, for whoever watches: while the lease runs, and only so much of it as a manager keeps. */
  readonly found: (finding: Finding) => void;
  /** Exactly once, unless the run is abandoned. */
  readonly ended: (conclusion: Conclusion, notes: readonly string[], usage: Usage | undefined) => void;
}

/** One attempt that runs here: its lease, its time to run, its handler. */
export class AssignmentRun {
  readonly key: AssignmentKey;
  readonly #options: AssignmentRunOptions;
  readonly #abort = new AbortController();
  readonly #notes: string[] = [];
  readonly #usage = new UsageMeter();
  #state: RunState = 'running';
  #told = 0;
  #leaseEndsAtMs: number;
  #stopReason: StopReason | undefined;
  /** Of the time to run while running, of the grace while stopping. */
  #cancelTimer: () => void;

  /** Begins the lease and the time to run: both count from the arrival of the assignment. */
  constructor(options: AssignmentRunOptions) {
    const { assign, clock } = options;
    this.#options = options;
    this.key = { taskId: assign.taskId, attempt: assign.attempt };
    this.#leaseEndsAtMs = clock.monotonicMs() + assign.leaseMs;
    this.#cancelTimer = clock.setTimer(assign.timeoutMs, () => this.stop('timed-out'));
  }

  /** Calls the handler. */
  start(): void {
    const { taskType, begin } = this.#options.prepared;
    begin(this.#context()).then(
      (result) => this.#end(concludeResult(result, this.#stopReason)),
      (error: unknown) => {
        // A handler may let the abort's own reason pass through: that is the stop and no bug.
        if (this.#stopReason && error === this.#abort.signal.reason)
          this.#end(concludeUnsettled(taskType, this.#stopReason));
        else this.#fault(error);
      },
    );
  }

  /** Lets the lease run `leaseMs` from now. */
  extendLease(leaseMs: number): void {
    this.#leaseEndsAtMs = this.#options.clock.monotonicMs() + leaseMs;
  }

  /** Tells the handler to begin no further request; only the first reason counts. */
  stop(reason: StopReason): void {
    if (this.#state !== 'running') return;
    const { assign, prepared, clock } = this.#options;
    this.#stopReason = reason;
    this.#setState('stopping');
    this.#cancelTimer();
    // A handler that never ends would keep its slot for ever; after settleMs ServiceNow works on nothing of ours.
    this.#cancelTimer = clock.setTimer(assign.settleMs, () => this.#end(concludeUnsettled(prepared.taskType, reason)));
    this.#abort.abort(new DOMException(`the attempt was stopped: ${reason}`, 'AbortError'));
  }

  /** Ends without a report, because the delegate leaves. The manager gives the task out again when the lease is over. */
  abandon(): void {
    if (this.#state === 'ended') return;
    this.stop('draining');
    this.#setState('ended');
    this.#cancelTimer();
  }

  #context(): RunContext {
    const { assign, clock } = this.#options;
    return {
      taskId: assign.taskId,
      attempt: assign.attempt,
      correlationId: assign.correlationId,
      lookFirst: assign.lookFirst,
      settleMs: assign.settleMs,
      signal: this.#abort.signal,
      mayBegin: () => this.#hasLease(),
      note: (text) => {
        this.#notes.push(text);
      },
      tell: (finding) => this.#tell(finding),
      usage: this.#usage,
      clock,
    };
  }

  /** A stopped attempt has lost its lease too, whatever the clock says: a handler that only asks here stops as well. */
  #hasLease(): boolean {
    return this.#state === 'running' && this.#options.clock.monotonicMs() < this.#leaseEndsAtMs;
  }

  #tell(finding: Finding): void {
    if (!this.#hasLease() || this.#told >= limits.maxProgressFindings) return;
    this.#told += 1;
    this.#options.found(finding);
  }

  #fault(error: unknown): void {
    const { assign, prepared, log } = this.#options;
    // The text of an error may hold what the handler was given, so it stays off the wire and the log has it masked.
    const name = error instanceof Error ? error.name : typeof error;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const stack = prepared.maskSecret(text);
    log.error({ ...this.key, taskType: assign.taskType, stack }, 'task handler threw');
    const message = `The handler of ${assign.taskType} threw ${name}.`;
    this.#end(concludeThrown(prepared.taskType, failure('delegate-fault', message, bugRemedy)));
  }

  #end(conclusion: Conclusion): void {
    if (this.#state === 'ended') {
      const { outcome, sideEffect } = conclusion;
      this.#options.log.warn({ ...this.key, outcome: outcome.kind, sideEffect }, 'task handler ended too late');
      return;
    }
    this.#setState('ended');
    this.#cancelTimer();
    this.#options.ended(conclusion, this.#notes, this.#usage.read());
  }

  #setState(to: RunState): void {
    const from = this.#state;
    if (!legalMoves[from].includes(to)) throw new Error(`an assignment cannot go from ${from} to ${to}`);
    this.#state = to;
    this.#options.log.debug({ ...this.key, from, to, stopReason: this.#stopReason }, 'assignment changed');
  }
}
