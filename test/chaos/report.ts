import type { Operation } from './caller.ts';
import { cellCount, type FaultKind, faultKinds, instants, nameCell } from './cells.ts';
import { findCauses } from './check-explanations.ts';
import { GateReport } from './gates/gate-report.ts';
import { isUnknown, shown, taskIdsOf } from './outcome-of.ts';
import type { PlannedFault } from './plan.ts';
import type { RunResult } from './run.ts';
import type { ShownTask } from './snapshot.ts';
import type { Violation } from './violation.ts';

export interface FoundViolation extends Violation {
  readonly seed: number;
}

/** Adds up runs, and says what they showed. */
export class Report {
  readonly #planned = new Map<string, number>();
  readonly #hit = new Map<string, number>();
  readonly #faults = new Map<FaultKind, number>();
  readonly #outcomes = new Map<string, number>();
  readonly #unknown: string[] = [];
  readonly #explained: string[] = [];
  readonly #violations: FoundViolation[] = [];
  readonly #gates = new GateReport();
  #runs = 0;
  #quiet = 0;
  #tasks = 0;
  #tickets = 0;
  #rows = 0;
  #perhaps = 0;
  #tookMs = 0;

  get violations(): readonly FoundViolation[] {
    return this.#violations;
  }

  add(result: RunResult): void {
    const { plan, faults, violations, snapshot, operations } = result;
    this.#runs += 1;
    this.#tookMs += result.tookMs;
    if (plan.faults.length === 0) this.#quiet += 1;
    for (const planned of plan.faults) count(this.#planned, nameCell(planned));
    for (const injected of faults) {
      count(this.#hit, nameCell(injected));
      count(this.#faults, injected.fault);
    }
    for (const operation of operations) {
      const [taskId] = taskIdsOf(operation, snapshot);
      if (operation.submissions.every(({ result: told }) => told !== 'accepted')) this.#perhaps += 1;
      const task = taskId === undefined ? undefined : shown(taskId, snapshot);
      if (task) this.#addTask(task, operation, result);
    }
    const markers = new Set(operations.map(({ marker }) => marker));
    this.#tickets += snapshot.tickets.filter(({ short_description: text = '' }) => markers.has(text)).length;
    this.#rows += snapshot.importRows.filter(({ u_title: text = '' }) => markers.has(text)).length;
    this.#gates.add(result.gates, plan.seed);
    this.#violations.push(...violations.map((each) => ({ ...each, seed: plan.seed })));
  }

  /** Planned cells whose instant never came. */
  missed(): string[] {
    return [...this.#planned.keys()].filter((cell) => !this.#hit.has(cell));
  }

  lines(seed: number): string[] {
    return [
      `runs ${this.#runs} (${this.#quiet} without a fault), seed ${seed}, ${(this.#tookMs / Math.max(1, this.#runs) / 1_000).toFixed(1)} s a run`,
      `tasks ${this.#tasks}: ${list(this.#outcomes)}; ${this.#perhaps} submissions without an answer`,
      `tickets ${this.#tickets}, imported rows ${this.#rows}`,
      ...this.#gates.lines(),
      `faults: ${list(this.#faults)}`,
      '',
      ...this.#matrix(),
      '',
      `planned and never met: ${this.missed().join(', ') || 'none'}`,
      `unknown outcomes ${this.#unknown.length}`,
      ...this.#unknown.map((line) => `  ${line}`),
      `failed otherwise ${this.#explained.length}`,
      ...this.#explained.map((line) => `  ${line}`),
      `violations ${this.#violations.length}`,
      ...this.#violations.flatMap(describeViolation),
    ];
  }

  #addTask(task: ShownTask, operation: Operation, { plan, snapshot }: RunResult): void {
    this.#tasks += 1;
    count(this.#outcomes, isUnknown(task) ? 'outcome unknown' : task.state);
    const { outcome } = task;
    if (outcome?.kind !== 'failed') return;
    const causes = findCauses(task, operation, snapshot).join(', ') || 'nothing';
    const asked = operation.cancellation === 'not asked' ? '' : ', to be cancelled';
    const line = `seed ${plan.seed}: ${task.type} ${task.id}${asked} ${outcome.failure.code}, justified by ${causes}: ${outcome.failure.message}`;
    (isUnknown(task) ? this.#unknown : this.#explained).push(line);
  }

  /** How often each cell was met; a few runs leave most of it empty, which is left out. */
  #matrix(): string[] {
    const width = Math.max(...faultKinds.map((kind) => kind.length)) + 2;
    const heading = ' '.repeat(width) + instants.map((instant) => instant.padStart(20)).join('');
    const rows = faultKinds.map((fault) => ({
      fault,
      hits: instants.map((instant) => this.#hit.get(nameCell({ instant, fault })) ?? 0),
    }));
    const shown = rows.filter(({ hits }) => this.#runs >= cellCount || hits.some((times) => times > 0));
    const lines = shown.map(
      ({ fault, hits }) => fault.padEnd(width) + hits.map((times) => String(times).padStart(20)).join(''),
    );
    return lines.length === 0 ? [] : [heading, ...lines];
  }
}

export function describeViolation({ seed, rule, what, evidence }: FoundViolation): string[] {
  return [`  seed ${seed} [${rule}] ${what}`, `    ${JSON.stringify(evidence)?.slice(0, 1_500) ?? ''}`];
}

/** One line for one run. */
export function describeRun({ plan, tookMs, phases, faults, operations, violations }: RunResult): string {
  const told = faults.map(
    ({ instant, fault, target, atMs, detail }) => `${instant}/${fault} of ${target} at ${atMs} ms (${detail})`,
  );
  const unmet = plan.faults.length - faults.length;
  return [
    `seed ${plan.seed}`,
    `${seconds(tookMs)} (work ${seconds(phases.workMs)}, whole ${seconds(phases.wholeMs)}, gates ${seconds(phases.gatesMs)}, quiet ${seconds(phases.quietMs)})`,
    `${operations.length} operations`,
    told.join(' + ') || (plan.faults.length === 0 ? 'no fault' : 'no fault met'),
    ...(unmet > 0 ? [`${unmet} not met: ${plan.faults.map((fault: PlannedFault) => nameCell(fault)).join(', ')}`] : []),
    `${violations.length} violations`,
  ].join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function count<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, times]) => `${name} ${times}`).join(', ');
}
