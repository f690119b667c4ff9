import type { Bench, PartResult } from '../bench.ts';
import type { Fsync } from '../bench-redis.ts';
import type { Figure } from '../figure.ts';
import { Rounds } from '../rounds.ts';
import { startWorld } from '../world.ts';

const modes: readonly Fsync[] = ['everysec', 'always'];
const warmUps = 2_000;

type Way = 'ours' | 'bare BullMQ' | 'bare WebSocket';
type Name = `${Way} ${'p50' | 'p99'} ${Fsync}`;

/** From submission to outcome in the manager's process, one task at a time. */
export async function benchLatency(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  await using world = await startWorld(bench);
  const site = await world.startSite();
  const baseline = await world.startBaseline();
  const fleet = await world.startFleet();
  await fleet.join(site, { count: sizes.few });
  await fleet.child.call('joinBare', { url: baseline.ready.gatewayUrl, count: sizes.few });
  const ways = {
    'bare WebSocket': (count: number) => baseline.call('pushOneByOne', { count }),
    'bare BullMQ': (count: number) => baseline.call('loadOneByOne', { count }),
    ours: (count: number) => site.manager.call('loadOneByOne', { count }),
  };
  const warmUp = { durationMs: sizes.warmUpMs, width: sizes.inFlight };
  await site.manager.call('load', warmUp);
  await baseline.call('load', { ...warmUp, concurrency: 50 });
  await baseline.call('pushOneByOne', { count: warmUps });
  const found = new Rounds<Name>();
  for (let round = 0; round < rounds; round += 1)
    for (const mode of modes) {
      await world.redis.setFsync(mode);
      for (const [way, run] of Object.entries(ways) as [Way, (typeof ways)[Way]][]) {
        const { p50Ms, p99Ms } = await run(sizes.singles);
        found.add(`${way} p50 ${mode}`, p50Ms);
        found.add(`${way} p99 ${mode}`, p99Ms);
      }
    }
  return { figures: modes.flatMap((mode) => figuresOf(mode, found)), notes: [] };
}

function figuresOf(mode: Fsync, found: Rounds<Name>): Figure[] {
  const figure = (
    which: 'p50' | 'p99',
    against: Exclude<Way, 'ours'>,
    rest: Pick<Figure, 'judged' | 'goal'>,
  ): Figure => ({
    name: `latency ${which}, one at a time, fsync ${mode}`,
    unit: 'ms',
    ours: found.of(`ours ${which} ${mode}`),
    baseline: { name: against, values: found.of(`${against} ${which} ${mode}`) },
    ...rest,
  });
  const goal = { bound: 'at-most', reach: 1, stretch: 0.25 } as const;
  return [
    figure('p50', 'bare WebSocket', { judged: 'difference', ...(mode === 'everysec' ? { goal } : {}) }),
    figure('p99', 'bare WebSocket', { judged: 'difference' }),
    figure('p50', 'bare BullMQ', { judged: 'ratio' }),
    figure('p99', 'bare BullMQ', { judged: 'ratio' }),
  ];
}
