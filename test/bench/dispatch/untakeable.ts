import type { Bench, PartResult } from '../bench.ts';
import { formatBusy, metered } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import { type Site, startWorld } from '../world.ts';
import { joinWarm } from './join-warm.ts';

/** Throughput beside very many tasks that wait for a delegate that there is not. */
export async function benchUntakeable(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  const { untakeable, few: count, measureMs: durationMs, inFlight: width } = sizes;
  await using world = await startWorld(bench);
  const fleet = await world.startFleet();
  const sites = { without: await world.startSite('without'), beside: await world.startSite('beside') };
  await sites.beside.manager.call('submitUntakeable', { count: untakeable, selector: 'nobody-holds-this' });
  const measure = async (site: Site) => {
    await using _ = await joinWarm(fleet, site, { count }, bench);
    const pids = { manager: site.manager.pid, redis: world.redis.pid, delegates: fleet.child.pid };
    return await metered(pids, () => site.manager.call('load', { durationMs, width }));
  };
  const found = new Rounds<keyof typeof sites>();
  let notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const without = await measure(sites.without);
    const beside = await measure(sites.beside);
    found.add('without', without.result.perSecond);
    found.add('beside', beside.result.perSecond);
    notes = [`busy, without: ${formatBusy(without)}`, `busy, beside: ${formatBusy(beside)}`];
  }
  return {
    figures: [
      {
        name: `throughput in process beside ${untakeable.toLocaleString('en')} tasks that nobody can take`,
        unit: 'tasks/s',
        ours: found.of('beside'),
        baseline: { name: 'with none', values: found.of('without') },
        judged: 'ratio',
        goal: { bound: 'at-least', reach: 0.8, stretch: 0.95 },
      },
    ],
    notes,
  };
}
