import type { Assigner } from './assigner.ts';
import type { Assignments } from './assignments.ts';
import { decideClaim } from './claim-policy.ts';
import type { Clock } from './clock.ts';
import type { InstanceBudget } from './instance-budget.ts';
import type { Log } from './log.ts';
import type { Placement } from './placement.ts';
import type { Seat } from './roster.ts';
import { type ServedRoute, ServedRoutes } from './served-routes.ts';
import type { TaskEnds } from './task-ends.ts';
import type { Claim, TaskQueue } from './task-queue.ts';
import { type Route, routeOf, type TaskRecord, type TaskSpec, withAssignment } from './task-record.ts';
import type { CreateResult, Idempotency, TaskStore } from './task-store.ts';
import type { Timing } from './timing.ts';
import type { Notices } from './waiters.ts';

interface Deps {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly ends: TaskEnds;
  readonly placement: Placement;
  readonly budget: InstanceBudget;
  readonly assigner: Assigner;
  readonly assignments: Assignments;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
}

const widestClaims = 32;

/**
 * Places tasks. A fresh one goes straight to a free delegate of this manager when nobody should go before it: then it
 * never sees a queue. Every other one waits in its route's queue and is claimed when a session here has a free slot, so
 * nothing is ever parked, and what nobody can take costs nothing. docs/decisions/0009.
 */
export class Dispatcher {
  readonly #deps: Deps;
  readonly #served = new ServedRoutes();
  readonly #underWay = new Set<Promise<void>>();
  #state: 'idle' | 'running' | 'closed' = 'idle';
  #cancelPoll = () => {};
  #unsubscribe = () => {};

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  start(): void {
    this.#state = 'running';
    this.#unsubscribe = this.#deps.notices.subscribe((notice) => {
      if (notice.kind === 'route-has-work') this.#onWork(notice.route);
    });
    this.#poll();
  }

  /** Takes nothing more; resolves when what was being claimed is assigned or given back. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#unsubscribe();
    this.#cancelPoll();
    this.#served.close();
    await Promise.allSettled(this.#underWay);
  }

  /** Writes a submission, and gives the task to a delegate at once or puts it into its queue. */
  async begin(spec: TaskSpec, idempotency: Idempotency | undefined): Promise<CreateResult> {
    const route = routeOf(spec);
    const seat = this.#reserveAtOnce(route);
    if (!seat) return this.#beginQueued(spec, idempotency);
    try {
      const draft = await this.#deps.assigner.draft(spec, 1, spec.lookFirst, seat.session);
      // A fault of its secret is found again, and told, by whoever claims it.
      if ('failure' in draft) return await this.#beginQueued(spec, idempotency);
      const created = await this.#deps.store.create(spec, idempotency, draft.assignment);
      if (created.kind === 'key-reused') return created;
      const { record } = created;
      if (created.kind === 'fresh' && record.assignment) await this.#deps.assignments.give(seat, draft.message, record);
      else {
        if (created.kind === 'fresh') this.#deps.budget.foundFull(route);
        await this.#queueIfWaiting(record);
      }
      return created;
    } finally {
      this.#giveBack(seat);
    }
  }

  /** A slot came free, a session came, or a delegate may now be used: routes with work may go on. */
  onSlotFreed(): void {
    for (const served of this.#served.inOrder()) this.#pump(served);
  }

  /** Begins anew with a route that does not move on. */
  rebuild(route: Route): void {
    this.#deps.queue.rebuild(route);
    this.#pump(this.#served.reset(route));
  }

  /** Nothing of the route may wait: a fresh task does not overtake. A canary always takes the whole way. */
  #reserveAtOnce(route: Route): Seat | undefined {
    if (this.#state !== 'running' || route.type === 'canary' || this.#deps.budget.holdFor(route)) return undefined;
    const served = this.#served.get(route.id);
    if (served && (this.#served.mayHoldWork(served) || served.claiming > 0)) return undefined;
    return this.#deps.placement.reserveAtOnce(route);
  }

  async #beginQueued(spec: TaskSpec, idempotency: Idempotency | undefined): Promise<CreateResult> {
    const created = await this.#deps.store.create(spec, idempotency, undefined);
    if (created.kind !== 'key-reused') await this.#queueIfWaiting(created.record);
    return created;
  }

  /** Also for a task that is known: a submission that was interrupted may have left it without a job. */
  async #queueIfWaiting({ spec, state, attempt, notBefore }: TaskRecord): Promise<void> {
    if (state === 'queued') await this.#deps.queue.enqueue(routeOf(spec), spec.id, attempt + 1, notBefore);
  }

  #onWork(route: Route): void {
    const served = this.#served.sign(route);
    this.#pump(served);
  }

  /** Beside every notice: looks at all routes that hold something. */
  #poll(): void {
    this.#cancelPoll();
    if (this.#state !== 'running') return;
    this.#cancelPoll = this.#deps.clock.setTimer(this.#deps.timing.pollMs, () => this.#poll());
    this.#track(this.#lookAtAll());
  }

  async #lookAtAll(): Promise<void> {
    const { queue, placement } = this.#deps;
    const routes = await queue.busyRoutes();
    this.#served.keepOnly(new Set(routes.map(({ id }) => id)));
    placement.forgetStale();
    for (const route of routes) this.#pump(this.#served.sign(route));
    for (const route of routes) if (placement.headStartMs(route) !== undefined) await queue.recover(route);
    await queue.forgetIdle();
  }

  #pump(served: ServedRoute): void {
    const { placement, budget } = this.#deps;
    while (this.#state === 'running' && this.#served.mayHoldWork(served) && served.claiming < served.width) {
      const hold = budget.holdFor(served.route);
      if (hold) return this.#waitHold(served, hold.untilMs);
      const headStartMs = placement.headStartMs(served.route);
      if (headStartMs === undefined) return;
      const others = headStartMs > 0 && !(served.hasLetOthersGo && headStartMs <= this.#deps.timing.staggerMs);
      if (others) return this.#waitHeadStart(served, headStartMs);
      const seat = placement.reserve(served.route);
      if (!seat) return;
      this.#claim(served, seat);
    }
  }

  #claim(served: ServedRoute, seat: Seat): void {
    served.claiming += 1;
    this.#track(this.#claimFor(served, seat));
  }

  /** The instance is asked for nothing of this route until then; the poll looks again in any case. */
  #waitHold(served: ServedRoute, untilMs: number): void {
    const { clock, timing } = this.#deps;
    served.cancelHold ??= clock.setTimer(Math.min(untilMs - clock.now(), timing.pollMs), () => {
      served.cancelHold = undefined;
      this.#pump(served);
    });
  }

  /**
   * Lets others go first. What they leave is then taken as fast as it comes; only a delegate that is set aside, and will
   * most likely fail again, gets one task for each time that the others had.
   */
  #waitHeadStart(served: ServedRoute, ms: number): void {
    served.cancelHeadStart ??= this.#deps.clock.setTimer(ms, () => {
      served.cancelHeadStart = undefined;
      served.hasLetOthersGo = true;
      if (this.#state !== 'running' || !this.#served.mayHoldWork(served)) return;
      const seat = this.#deps.placement.reserve(served.route);
      if (seat) this.#claim(served, seat);
    });
  }

  async #claimFor(served: ServedRoute, seat: Seat): Promise<void> {
    const { signs } = served;
    let claim: Claim | undefined;
    try {
      claim = await this.#deps.queue.claim(served.route);
    } finally {
      served.claiming -= 1;
      if (!claim) {
        this.#served.foundEmpty(served, signs);
        this.#giveBack(seat);
      }
    }
    if (!claim) return this.#pump(served);
    this.#served.foundTask(served, widestClaims);
    this.#pump(served);
    try {
      await this.#place(claim, seat);
    } catch (error) {
      // Whatever went wrong, a claim that nobody serves must not be held: anyone may try again soon.
      await this.#deps.queue.putBack(claim, this.#deps.clock.now() + this.#deps.timing.pollMs);
      throw error;
    } finally {
      this.#giveBack(seat);
    }
  }

  /** Does with a claim what its record says. */
  async #place(claim: Claim, reserved: Seat): Promise<void> {
    const { store, queue, ends, assigner, assignments, clock } = this.#deps;
    const record = await store.read(claim.taskId);
    const decision = decideClaim(record, claim.attempt, clock.now());
    if (!record || decision.kind === 'done') return queue.done(claim);
    if (decision.kind === 'wait') return queue.putBack(claim, decision.untilMs);
    if (decision.kind === 'expire') {
      await ends.expire(record);
      return queue.done(claim);
    }
    const { attempt, lookFirst, avoid } = decision;
    const seat = this.#seatFor(record.spec, claim.route, reserved, avoid);
    if (!seat) {
      await ends.finishWaiting(record, {
        kind: 'cancelled',
        reason: 'the delegate that it was for has left, or drains',
      });
      return queue.done(claim);
    }
    try {
      const draft = await assigner.draft(record.spec, attempt, lookFirst, seat.session);
      if ('failure' in draft) {
        await ends.finishWaiting(record, { kind: 'failed', failure: draft.failure });
        return await queue.done(claim);
      }
      const assigned = await store.assign(record.spec, draft.assignment);
      if (assigned === 'no-place') {
        this.#deps.budget.foundFull(claim.route);
        this.#served.foundFull(claim.route.id);
        return await queue.putBack(claim, clock.now());
      }
      // Not due when somebody was quicker, or when it was cancelled: then nothing is left to do for this job.
      if (assigned === 'assigned')
        await assignments.give(seat, draft.message, withAssignment(record, draft.assignment));
      await queue.done(claim);
    } finally {
      if (seat !== reserved) this.#giveBack(seat);
    }
  }

  /** The delegate that the task is for, if it is for one; else another one first, for a task that this one has failed before. */
  #seatFor({ meantFor }: TaskSpec, route: Route, reserved: Seat, avoid: ReadonlySet<string>): Seat | undefined {
    if (meantFor) return this.#deps.placement.seatOf(meantFor.delegateId);
    if (!avoid.has(reserved.session.delegateId)) return reserved;
    const other = this.#deps.placement.reserve(route, avoid);
    if (other && !avoid.has(other.session.delegateId)) return other;
    if (other) this.#giveBack(other);
    return reserved;
  }

  /** Without effect on a seat that was filled. One that was not is offered to whoever found none free meanwhile. */
  #giveBack(seat: Seat): void {
    if (seat.release()) this.onSlotFreed();
  }

  /** Every background step has an owner here, and a failed one is logged: the poll beside it tries again. */
  #track(step: Promise<void>): void {
    const tracked = step
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'dispatch step failed'))
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}
