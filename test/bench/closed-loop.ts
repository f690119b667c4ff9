import { quantile } from './statistics.ts';

export interface LoopResult {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type Step = (n: number) => Promise<unknown>;

/** Keeps `width` steps under way for some time; each gets its number. */
export async function runFor(durationMs: number, width: number, step: Step): Promise<LoopResult> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + durationMs;
  let begun = 0;
  const keepGoing = async () => {
    let now = performance.now();
    while (now < until) {
      const before = now;
      begun += 1;
      await step(begun);
      now = performance.now();
      latencies.push(now - before);
    }
  };
  await Promise.all(Array.from({ length: width }, keepGoing));
  return summarize(latencies, performance.now() - startedAt);
}

/** Does `count` steps, with at most `width` under way. */
export async function runCount(count: number, width: number, step: Step): Promise<LoopResult> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  let begun = 0;
  const keepGoing = async () => {
    while (begun < count) {
      const before = performance.now();
      begun += 1;
      await step(begun);
      latencies.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: width }, keepGoing));
  return summarize(latencies, performance.now() - startedAt);
}

function summarize(latencies: readonly number[], elapsedMs: number): LoopResult {
  return {
    count: latencies.length,
    perSecond: (latencies.length / elapsedMs) * 1_000,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}
