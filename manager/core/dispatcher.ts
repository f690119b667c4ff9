import { failure } from '#protocol/failure.ts';
import { taskTypes } from '#protocol/task-types.ts';
import type { Assignments } from './assignments.ts';
import { type ClaimDecision, decideClaim } from './claim-policy.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Roster, Seat } from './roster.ts';
import type { Secrets } from './secrets.ts';
import type { Claim, TaskQueue } from './task-queue.ts';
import type { Assignment, Route, TaskRecord } from './task-record.ts';
import type { TaskStore } from './task-store.ts';
import type { Tasks } from './tasks.ts';
import type { Timing } from './timing.ts';
import type { Notices } from './waiters.ts';

interface Deps {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly tasks: Tasks;
  readonly secrets: Secrets;
  readonly roster: Roster;
  readonly assignments: Assignments;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
}

interface ServedRoute {
  readonly route: Route;
  /** Counts the signs of work; a claim that found nothing is believed only if none came meanwhile. */
  signs: number;
  emptyAtSign: number;
  claiming: number;
  /** Parallel claims: doubled by each that finds a task, so that one task does not cause many vain ones. */
  width: number;
}

const widestClaims = 16;

/**
 * Claims a task when a session of this manager has a free slot for its route, and assigns it. Nothing is ever parked
 * here: what nobody can take waits in its route's queue.
 */
export class Dispatcher {
  readonly #deps: Deps;
  readonly #served = new Map<string, ServedRoute>();
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
      if (notice.kind === 'route-has-work') this.#onWork(notice.routeId);
    });
    this.#poll();
  }

  /** Takes nothing more; resolves when what was being claimed is assigned or given back. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#unsubscribe();
    this.#cancelPoll();
    await Promise.allSettled(this.#underWay);
  }

  /** A slot came free, or a session came: routes with work may go on. */
  onSlotFreed(): void {
    for (const served of this.#byPriority()) this.#pump(served);
  }

  #onWork(routeId: string): void {
    const served = this.#served.get(routeId);
    if (served) {
      served.signs += 1;
      this.#pump(served);
    } else this.#refresh();
  }

  /** Beside every notice: looks at all routes, as if each had work. */
  #poll(): void {
    this.#cancelPoll();
    if (this.#state !== 'running') return;
    this.#cancelPoll = this.#deps.clock.setTimer(this.#deps.timing.pollMs, () => this.#poll());
    this.#refresh();
  }

  #refresh(): void {
    this.#track(this.#learnRoutes());
  }

  async #learnRoutes(): Promise<void> {
    const routes = await this.#deps.queue.routes();
    const known = new Set(routes.map(({ id }) => id));
    for (const [id, served] of this.#served) if (!known.has(id) && served.claiming === 0) this.#served.delete(id);
    for (const route of routes) {
      const served = this.#served.get(route.id) ?? { route, signs: 0, emptyAtSign: -1, claiming: 0, width: 1 };
      served.signs += 1;
      this.#served.set(route.id, served);
    }
    for (const served of this.#byPriority()) this.#pump(served);
  }

  #byPriority(): ServedRoute[] {
    return [...this.#served.values()].sort(
      (a, b) => taskTypes[a.route.type].priority - taskTypes[b.route.type].priority,
    );
  }

  #pump(served: ServedRoute): void {
    while (this.#state === 'running' && served.emptyAtSign < served.signs && served.claiming < served.width) {
      const seat = this.#deps.roster.reserve(served.route);
      if (!seat) return;
      this.#deps.queue.watch(served.route);
      served.claiming += 1;
      this.#track(this.#claimFor(served, seat));
    }
  }

  async #claimFor(served: ServedRoute, seat: Seat): Promise<void> {
    const { signs } = served;
    let claim: Claim | undefined;
    try {
      claim = await this.#deps.queue.claim(served.route);
    } finally {
      served.claiming -= 1;
      if (!claim) {
        seat.release();
        served.emptyAtSign = Math.max(served.emptyAtSign, signs);
        served.width = 1;
      }
    }
    if (!claim) return this.#pump(served);
    served.width = Math.min(widestClaims, served.width * 2);
    this.#pump(served);
    try {
      await this.#place(claim, seat);
    } catch (error) {
      // Whatever went wrong, a claim that nobody serves must not be held: anyone may try again soon.
      await this.#deps.queue.defer(claim, this.#deps.clock.now() + this.#deps.timing.pollMs);
      throw error;
    } finally {
      // Without effect on a seat that was filled.
      seat.release();
    }
  }

  /** Does with a claim what its record says. */
  async #place(claim: Claim, seat: Seat): Promise<void> {
    const { store, queue, tasks, assignments } = this.#deps;
    const record = await store.read(claim.taskId);
    const decision = this.#decide(record);
    if (!record || decision.kind === 'settle') return queue.settle(claim);
    switch (decision.kind) {
      case 'expire':
        await tasks.expire(record);
        return queue.settle(claim);
      case 'adopt':
        if (!assignments.adopt(claim, { taskId: claim.taskId, attempt: decision.attempt }))
          await queue.defer(claim, this.#deps.clock.now() + this.#deps.timing.leaseMs);
        return;
      case 'wait':
        return queue.defer(claim, decision.untilMs);
      case 'lost':
        // Whatever came of it, the record has changed: decide anew.
        await assignments.giveUp(record);
        return this.#place(claim, seat);
      case 'assign':
        return this.#assign(claim, seat, record, decision);
    }
  }

  #decide(record: TaskRecord | undefined): ClaimDecision {
    const { clock, timing, roster } = this.#deps;
    return decideClaim(record, {
      now: clock.now(),
      settleMs: timing.settleMs,
      isHere: (delegateId, taskId, attempt) => roster.hasInFlight(delegateId, taskId, attempt),
    });
  }

  async #assign(
    claim: Claim,
    reserved: Seat,
    record: TaskRecord,
    { attempt, lookFirst, avoid }: Extract<ClaimDecision, { kind: 'assign' }>,
  ): Promise<void> {
    const { store, queue, tasks, secrets, roster, assignments, clock, timing } = this.#deps;
    const { spec } = record;
    const better = avoid.has(reserved.session.delegateId) ? roster.reserve(claim.route, avoid) : undefined;
    const seat = better && !avoid.has(better.session.delegateId) ? better : reserved;
    try {
      const { session } = seat;
      const secret = await secrets.sealFor(spec.target.secretName, session.sealKey, {
        taskId: spec.id,
        attempt,
        field: 'password',
      });
      if ('fault' in secret) {
        const unusable = secretUnusable(secret.fault, spec.target.secretName);
        await tasks.finish(spec, { kind: 'failed', failure: unusable }, { seen: record });
        return await queue.settle(claim);
      }
      const now = clock.now();
      const assignment: Assignment = {
        attempt,
        delegateId: session.delegateId,
        delegateName: session.name,
        assignedAt: now,
        leaseUntil: now + timing.leaseMs + timing.leaseMarginMs,
        accepted: false,
      };
      if (!(await store.assign(spec.id, assignment))) return await queue.defer(claim, now);
      await assignments.give(claim, seat, {
        type: 'task.assign',
        taskId: spec.id,
        attempt,
        taskType: spec.type,
        params: spec.params,
        target: {
          baseUrl: spec.target.baseUrl,
          authentication: { kind: 'basic', username: spec.target.username, password: secret.sealed },
        },
        leaseMs: timing.leaseMs,
        timeoutMs: Math.max(1, Math.min(spec.runMs, spec.deadlineAt - now)),
        settleMs: timing.settleMs,
        lookFirst,
        correlationId: spec.correlationId,
      });
    } finally {
      if (better) better.release();
    }
  }

  /** Every background step has an owner here, and a failed one is logged: the poll beside it tries again. */
  #track(step: Promise<void>): void {
    const tracked = step
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'dispatch step failed'))
      .finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}

function secretUnusable(fault: string, secretName: string) {
  return failure(
    'connector-gone',
    fault,
    `Store it again (ticketgate secret set ${secretName} --from-stdin), or give the manager the master key that it was stored under; then repeat the step.`,
  );
}
