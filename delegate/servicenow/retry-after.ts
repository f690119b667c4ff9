import type { HttpHeaders } from './transport.ts';

/**
 * Reads from a 429 how long to wait, in milliseconds: `Retry-After` as seconds or as a date, else `X-RateLimit-Reset`.
 * Undefined when neither says so: the semaphores' 429 has no headers (trap 45). Dates are measured against the answer's
 * own `Date`, so our clock does not matter.
 */
export function readRetryAfter(headers: HttpHeaders): number | undefined {
  const retryAfter = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(retryAfter)) return bound(Number(retryAfter) * 1_000);

  const answeredAt = readDate(headers.date);
  if (Number.isNaN(answeredAt)) return undefined;
  const retryAt = readDate(retryAfter);
  if (!Number.isNaN(retryAt)) return bound(retryAt - answeredAt);

  const reset = headers['x-ratelimit-reset']?.trim() ?? '';
  return /^\d{1,12}$/.test(reset) ? bound(Number(reset) * 1_000 - answeredAt) : undefined;
}

/** `Date.parse` alone takes `soon 5` for the first of May 2001, and a wait of nothing would follow. */
function readDate(text = ''): number {
  return /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text.trim())
    ? Date.parse(text)
    : Number.NaN;
}

const dayMs = 86_400_000;

function bound(ms: number): number {
  return Math.min(Math.max(Math.round(ms), 0), dayMs);
}
