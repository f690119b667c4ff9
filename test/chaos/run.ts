import type { Redis } from 'ioredis';
import type { Operation } from './caller.ts';
import { check } from './checker.ts';
import { findComplaints } from './complaints.ts';
import { FaultScript } from './fault-script.ts';
import type { InjectedFault } from './faults.ts';
import { checkGates } from './gates/check-gates.ts';
import type { GateField } from './gates/gate-field.ts';
import { type GateSnapshot, takeGateSnapshot } from './gates/gate-snapshot.ts';
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
  /**
   * Until the work was done and the faults were over; until everything was up; until all gates that are decided had ended;
   * until nothing was left to tidy.
   */
  readonly phases: {
    readonly workMs: number;
    readonly wholeMs: number;
    readonly gatesMs: number;
    readonly quietMs: number;
  };
  readonly operations: readonly Operation[];
  readonly faults: readonly InjectedFault[];
  readonly snapshot: Snapshot;
  readonly gates: GateSnapshot;
  readonly violations: readonly Violation[];
}

const wholeWithinMs = 30_000;

/** What a run finds, and leaves to the next. */
export interface RunIn {
  readonly world: World;
  readonly redis: Redis;
  readonly ledger: Ledger;
  readonly gates: GateField;
  /** Of this world: every gate ends in it. */
  readonly isLast: boolean;
}

/** One run in a world that is whole: work, faults in the middle of it, and what is true when all of it is over. */
export async function runOnce({ world, redis, ledger, gates, isLast }: RunIn, plan: Plan): Promise<RunResult> {
  const startedMs = performance.now();
  const untilMs = startedMs + endsWithinMs;
  const overdue: string[] = [];
  const workload = new Workload(world, plan, untilMs);
  const beginStories = await gates.prepare(plan.seed, plan.tickets, untilMs);
  const reserved = await gates.prepareEach(plan.seed, plan.reserveTickets, untilMs);
  // Gates of earlier runs are polled meanwhile: a fault that waited for that would strike the tickets being made.
  const faults = new FaultScript(world, plan.faults);
  await faults.provoke();
  beginStories();
  gates.loseReceiver(plan.receiverAwayMs);
  if (isLast) gates.dissolveCrowd();
  await workload.submitAll();
  while (faults.isPending) {
    await Promise.race([faults.met, Promise.all([workload.ended(), gates.done()])]);
    if (!faults.isPending) break;
    // One fault may keep the instant of another from coming.
    await faults.lull();
    await faults.widen();
    reserved.shift()?.();
    if (!(await workload.submitReserve())) break;
  }
  await faults.over();
  await Promise.all([workload.ended(), gates.done()]);
  const workedMs = performance.now();
  await world.makeWhole(wholeWithinMs).catch((error: unknown) => overdue.push(String(error)));
  const wholeMs = performance.now();
  const wholeAt = Date.now();
  await gates.settle(wholeAt, isLast).catch((error: unknown) => overdue.push(String(error)));
  const settledMs = performance.now();
  const { operations } = workload;
  const seen = {
    operations,
    earlier: ledger.outcomes,
    unclaimed: ledger.unclaimed,
    faults: [...faults.injected.map(({ fault }) => fault), ...faults.provoked],
    unasked: world.unaskedEnds(),
    complaints: findComplaints(world.programs),
  };
  const gateSnapshot = await takeGateSnapshot(world, redis, gates, { wholeAt, earlier: ledger.gateEnds, isLast });
  const snapshot = await takeSnapshot(world, redis, seen, overdue);
  const violations = [...check(snapshot), ...checkGates(gateSnapshot)];
  const endedMs = performance.now();
  const phases = {
    workMs: workedMs - startedMs,
    wholeMs: wholeMs - workedMs,
    gatesMs: settledMs - wholeMs,
    quietMs: endedMs - settledMs,
  };
  const told = { plan, operations, faults: faults.injected, snapshot, gates: gateSnapshot, violations };
  return { ...told, tookMs: endedMs - startedMs, phases };
}
