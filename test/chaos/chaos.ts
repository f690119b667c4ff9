import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlannedCell } from './cells.ts';
import { Crowd } from './gates/crowd.ts';
import { GateField } from './gates/gate-field.ts';
import { Ledger } from './ledger.ts';
import { planRun, withStories } from './plan.ts';
import { type PlantedName, plant } from './planted.ts';
import { Report } from './report.ts';
import { type RunResult, runOnce } from './run.ts';
import { startWorld, type World } from './world.ts';

export interface ChaosOptions {
  readonly runs: number;
  readonly seed: number;
  readonly planted?: PlantedName;
  /** These instead of the cells that the seeds stand for. */
  readonly cells?: readonly PlannedCell[];
  /** Goes on after a run with violations. */
  readonly keepsGoing: boolean;
  /** Goes on until a rule of such a name is broken: a bug may break another one first. */
  readonly until?: RegExp;
  readonly onRun: (result: RunResult, report: Report) => void;
  /** Told where the logs of a run with violations are; they are kept only then. */
  readonly onLogs?: (directory: string) => void;
}

const runsPerWorld = 20;

/** Runs one seed after the other; a world serves several, unless something in it cannot be mended. */
export async function runChaos(options: ChaosOptions): Promise<Report> {
  const planted = options.planted === undefined ? undefined : plant(options.planted);
  const cells = options.cells ?? planted?.cells;
  const report = new Report();
  for (let done = 0; done < options.runs; ) {
    await using world = await startWorld(planted);
    const redis = world.openRedis();
    redis.on('error', () => {});
    const firstSeed = options.seed + done;
    const gates = new GateField(
      world,
      !planted && isCrowded(firstSeed) ? await Crowd.gather(world, firstSeed) : undefined,
    );
    try {
      const ledger = new Ledger();
      for (let served = 0; served < runsPerWorld && done < options.runs; served += 1) {
        const isLast = served === runsPerWorld - 1 || done === options.runs - 1;
        const plan = withStories(planRun(options.seed + done, cells), planted?.stories ?? []);
        const result = await runOnce({ world, redis, ledger, gates, isLast }, plan);
        done += 1;
        report.add(result);
        ledger.add(result.snapshot);
        ledger.addGates(result.gates);
        if (result.violations.length > 0 && options.onLogs) options.onLogs(await writeLogs(world, result));
        options.onRun(result, report);
        const { until = /./ } = options;
        if (result.violations.some(({ rule }) => until.test(rule)) && !options.keepsGoing) return report;
        if (!isSound(result)) break;
      }
    } finally {
      await gates.close();
      redis.disconnect();
    }
  }
  return report;
}

/** Every other world has a large poll group: it takes its time to make. */
function isCrowded(firstSeed: number): boolean {
  return firstSeed % (2 * runsPerWorld) >= runsPerWorld;
}

/** Whether the next run can begin in the same world. */
function isSound({ violations }: RunResult): boolean {
  return violations.length === 0;
}

async function writeLogs(
  { programs, simulator }: World,
  { plan, snapshot, faults, gates, violations }: RunResult,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), `ticketgate-chaos-seed-${plan.seed}-`));
  for (const { name, log } of programs) await writeFile(join(directory, `${name}.log`), log);
  const { families: _, remains: __, ...seen } = snapshot;
  const told = {
    plan,
    faults,
    violations,
    gates: { ...gates, idsOf: [...gates.idsOf], readings: [...gates.readings], earlier: [...gates.earlier] },
    snapshot: { ...seen, earlier: [...seen.earlier], unclaimed: [...seen.unclaimed] },
  };
  await writeFile(join(directory, 'run.json'), JSON.stringify(told, undefined, 1));
  await writeFile(join(directory, 'requests.json'), JSON.stringify(await simulator.requests(), undefined, 1));
  return directory;
}
