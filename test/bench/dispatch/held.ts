import type { Bench, PartResult } from '../bench.ts';
import { formatBusy, metered } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import { startWorld } from '../world.ts';
import { joinWarm } from './join-warm.ts';

const fewHeld = 100;

/** How fast tasks end beside very many that delegates have in flight and keep. */
export async function benchHeld(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  const { held: manyHeld, few: count, measureMs: durationMs, inFlight: width } = sizes;
  await using world = await startWorld(bench);
  const site = await world.startSite();
  const fleet = await world.startFleet();
  await using _ = await joinWarm(fleet, site, { count }, bench);
  const pids = { manager: site.manager.pid, redis: world.redis.pid, delegates: fleet.child.pid };
  const measureBeside = async (held: number) => {
    await site.manager.call('submitHeld', { count: held });
    await fleet.child.call('waitUntilHolding', { count: held });
    const measured = await metered(pids, () => site.manager.call('load', { durationMs, width }));
    await fleet.child.call('release', null);
    return measured;
  };
  const found = new Rounds<'few' | 'many'>();
  let notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const few = await measureBeside(fewHeld);
    const many = await measureBeside(manyHeld);
    found.add('few', few.result.perSecond);
    found.add('many', many.result.perSecond);
    notes = [
      `busy, ${fewHeld} in flight: ${formatBusy(few)}`,
      `busy, ${manyHeld.toLocaleString('en')} in flight: ${formatBusy(many)}`,
    ];
  }
  return {
    figures: [
      {
        name: `completion rate with ${manyHeld.toLocaleString('en')} other tasks in flight`,
        unit: 'tasks/s',
        ours: found.of('many'),
        baseline: { name: `with ${fewHeld}`, values: found.of('few') },
        judged: 'ratio',
        goal: { bound: 'at-least', reach: 0.5, stretch: 0.9 },
      },
    ],
    notes,
  };
}
