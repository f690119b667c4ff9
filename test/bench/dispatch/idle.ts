import { setTimeout } from 'node:timers/promises';
import type { Bench, PartResult } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { metered, residentBytesOf } from '../process-usage.ts';
import { type Fleet, startWorld, type World } from '../world.ts';
import { measureRestart } from './restart.ts';

const warmUps = 200;

interface Connected {
  readonly welcomedInMs: number;
  readonly kilobytesEach: number;
}

interface Ours extends Connected {
  readonly liveKilobytesEach: number;
  readonly busyPercent: number;
  readonly backInSeconds: number;
}

/** What thousands of delegates cost a manager while there is nothing to do. Measured once, whatever the rounds. */
export async function benchIdle(bench: Bench): Promise<PartResult> {
  await using world = await startWorld(bench);
  const fleet = await world.startFleet();
  const bare = await measureBare(world, fleet, bench);
  const ours = await measureOurs(world, fleet, bench);
  return { figures: figuresOf(bare, ours, bench.sizes.idle), notes: ['measured once'] };
}

async function measureOurs(world: World, fleet: Fleet, { sizes }: Bench): Promise<Ours> {
  const site = await world.startSite();
  const { pid } = site.manager;
  await fleet.join(site, { count: warmUps, from: sizes.idle });
  await fleet.leave();
  const liveBefore = await site.manager.call('measureLiveHeap', null);
  const before = residentBytesOf(pid);
  const { welcomedInMs } = await fleet.join(site, { count: sizes.idle });
  const { cpuSeconds, seconds } = await metered({ manager: pid }, () => setTimeout(sizes.settleMs));
  const after = residentBytesOf(pid);
  const liveAfter = await site.manager.call('measureLiveHeap', null);
  return {
    welcomedInMs,
    kilobytesEach: (after - before) / 1_000 / sizes.idle,
    liveKilobytesEach: (liveAfter - liveBefore) / 1_000 / sizes.idle,
    busyPercent: ((cpuSeconds.manager ?? Number.NaN) / seconds) * 100,
    backInSeconds: (await measureRestart(site, site.manager, fleet)).backInSeconds,
  };
}

async function measureBare(world: World, fleet: Fleet, { sizes }: Bench): Promise<Connected> {
  const { pid, ready } = await world.startBaseline();
  const join = (count: number) => fleet.child.call('joinBare', { url: ready.gatewayUrl, count });
  await join(warmUps);
  await fleet.child.call('leaveBare', null);
  const before = residentBytesOf(pid);
  const { welcomedInMs } = await join(sizes.idle);
  await setTimeout(sizes.settleMs / 5);
  const kilobytesEach = (residentBytesOf(pid) - before) / 1_000 / sizes.idle;
  await fleet.child.call('leaveBare', null);
  return { welcomedInMs, kilobytesEach };
}

function figuresOf(bare: Connected, ours: Ours, idle: number): Figure[] {
  const all = `${idle.toLocaleString('en')} delegates`;
  return [
    {
      name: `manager memory for each of ${all}, idle, plain`,
      unit: 'kB',
      ours: [ours.kilobytesEach],
      baseline: { name: 'bare ws', values: [bare.kilobytesEach] },
      judged: 'value',
      goal: { bound: 'at-most', reach: 25, stretch: 16 },
    },
    {
      name: 'the same, only what is live on its heap',
      unit: 'kB',
      ours: [ours.liveKilobytesEach],
      judged: 'value',
    },
    { name: `CPU of a manager with ${all}, idle`, unit: '%', ours: [ours.busyPercent], judged: 'value' },
    {
      name: `${all} join at once`,
      unit: 'ms',
      ours: [ours.welcomedInMs],
      baseline: { name: 'bare ws', values: [bare.welcomedInMs] },
      judged: 'ratio',
      goal: { bound: 'at-most', reach: 3, stretch: 2 },
    },
    {
      name: `${all} back after the manager restarts`,
      unit: 's',
      ours: [ours.backInSeconds],
      baseline: { name: 'bare ws accepts them', values: [bare.welcomedInMs / 1_000] },
      judged: 'value',
      goal: { bound: 'at-most', reach: 15, stretch: (2 * bare.welcomedInMs) / 1_000 },
    },
  ];
}
