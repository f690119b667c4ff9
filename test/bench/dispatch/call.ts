import { bareRequest } from '../baseline.ts';
import type { Bench, PartResult } from '../bench.ts';
import { loadHttp } from '../http-load.ts';
import { formatBusy, metered } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import type { TargetReady } from '../target-process.ts';
import { startWorld } from '../world.ts';
import { joinWarm } from './join-warm.ts';

/** HTTP in, a call by the delegate, HTTP out; against the same with a bare push over WebSockets and no queue. */
export async function benchCall(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  await using world = await startWorld(bench);
  const site = await world.startSite();
  const baseline = await world.startBaseline();
  const fleet = await world.startFleet();
  const target = await world.start<Record<never, never>, TargetReady>('target-process.ts');
  const { url: callUrl } = target.ready;
  const { few: count, measureMs, warmUpMs, httpConnections: connections } = sizes;
  const pids = { load: process.pid, redis: world.redis.pid, delegates: fleet.child.pid, target: target.pid };
  const measureBare = async () => {
    await fleet.child.call('joinBare', { url: baseline.ready.gatewayUrl, count, callUrl });
    const request = bareRequest(baseline, 'push');
    await loadHttp(request, { durationMs: warmUpMs, connections });
    const measured = await metered({ 'bare gateway': baseline.pid, ...pids }, () =>
      loadHttp(request, { durationMs: measureMs, connections }),
    );
    await fleet.child.call('leaveBare', null);
    return measured;
  };
  const measureOurs = async () => {
    await using _ = await joinWarm(fleet, site, { count, callUrl }, bench);
    await loadHttp(site.submission(), { durationMs: warmUpMs, connections });
    return await metered({ manager: site.manager.pid, ...pids }, () =>
      loadHttp(site.submission(), { durationMs: measureMs, connections }),
    );
  };
  const found = new Rounds<'bare' | 'ours'>();
  let notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const bare = await measureBare();
    const ours = await measureOurs();
    found.add('bare', bare.result.perSecond);
    found.add('ours', ours.result.perSecond);
    notes = [`busy, without a queue: ${formatBusy(bare)}`, `busy, ours: ${formatBusy(ours)}`];
  }
  return {
    figures: [
      {
        name: `HTTP in, a delegate's HTTP call, HTTP out, ${count} delegates`,
        unit: 'tasks/s',
        ours: found.of('ours'),
        baseline: { name: 'the same without a queue', values: found.of('bare') },
        judged: 'ratio',
        goal: { bound: 'at-least', reach: 0.45, stretch: 0.75 },
      },
    ],
    notes,
  };
}
