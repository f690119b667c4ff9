import type { Bench, PartResult } from '../bench.ts';
import { formatBusy, metered } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import { type ManagerChild, startWorld } from '../world.ts';

/** Two managers on one Redis, each with half of the delegates and half of the submitters, against one with all. */
export async function benchTwoManagers(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  const { few: count, inFlight, measureMs, warmUpMs } = sizes;
  await using world = await startWorld(bench);
  const site = await world.startSite();
  const first = site.manager;
  const second = await site.startManager();
  const fleet = await world.startFleet();
  const pids = { first: first.pid, second: second.pid, redis: world.redis.pid, delegates: fleet.child.pid };
  const measure = async (managers: readonly ManagerChild[]) => {
    const share = Math.ceil(count / managers.length);
    for (const [n, at] of managers.entries()) await fleet.join(site, { at, count: share, from: n * share });
    const width = Math.ceil(inFlight / managers.length);
    const load = async (durationMs: number) => {
      const results = await Promise.all(managers.map((manager) => manager.call('load', { durationMs, width })));
      return results.reduce((sum, { perSecond }) => sum + perSecond, 0);
    };
    await load(warmUpMs);
    const measured = await metered(pids, () => load(measureMs));
    await fleet.leave();
    return measured;
  };
  // The first one is warm when its turn comes, so the other has to be.
  await measure([second]);
  const found = new Rounds<'one' | 'two'>();
  let notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const one = await measure([first]);
    const two = await measure([first, second]);
    found.add('one', one.result);
    found.add('two', two.result);
    notes = [`busy, one manager: ${formatBusy(one)}`, `busy, two managers: ${formatBusy(two)}`];
  }
  return {
    figures: [
      {
        name: `throughput in process of two managers, ${count} delegates`,
        unit: 'tasks/s',
        ours: found.of('two'),
        baseline: { name: 'of one', values: found.of('one') },
        judged: 'ratio',
        goal: { bound: 'at-least', reach: 1.3 },
      },
    ],
    notes,
  };
}
