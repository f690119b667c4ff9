/** What one way of doing a task costs, in one round. */
export interface Round {
  /** Tasks a second with many in flight. */
  readonly throughput: number;
  /** Milliseconds from submission to outcome, one at a time: the median. */
  readonly latencyMs: number;
}

/** Runs a step `count` times with `width` under way, then some one at a time. */
export async function measure(
  step: () => Promise<unknown>,
  size: { count: number; width: number; single: number },
): Promise<Round> {
  let left = size.count;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: size.width }, async () => {
      while (left > 0) {
        left -= 1;
        await step();
      }
    }),
  );
  const throughput = (size.count / (performance.now() - startedAt)) * 1_000;
  const latencies: number[] = [];
  for (let n = 0; n < size.single; n += 1) {
    const before = performance.now();
    await step();
    latencies.push(performance.now() - before);
  }
  return { throughput, latencyMs: median(latencies) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
