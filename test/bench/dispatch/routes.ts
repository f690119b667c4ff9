import type { Bench, PartResult } from '../bench.ts';
import { formatBusy, metered } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import { startWorld } from '../world.ts';
import { joinWarm } from './join-warm.ts';

/** The same tasks over a thousand routes and over one, and how many connections to Redis that takes. */
export async function benchRoutes(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  const { routes, few: count, measureMs: durationMs, inFlight: width } = sizes;
  await using world = await startWorld(bench);
  const before = await world.redis.countClients();
  const site = await world.startSite();
  const fleet = await world.startFleet();
  await using _ = await joinWarm(fleet, site, { count, routes }, bench);
  const pids = { manager: site.manager.pid, redis: world.redis.pid, delegates: fleet.child.pid };
  const measure = (over: number) => metered(pids, () => site.manager.call('load', { durationMs, width, routes: over }));
  const found = new Rounds<'one' | 'many' | 'connections'>();
  let notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const one = await measure(1);
    const many = await measure(routes);
    found.add('one', one.result.perSecond);
    found.add('many', many.result.perSecond);
    found.add('connections', (await world.redis.countClients()) - before);
    notes = [`busy, one route: ${formatBusy(one)}`, `busy, ${routes} routes: ${formatBusy(many)}`];
  }
  return {
    figures: [
      {
        name: `throughput in process with ${routes} routes`,
        unit: 'tasks/s',
        ours: found.of('many'),
        baseline: { name: 'with one route', values: found.of('one') },
        judged: 'ratio',
        goal: { bound: 'at-least', reach: 0.8, stretch: 0.95 },
      },
      {
        name: `Redis connections of a manager, ${routes} routes, ${count} delegates`,
        unit: '',
        ours: found.of('connections'),
        judged: 'value',
        goal: { bound: 'at-most', reach: 8, stretch: 4 },
      },
    ],
    notes,
  };
}
