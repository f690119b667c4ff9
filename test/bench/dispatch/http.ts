import { bareRequest, tuneBareHttp } from '../baseline.ts';
import type { Bench, PartResult } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { type HttpRequest, loadHttp } from '../http-load.ts';
import { formatBusy, metered } from '../process-usage.ts';
import { Rounds } from '../rounds.ts';
import { type Site, startWorld } from '../world.ts';
import { joinWarm } from './join-warm.ts';

/** Tasks a second over HTTP: each request is answered when its task has ended. */
export async function benchHttp(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  await using world = await startWorld(bench);
  const baseline = await world.startBaseline();
  const fleet = await world.startFleet();
  const counts = [1, sizes.few];
  const sites = new Map<number, Site>();
  for (const count of counts) sites.set(count, await world.startSite(`delegates-${count}`));
  const concurrency = await tuneBareHttp(baseline, bench);
  const load = (request: HttpRequest, pids: Readonly<Record<string, number>>, durationMs = sizes.measureMs) =>
    metered({ load: process.pid, redis: world.redis.pid, ...pids }, () =>
      loadHttp(request, { durationMs, connections: sizes.httpConnections }),
    );
  const found = new Rounds<string>();
  let notes: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const nothing = await load(bareRequest(baseline, 'nothing'), { route: baseline.pid }, sizes.warmUpMs);
    const bare = await load(bareRequest(baseline, 'bullmq'), { 'bare BullMQ': baseline.pid });
    found.add('bare', bare.result.perSecond);
    notes = [
      `a route with nothing behind it: ${Math.round(nothing.result.perSecond)}/s; busy: ${formatBusy(nothing)}`,
      `busy, bare BullMQ behind HTTP (concurrency ${concurrency}): ${formatBusy(bare)}`,
    ];
    for (const [count, site] of sites) {
      await using joined = await joinWarm(fleet, site, { count }, bench);
      const pids = { manager: site.manager.pid, delegates: fleet.child.pid };
      // The way in from HTTP has a warm-up of its own.
      await load(site.submission(), pids, sizes.warmUpMs);
      await joined.countServing();
      const ours = await load(site.submission(), pids);
      found.add(`${count}`, ours.result.perSecond);
      notes.push(`busy, ${count} delegates (${await joined.countServing()} served): ${formatBusy(ours)}`);
    }
  }
  const figures = counts.map(
    (count): Figure => ({
      name: `throughput over HTTP, ${count} ${count === 1 ? 'delegate' : 'delegates'}`,
      unit: 'tasks/s',
      ours: found.of(`${count}`),
      baseline: { name: 'bare BullMQ behind HTTP', values: found.of('bare') },
      judged: 'ratio',
      ...(count === sizes.few ? { goal: { bound: 'at-least', reach: 1.5, stretch: 3.5 } } : {}),
    }),
  );
  return { figures, notes };
}
