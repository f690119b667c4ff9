import type { Logger } from '#runtime/logger.ts';
import { Admission } from './core/admission.ts';
import { Assigner } from './core/assigner.ts';
import { Assignments } from './core/assignments.ts';
import { AttemptEnds } from './core/attempt-ends.ts';
import { Canaries } from './core/canary.ts';
import type { Clock } from './core/clock.ts';
import { DelegateApprovals } from './core/delegate-approvals.ts';
import { DelegateSessions } from './core/delegate-sessions.ts';
import { Dispatcher } from './core/dispatcher.ts';
import { Explainer } from './core/explainer.ts';
import { Fleet } from './core/fleet.ts';
import { InstanceBudget } from './core/instance-budget.ts';
import { LeaseWatch } from './core/lease-watch.ts';
import { Placement } from './core/placement.ts';
import { Reachability } from './core/reachability.ts';
import { Roster } from './core/roster.ts';
import type { Secrets } from './core/secrets.ts';
import { TaskEnds } from './core/task-ends.ts';
import { TaskExpiry } from './core/task-expiry.ts';
import { TaskProgress } from './core/task-progress.ts';
import { Tasks } from './core/tasks.ts';
import type { Timing } from './core/timing.ts';
import type { Tokens } from './core/tokens.ts';
import type { Waiters } from './core/waiters.ts';
import { newId, sha256 } from './crypto/ids.ts';
import { isSealKey } from './crypto/seal.ts';
import type { RedisHealth } from './redis/health.ts';
import type { Stores } from './stores.ts';

interface Deps {
  readonly stores: Stores;
  readonly health: RedisHealth;
  readonly waiters: Waiters;
  readonly secrets: Secrets;
  readonly delegateTokens: Tokens;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timing: Timing;
  readonly managerId: string;
}

/** Wires what brings tasks to delegates and their ends back. */
export function createDispatch(deps: Deps) {
  const { stores, health, waiters, secrets, delegateTokens, clock, log, timing, managerId } = deps;
  const { tasks: store, queue, directory, notices } = stores;
  const onSlotFreed = () => dispatcher.onSlotFreed();
  const roster = new Roster();
  const reach = new Reachability({
    store: stores.reach,
    notices,
    clock,
    newId,
    log,
    timing,
    onChange: onSlotFreed,
  });
  const fleet = new Fleet({ directory, roster, reach, health, notices, clock, log, timing });
  const budget = new InstanceBudget({ store: stores.loads, notices, clock, log, onFreed: onSlotFreed });
  const explainer = new Explainer({ fleet, budget, clock, timing });
  const ends = new TaskEnds({ store, queue, explainer, notices, waiters, clock });
  const attemptEnds = new AttemptEnds({ store, queue, ends, clock, log, timing });
  const progress = new TaskProgress({ store: stores.progress, notices, log });
  const assignments = new Assignments({
    store,
    attemptEnds,
    reach,
    progress,
    budget,
    roster,
    health,
    clock,
    log,
    timing,
    onSlotFreed,
  });
  const placement = new Placement({ roster, fleet, reach, clock, timing, managerId });
  const assigner = new Assigner({ secrets, clock, timing });
  const dispatcher = new Dispatcher({
    store,
    queue,
    ends,
    placement,
    budget,
    assigner,
    assignments,
    notices,
    clock,
    log,
    timing,
  });
  const tasks = new Tasks({ store, progress, dispatcher, ends, notices, waiters, clock, newId, hash: sha256 });
  const canaries = new Canaries({
    tasks,
    dispatcher,
    roster,
    health,
    clock,
    log,
    timing,
    managerId,
    onOnline: (session) => sessions.cameOnline(session),
  });
  const approvals = new DelegateApprovals({ store: stores.delegateApprovals, directory, notices, clock });
  const admission = new Admission({
    tokens: delegateTokens,
    approvals,
    directory,
    fleet,
    health,
    clock,
    newId,
    isSealKey,
    log,
    managerId,
    timing,
  });
  const sessions = new DelegateSessions({
    tokens: delegateTokens,
    approvals,
    directory,
    roster,
    placement,
    reach,
    canaries,
    assignments,
    dispatcher,
    notices,
    health,
    clock,
    log,
    timing,
  });
  const leases = new LeaseWatch({ store, attemptEnds, clock, timing });
  const expiry = new TaskExpiry({ store, queue, ends, clock });
  return {
    roster,
    reach,
    fleet,
    budget,
    explainer,
    dispatcher,
    tasks,
    canaries,
    approvals,
    admission,
    sessions,
    leases,
    expiry,
  };
}
