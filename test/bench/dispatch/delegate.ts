import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type RunningDelegate, startDelegate, startSimulatorProcess } from '../../support/programs.ts';
import type { Bench, PartResult } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { loadHttp } from '../http-load.ts';
import { residentBytesOf } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import { type Site, startWorld } from '../world.ts';

const inFlight = 50;
const idleMs = 3_000;

type Name = 'online' | 'idle' | 'loaded' | 'bare start' | 'bare idle';

/** What one real delegate process costs, run from its sources, with a simulator in place of ServiceNow. */
export async function benchDelegate(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  await using simulator = await startSimulatorProcess();
  await using world = await startWorld(bench);
  const site = await world.startSite('ticketgate', simulator.url);
  const found = new Rounds<Name>();
  for (let round = 0; round < rounds; round += 1) {
    await measureBareNode(found);
    await measureDelegate(site, sizes.measureMs, found);
  }
  return { figures: figuresOf(found), notes: ['the delegate runs from its sources, not from a bundle'] };
}

async function measureDelegate(site: Site, durationMs: number, found: Rounds<Name>): Promise<void> {
  const startedAt = performance.now();
  await using delegate: RunningDelegate = await startDelegate({
    manager: site.manager.ready.url,
    token: site.delegateToken,
    name: 'real',
    args: ['--capacity', String(inFlight)],
  });
  found.add('online', performance.now() - startedAt);
  await setTimeout(idleMs);
  found.add('idle', residentBytesOf(delegate.pid) / 1e6);
  await loadHttp(site.submission(), { durationMs, connections: inFlight });
  found.add('loaded', residentBytesOf(delegate.pid, 'most') / 1e6);
}

/** The floor: a Node that does nothing. */
async function measureBareNode(found: Rounds<Name>): Promise<void> {
  const startedAt = performance.now();
  const node = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1_000)']);
  const ended = once(node, 'exit');
  await once(node.stdout, 'data');
  found.add('bare start', performance.now() - startedAt);
  await setTimeout(idleMs);
  found.add('bare idle', residentBytesOf(node.pid ?? 0) / 1e6);
  node.kill();
  await ended;
}

function figuresOf(found: Rounds<Name>): Figure[] {
  const bareIdle = { name: 'bare Node', values: found.of('bare idle') };
  return [
    {
      name: 'delegate, from start to online',
      unit: 'ms',
      ours: found.of('online'),
      baseline: { name: 'bare Node', values: found.of('bare start') },
      judged: 'value',
      goal: { bound: 'at-most', reach: 1_000, stretch: 200 },
    },
    {
      name: 'delegate, resident memory when idle',
      unit: 'MB',
      ours: found.of('idle'),
      baseline: bareIdle,
      judged: 'value',
      goal: { bound: 'at-most', reach: 75, stretch: 60 },
    },
    {
      name: `delegate, most resident memory with ${inFlight} tasks in flight`,
      unit: 'MB',
      ours: found.of('loaded'),
      baseline: bareIdle,
      judged: 'value',
      goal: { bound: 'at-most', reach: 128, stretch: 96 },
    },
  ];
}
