/**
 * One Redis, two managers, three delegates and a simulated ServiceNow as real programs, a TCP proxy on every arrow between
 * them, callers that submit tasks and start gates, and faults at exact instants. After each run a checker looks at what the
 * callers were told, what the API shows, what ServiceNow holds and what Redis holds, and says what must not be.
 *
 * A seed decides the plan of a run: which faults at which instants (cells.ts, plan.ts), and what the callers do. It does
 * not decide how the operating system schedules the programs, so a rare violation may take several repetitions.
 *
 * programs: world.ts, manager-site.ts, delegate-site.ts, redis-server.ts, under supervised.ts.
 * arrows: proxy.ts; instants: trip-wires.ts, ways.ts; faults: fault-script.ts, faults.ts, link-damage.ts.
 * callers: workload.ts, caller.ts. What is looked at: take-snapshot.ts. What must hold: checker.ts, check-*.ts.
 * gates, and who changes the tickets that they wait for: gates/gate-field.ts, ticket-actor.ts; when what must have ended:
 * gate-fate.ts, check-gates.ts. The shortest time-out is longer than a run, so some gates go through several.
 * bugs that must be found: planted.ts and planted/, put into a program as it is loaded.
 *
 * An instant that no run met is listed at the end: most likely the bytes that a wire looks for (ways.ts) have changed.
 */

import { parseArgs } from 'node:util';
import { type PlannedCell, readCell } from './cells.ts';
import { runChaos } from './chaos.ts';
import { type PlantedName, plantedNames } from './planted.ts';
import { describeRun, describeViolation } from './report.ts';

const usage = `npm run chaos -- [--runs N] [--seed S] [--cell INSTANT/FAULT]… [--planted NAME] [--keep-going] [--verbose]
  --runs        how many runs (296 meet every cell)
  --seed        of the first run; the next has the next number. A run is repeated with its own seed and --runs 1
  --cell        this cell in every run, instead of the one that its seed stands for
  --planted     a bug that must be found: ${plantedNames.join(', ')}
  --keep-going  does not stop at the first run with violations
  --verbose     a line for each run
`;

const progressEveryMs = 15_000;

const options = readOptions();
if (typeof options === 'string') {
  process.stderr.write(`${options}\n${usage}`);
  process.exit(2);
}
const { runs, seed, verbose, keepsGoing, planted, cells } = options;
// An exit ends the programs that run; a signal alone would leave them.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
say(`chaos: ${runs} runs from seed ${seed}`);
let toldAt = performance.now();
let done = 0;
const report = await runChaos({
  runs,
  seed,
  keepsGoing,
  ...(planted === undefined ? {} : { planted }),
  ...(cells.length === 0 ? {} : { cells }),
  onRun: (result, { violations }) => {
    done += 1;
    if (verbose || result.violations.length > 0) say(describeRun(result));
    for (const each of result.violations)
      for (const line of describeViolation({ ...each, seed: result.plan.seed })) say(line);
    if (result.violations.length > 0) say(`  again: ${againWith(result.plan.seed)}`);
    if (performance.now() - toldAt < progressEveryMs) return;
    toldAt = performance.now();
    say(`${done} of ${runs} runs, ${violations.length} violations`);
  },
  onLogs: (directory) => say(`logs and everything that was seen: ${directory}`),
});
for (const line of report.lines(seed)) say(line);
process.exitCode = report.violations.length > 0 ? 1 : 0;

function againWith(ofRun: number): string {
  const more = [...(cells.length > 0 ? process.argv.slice(2).filter((_, at, all) => isCellAt(all, at)) : [])];
  const plant = planted === undefined ? [] : ['--planted', planted];
  return ['npm run chaos -- --runs 1 --seed', String(ofRun), ...plant, ...more].join(' ');
}

function isCellAt(all: readonly string[], at: number): boolean {
  return all[at] === '--cell' || all[at - 1] === '--cell' || all[at]?.startsWith('--cell=') === true;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: 'string', default: '296' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        cell: { type: 'string', multiple: true, default: [] },
        planted: { type: 'string' },
        'keep-going': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
    const planted = plantedNames.find((name) => name === values.planted);
    if (values.planted !== undefined && planted === undefined) return `there is no bug ${values.planted} to plant`;
    return {
      runs: readCount('runs', values.runs),
      seed: readCount('seed', values.seed),
      cells: values.cell.map(readOneCell),
      planted: planted satisfies PlantedName | undefined,
      keepsGoing: values['keep-going'],
      verbose: values.verbose,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readCount(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name}: expected a whole number, not ${text}`);
  return Number(text);
}

function readOneCell(text: string): PlannedCell {
  const cell = readCell(text);
  if (cell === undefined) throw new Error(`--cell: there is no cell ${text}; a cell is INSTANT/FAULT, or quiet`);
  return cell;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
