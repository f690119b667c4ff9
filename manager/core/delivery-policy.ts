import type { Delivery } from './delivery-record.ts';

/** What came of one try. */
export type TryResult =
  | { readonly kind: 'delivered' }
  /**
   * `retryAfterMs`: when the target wants to be asked again. `isTaskOver`: the task of this round has ended without the
   * note; as long as that is not known, another one could write it twice.
   */
  | { readonly kind: 'failed'; readonly retryAfterMs?: number | undefined; readonly isTaskOver?: true }
  | { readonly kind: 'never'; readonly because: string }
  /** Neither made nor failed: it is another's turn, or a task is under way. */
  | { readonly kind: 'later'; readonly lookAgainMs: number; readonly taskId?: string };

/** How long after each failed try the next one begins: twelve tries in about a day. */
const delaysMs = [
  5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 18_000_000, 18_000_000, 21_600_000,
] as const;

/** Many that failed together are spread: by a fifth more or less. */
const spread = 0.2;

/** A target may ask for a later try, and not for one after its approval is forgotten. */
const longestRetryAfterMs = 3_600_000;

export const mostTries = delaysMs.length + 1;

/** Judges an HTTP status: 410 says that nobody will ever listen there; all else that is no success may yet become one. */
export function judgeStatus(status: number): 'delivered' | 'failed' | 'never' {
  if (status >= 200 && status < 300) return 'delivered';
  return status === 410 ? 'never' : 'failed';
}

/** How long to wait after so many failed tries; undefined: it is given up. `chance` is from 0 to 1. */
export function delayAfter(failures: number, chance: number, retryAfterMs = 0): number | undefined {
  const delayMs = delaysMs[failures - 1];
  if (delayMs === undefined) return undefined;
  const spreadMs = Math.round(delayMs * (1 - spread + 2 * spread * chance));
  return Math.max(spreadMs, Math.min(retryAfterMs, longestRetryAfterMs));
}

/** A delivery as it is after a try. */
export function afterTry(delivery: Delivery, result: TryResult, now: number, chance: number): Delivery {
  const { kind, round } = delivery;
  const base = { kind, round, revision: delivery.revision + 1, failures: delivery.failures, nextTryAt: now };
  const task = delivery.taskId === undefined ? {} : { taskId: delivery.taskId };
  switch (result.kind) {
    case 'delivered':
      return { ...base, ...task, state: 'delivered' };
    case 'later': {
      const { lookAgainMs, taskId } = result;
      const known = taskId === undefined ? task : { taskId };
      return { ...base, ...known, state: 'waiting', nextTryAt: now + lookAgainMs };
    }
    case 'never':
      return { ...base, state: 'given-up', round: round + 1, because: result.because };
    case 'failed': {
      const failures = delivery.failures + 1;
      const delayMs = delayAfter(failures, chance, result.retryAfterMs);
      const next = { ...base, failures, ...(result.isTaskOver ? { round: round + 1 } : task) };
      return delayMs === undefined
        ? { ...next, state: 'given-up', because: `${failures} tries in about a day failed` }
        : { ...next, state: 'waiting', nextTryAt: now + delayMs };
    }
  }
}
