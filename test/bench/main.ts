import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Part } from './bench.ts';
import { dispatchParts } from './dispatch.ts';
import type { Figure } from './figure.ts';
import { gateParts } from './gates.ts';
import { describeMachine, formatMachine } from './machine.ts';
import { formatTable, toData } from './report.ts';
import { fullSizes, quickSizes } from './sizes.ts';

const benches: Readonly<Record<string, readonly Part[]>> = { dispatch: dispatchParts, gates: gateParts };

const usage = `npm run bench -- [BENCH…] [--rounds N] [--only PART]… [--quick] [--json] [--profile DIRECTORY]

benches: ${Object.entries(benches)
  .map(([name, parts]) => `${name} (${parts.map((part) => part.name).join(', ')})`)
  .join('; ')}
--rounds   how often each figure is measured; the median counts. 3 unless given; 5 for figures to be quoted
--quick    small and short: to see that all of it runs
--profile  where the managers write CPU profiles when they end
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const names = positionals.length > 0 ? positionals : Object.keys(benches);
const chosen = names
  .flatMap((name) => benches[name] ?? [])
  .filter(({ name }) => values.only.length === 0 || values.only.includes(name));
const rounds = Number(values.rounds);
const isAsked = names.every((name) => benches[name]) && chosen.length > 0 && Number.isInteger(rounds) && rounds > 0;
if (values.help || !isAsked) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}

const directory = await mkdtemp(join(tmpdir(), 'ticketgate-bench-'));
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.once(signal, () => {
    rmSync(directory, { recursive: true, force: true });
    // The processes that were started see for themselves that this one is gone.
    process.exit(code);
  });
const bench: Bench = {
  rounds,
  sizes: values.quick ? quickSizes : fullSizes,
  directory,
  profileDirectory: values.profile,
};
const say = (text: string) => (values.json ? process.stderr : process.stdout).write(text);
const machine = describeMachine();
const figures: Figure[] = [];
const notes: string[] = [];
say(`${formatMachine(machine)}${rounds} rounds${values.quick ? ', quick: the figures mean nothing' : ''}\n\n`);
for (const { name, run } of chosen) {
  const startedAt = performance.now();
  try {
    const result = await run(bench);
    figures.push(...result.figures);
    notes.push(...result.notes.map((note) => `${name}: ${note}`));
  } catch (error) {
    // The other parts are worth having all the same.
    process.exitCode = 1;
    notes.push(`${name}: FAILED, see the logs in ${directory}: ${error instanceof Error ? error.stack : error}`);
  }
  say(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(0)} s\n`);
}
if (values.json)
  process.stdout.write(`${JSON.stringify({ machine, rounds, figures: toData(figures), notes }, null, 2)}\n`);
else process.stdout.write(`\n${formatTable(figures)}\n${notes.map((note) => `${note}\n`).join('')}`);
if (process.exitCode !== 1) await rm(directory, { recursive: true, force: true });
