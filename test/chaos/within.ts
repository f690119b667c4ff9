/** A share, from 0 up to 1, of a span in milliseconds. */
export function within(share: number, fromMs: number, toMs: number): number {
  return Math.round(fromMs + share * (toMs - fromMs));
}

/** The same, and mostly a short one. */
export function mostlyShort(share: number, fromMs: number, toMs: number): number {
  return within(share ** 2, fromMs, toMs);
}
