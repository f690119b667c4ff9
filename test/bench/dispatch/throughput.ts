import { tuneBareCycle } from '../baseline.ts';
import type { Bench, PartResult } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { formatBusy, metered } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import { type Site, startWorld } from '../world.ts';
import { joinWarm } from './join-warm.ts';

/** Tasks a second with many under way, submitted in the manager's process, by the number of delegates. */
export async function benchThroughput(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  await using world = await startWorld(bench);
  const { redis } = world;
  const baseline = await world.startBaseline();
  const fleet = await world.startFleet();
  const counts = [1, sizes.few, sizes.many];
  const sites = new Map<number, Site>();
  // Each number of delegates has managers and a directory of its own, where no others have ever been.
  for (const count of counts) sites.set(count, await world.startSite(`delegates-${count}`));
  const concurrency = await tuneBareCycle(baseline, bench);
  const { measureMs: durationMs, inFlight: width } = sizes;
  const measureBare = () =>
    metered({ 'bare BullMQ': baseline.pid, redis: redis.pid }, () =>
      baseline.call('load', { durationMs, width, concurrency }),
    );
  const measureOurs = async (site: Site, count: number) => {
    await using joined = await joinWarm(fleet, site, { count }, bench);
    const pids = { manager: site.manager.pid, redis: redis.pid, delegates: fleet.child.pid };
    const measured = await metered(pids, () => site.manager.call('load', { durationMs, width }));
    return { ...measured, serving: await joined.countServing() };
  };
  const found = new Rounds<string>();
  let notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const bare = await measureBare();
    found.add('bare', bare.result.perSecond);
    found.add('bare cpu', cpuPerTask(bare, ['bare BullMQ', 'redis']));
    notes = [`busy, bare BullMQ (concurrency ${concurrency}): ${formatBusy(bare)}`];
    for (const [count, site] of sites) {
      const ours = await measureOurs(site, count);
      found.add(`${count}`, ours.result.perSecond);
      found.add(`${count} cpu`, cpuPerTask(ours, ['manager', 'redis']));
      notes.push(`busy, ${count} delegates (${ours.serving} served): ${formatBusy(ours)}`);
    }
  }
  return { figures: figuresOf(found, counts, sizes.few), notes };
}

function figuresOf(found: Rounds<string>, counts: readonly number[], few: number): Figure[] {
  const against = { name: 'bare BullMQ, full cycle', values: found.of('bare') };
  const name = (count: number) => `throughput in process, ${count} ${count === 1 ? 'delegate' : 'delegates'}`;
  return [
    ...counts.map(
      (count): Figure => ({
        name: name(count),
        unit: 'tasks/s',
        ours: found.of(`${count}`),
        baseline: against,
        judged: 'ratio',
        ...(count === few ? { goal: { bound: 'at-least', reach: 0.8, stretch: 2 } } : {}),
      }),
    ),
    ...counts
      .filter((count) => count > 1)
      .map(
        (count): Figure => ({
          name: name(count),
          unit: 'tasks/s',
          ours: found.of(`${count}`),
          baseline: { name: 'with 1 delegate', values: found.of('1') },
          judged: 'ratio',
          goal: { bound: 'at-least', reach: 0.8 },
        }),
      ),
    {
      name: `CPU of manager and Redis for a task, ${few} delegates`,
      unit: 'µs',
      ours: found.of(`${few} cpu`),
      baseline: { name: 'bare BullMQ and Redis', values: found.of('bare cpu') },
      judged: 'ratio',
      goal: { bound: 'at-most', reach: 1.25, stretch: 0.45 },
    },
  ];
}

function cpuPerTask(
  { cpuSeconds, result }: { cpuSeconds: Readonly<Record<string, number>>; result: { count: number } },
  names: readonly string[],
): number {
  const used = names.reduce((sum, name) => sum + (cpuSeconds[name] ?? Number.NaN), 0);
  return (used / result.count) * 1_000_000;
}
