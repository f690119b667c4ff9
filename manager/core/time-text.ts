/** Writes a moment for people: `2026-11-25 03:00:00 UTC`. */
export function writeTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
