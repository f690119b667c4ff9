import { barePaths } from './bare-http.ts';
import type { BaselineCommands, BaselineReady } from './baseline-process.ts';
import type { Bench } from './bench.ts';
import type { Child } from './child.ts';
import type { LoopResult } from './closed-loop.ts';
import { type HttpRequest, loadHttp } from './http-load.ts';
import { bareTask } from './task.ts';

export type BaselineChild = Child<BaselineCommands, BaselineReady>;

/** A Worker of BullMQ slows down with a high concurrency: it is held against ours with the one that suits it best. */
const concurrencies = [32, 50, 100];

/** A second of each would do if it were not for drift: each is tried twice, in turn. */
const trials = 2;

/** Finds with which concurrency a bare BullMQ is fastest here, and warms it up meanwhile. */
async function findBestConcurrency(run: (concurrency: number) => Promise<LoopResult>): Promise<number> {
  const done = new Map(concurrencies.map((concurrency) => [concurrency, 0]));
  for (let trial = 0; trial < trials; trial += 1)
    for (const concurrency of concurrencies) {
      const { perSecond } = await run(concurrency);
      done.set(concurrency, (done.get(concurrency) ?? 0) + perSecond);
    }
  const [best] = [...done].sort(([, a], [, b]) => b - a);
  return best?.[0] ?? 50;
}

/** One of the bare ways behind HTTP. */
export function bareRequest(baseline: BaselineChild, way: keyof typeof barePaths): HttpRequest {
  return { origin: baseline.ready.url, path: barePaths[way], body: JSON.stringify(bareTask) };
}

/** The concurrency with which the bare BullMQ behind HTTP is fastest; it is left set. */
export async function tuneBareHttp(baseline: BaselineChild, { sizes }: Bench): Promise<number> {
  const run = async (concurrency: number, durationMs: number) => {
    await baseline.call('setConcurrency', { concurrency });
    return loadHttp(bareRequest(baseline, 'bullmq'), { durationMs, connections: sizes.httpConnections });
  };
  await run(50, sizes.warmUpMs);
  const best = await findBestConcurrency((concurrency) => run(concurrency, sizes.warmUpMs));
  await baseline.call('setConcurrency', { concurrency: best });
  return best;
}

/** The same for its cycle in one process. */
export async function tuneBareCycle(baseline: BaselineChild, { sizes }: Bench): Promise<number> {
  const { warmUpMs: durationMs, inFlight: width } = sizes;
  await baseline.call('load', { durationMs, width, concurrency: 50 });
  return findBestConcurrency((concurrency) => baseline.call('load', { durationMs, width, concurrency }));
}
