import type { Redis } from 'ioredis';
import type { Operation } from './caller.ts';
import { check } from './checker.ts';
import { findComplaints } from './complaints.ts';
import { FaultScript } from './fault-script.ts';
import type { InjectedFault } from './faults.ts';
import type { Ledger } from './ledger.ts';
import type { Plan } from './plan.ts';
import type { Snapshot } from './snapshot.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { endsWithinMs } from './timing.ts';
import type { Violation } from './violation.ts';
import { Workload } from './workload.ts';
import type { World } from './world.ts';

export interface RunResult {
  readonly plan: Plan;
  readonly tookMs: number;
  /** Until the work was done and the faults were over; until everything was up; until nothing was left to tidy. */
  readonly phases: { readonly workMs: number; readonly wholeMs: number; readonly quietMs: number };
  readonly operations: readonly Operation[];
  readonly faults: readonly InjectedFault[];
  readonly snapshot: Snapshot;
  readonly violations: readonly Violation[];
}

const wholeWithinMs = 30_000;

/** One run in a world that is whole: work, faults in the middle of it, and what is true when all of it is over. */
export async function runOnce(world: World, redis: Redis, plan: Plan, ledger: Ledger): Promise<RunResult> {
  const startedMs = performance.now();
  const untilMs = startedMs + endsWithinMs;
  const overdue: string[] = [];
  const faults = new FaultScript(world, plan.faults);
  const workload = new Workload(world, plan, untilMs);
  await faults.provoke();
  await workload.submitAll();
  while (faults.isPending) {
    await Promise.race([faults.met, workload.ended()]);
    if (!faults.isPending) break;
    // One fault may keep the instant of another from coming.
    await faults.lull();
    await faults.widen();
    if (!(await workload.submitReserve())) break;
  }
  await faults.over();
  await workload.ended();
  const workedMs = performance.now();
  await world.makeWhole(wholeWithinMs).catch((error: unknown) => overdue.push(String(error)));
  const wholeMs = performance.now();
  const { operations } = workload;
  const seen = {
    operations,
    earlier: ledger.outcomes,
    unclaimed: ledger.unclaimed,
    faults: [...faults.injected.map(({ fault }) => fault), ...faults.provoked],
    unasked: world.unaskedEnds(),
    complaints: findComplaints(world.programs),
  };
  const snapshot = await takeSnapshot(world, redis, seen, overdue);
  const violations = check(snapshot);
  const endedMs = performance.now();
  const phases = { workMs: workedMs - startedMs, wholeMs: wholeMs - workedMs, quietMs: endedMs - wholeMs };
  return { plan, tookMs: endedMs - startedMs, phases, operations, faults: faults.injected, snapshot, violations };
}
