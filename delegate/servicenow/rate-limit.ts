import type { Usage } from '#protocol/messages.ts';
import type { HttpHeaders } from './transport.ts';

/**
 * Reads the rate limit from an answer: ServiceNow says it on successes too, where a rule matches. When it is reset is
 * told against the answer's own `Date`, so our clock does not matter. Undefined when a header is missing or makes no sense.
 */
export function readRateLimit(headers: HttpHeaders): Usage['rateLimit'] {
  const limit = headers['x-ratelimit-limit']?.trim() ?? '';
  const reset = headers['x-ratelimit-reset']?.trim() ?? '';
  const answeredAt = Date.parse(headers.date ?? '');
  if (!/^\d{1,9}$/.test(limit) || !/^\d{1,12}$/.test(reset) || Number.isNaN(answeredAt)) return undefined;
  const resetInMs = Math.min(Math.max(Number(reset) * 1_000 - answeredAt, 0), weekMs);
  return { limit: Number(limit), resetInMs };
}

/** The most that the protocol carries. */
const weekMs = 604_800_000;
