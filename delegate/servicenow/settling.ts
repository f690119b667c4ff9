import type { Failure } from '#protocol/failure.ts';
import type { TaskContext } from '../core/handler.ts';
import { findStop } from './calls.ts';

/** What one look told: an answer that stays true, one that may still change, or none. */
export type Look<T> =
  | { readonly kind: 'conclusive'; readonly value: T }
  /** Becomes conclusive when it is seen after ServiceNow can no longer be at work. */
  | { readonly kind: 'not-yet'; readonly value: T }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type Settled<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The lease ended first: a later attempt can go on looking. */
  | { readonly kind: 'interrupted'; readonly failure: Failure };

/**
 * Looks again and again, with growing pauses, until the answer is conclusive. Looks that fail are repeated until another
 * settle time has passed; a task that is stopped leaves the answer unknown, a lease that ends leaves it to a later attempt.
 */
export async function lookUntilSettled<T>(
  context: TaskContext,
  settledAtMs: number,
  look: () => Promise<Look<T>>,
): Promise<Settled<T>> {
  const { clock, settleMs } = context;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, mostPauseMs)) {
    const stop = findStop(context);
    if (stop !== undefined)
      return context.signal.aborted
        ? { kind: 'unknown', reason: stop.failure.message }
        : { kind: 'interrupted', failure: stop.failure };
    // What counts is when the look began: an answer tells of a moment after that.
    const lookedAtMs = clock.monotonicMs();
    const seen = await look();
    if (seen.kind === 'conclusive') return { kind: 'known', value: seen.value };
    if (seen.kind === 'not-yet' && lookedAtMs >= settledAtMs) return { kind: 'known', value: seen.value };
    if (seen.kind === 'failed' && lookedAtMs >= settledAtMs + settleMs) {
      return { kind: 'unknown', reason: seen.failure.message };
    }
    // Timers cut fractions off; a look that began a moment too early would cost a whole pause.
    const untilSettledMs = Math.ceil(settledAtMs - clock.monotonicMs());
    const waitMs = untilSettledMs > 0 ? Math.min(pauseMs, untilSettledMs) : pauseMs;
    // An abort ends the pause early; the stop is then found above.
    await clock.sleep(waitMs, context.signal).catch(() => {});
  }
}

const firstPauseMs = 500;
const mostPauseMs = 10_000;
