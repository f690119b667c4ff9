import { setTimeout } from 'node:timers/promises';
import { formatDuration } from '#runtime/duration.ts';
import { ApiError, UnreachableError } from './api-errors.ts';

const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * Repeats a call that may be repeated while the manager is away, such as during its restart, and says so once. Gives up
 * with the last error when `untilMs` (since the epoch) is over.
 */
export async function persist<T>(
  call: () => Promise<T>,
  untilMs: number,
  onNews: (line: string) => void,
  pause: (ms: number) => Promise<void> = setTimeout,
): Promise<T> {
  let pauseMs = firstPauseMs;
  let wasAway = false;
  while (true) {
    try {
      const result = await call();
      if (wasAway) onNews('the manager answers again');
      return result;
    } catch (error) {
      if (!isPassing(error) || Date.now() + pauseMs >= untilMs) throw error;
      if (!wasAway) onNews(`${error.message}; trying again for up to ${formatDuration(untilMs - Date.now())}`);
      wasAway = true;
      await pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
}

/** Whether a manager that is restarting, or cut off from its Redis, would fail like this. */
function isPassing(error: unknown): error is Error {
  return error instanceof UnreachableError || (error instanceof ApiError && error.problem.status === 503);
}
