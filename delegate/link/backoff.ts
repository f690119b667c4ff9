import { limits } from '#protocol/limits.ts';
import type { RedialHistory, RedialPolicy } from '../core/link.ts';

export interface BackoffLimits {
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
  readonly redialSlowMs: number;
}

/**
 * Makes the policy of PROTOCOL.md, section 8. At once: uniform in the upper half of a window that doubles with every
 * failure, so waits run from redialMinMs to redialMaxMs, and managers that restart are not dialled by all at the same
 * instant. Slowly: redialSlowMs and up to a quarter more. `random` gives numbers from 0 up to 1.
 */
export function createRedialPolicy(random: () => number, bounds: BackoffLimits = limits): RedialPolicy {
  return ({ after, lastedMs, failures, redialMaxMs = bounds.redialMaxMs }: RedialHistory) => {
    const before = lastedMs >= redialMaxMs ? 0 : failures;
    if (after === 'redial-slowly') return { waitMs: bounds.redialSlowMs * (1 + random() / 4), failures: before };
    // 2 ** 1100 is infinite and its minimum with redialMaxMs is not: the count needs no bound.
    const windowMs = Math.min(redialMaxMs, bounds.redialMinMs * 2 ** (before + 1));
    // A manager may give a window so short that its upper half begins below redialMinMs.
    const shortestMs = Math.max(bounds.redialMinMs, windowMs / 2);
    return { waitMs: shortestMs + (windowMs - shortestMs) * random(), failures: before + 1 };
  };
}
