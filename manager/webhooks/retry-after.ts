/** Reads `Retry-After`, as seconds or as a date, in milliseconds; a date counts from the answer's own, if it has one. */
export function readRetryAfter(text: string | undefined, answeredAt: string, now: number): number | undefined {
  const value = text?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = readDate(value);
  if (at === undefined) return undefined;
  return Math.max(0, at - (readDate(answeredAt) ?? now));
}

/** `Date.parse` alone takes `soon 5` for the first of May 2001. */
function readDate(text: string): number | undefined {
  return /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(text.trim())
    ? Date.parse(text)
    : undefined;
}
