import type { Finding } from '#protocol/finding.ts';
import type { TransportResult } from './transport.ts';

/** Tells how far the instance's clock is from the delegate's. */
export function probeClock(anonymous: TransportResult, nowMs: number): Finding {
  const probe = 'clock';
  const date = anonymous.kind === 'answer' ? Date.parse(anonymous.headers.date ?? '') : Number.NaN;
  if (Number.isNaN(date)) {
    const remedy = 'Compare the clocks of the instance and of the delegate by hand.';
    return { probe, status: 'unknown', message: 'the instance does not tell its time', remedy };
  }
  const skewSeconds = Math.round((date - nowMs) / 1_000);
  if (Math.abs(skewSeconds) <= mostSkewSeconds)
    return { probe, status: 'passed', message: `the clocks agree to within ${mostSkewSeconds} s` };
  const side = skewSeconds < 0 ? 'behind' : 'ahead of';
  const message = `the instance's clock is ${Math.abs(skewSeconds)} s ${side} the delegate's`;
  return { probe, status: 'warning', message, remedy: 'Set the clock of the delegate by NTP; instances are.' };
}

export interface AnswerTime {
  /** Such as `api/now/table/task`. */
  readonly path: string;
  readonly ms: number;
}

/** Tells how long the answers took. */
export function judgeSpeed(times: readonly AnswerTime[]): Finding {
  const probe = 'speed';
  const longestMs = Math.max(0, ...times.map(({ ms }) => ms));
  const slow = times.filter(({ ms }) => ms > slowMs);
  if (slow.length === 0)
    return { probe, status: 'passed', message: `${times.length} answers, the slowest in ${Math.round(longestMs)} ms` };
  const named = slow.map(({ path, ms }) => `${path} ${(ms / 1_000).toFixed(1)} s`).join(', ');
  return {
    probe,
    status: 'warning',
    message: `${slow.length} of ${times.length} answers took over ${slowMs / 1_000} s: ${named}`,
    remedy:
      'Tasks will be slow and can time out. An instance that was just woken or restarted becomes faster: test again; else let its administrator look at its transactions and semaphores at this time, and look at the way to it.',
  };
}

const slowMs = 5_000;
const mostSkewSeconds = 5;
