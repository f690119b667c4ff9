import parse from 'parse-duration';

const durationText = /^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d|w)\s*)+$/;

/** Parses a duration such as `90s`, `1d 2h` or `3w 3d 20h 30m` into milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!durationText.test(text)) return undefined;
  return parse(text) ?? undefined;
}

const units = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Writes milliseconds in the form that parseDuration reads, at most two units: `1d 2h`, `1m 30s`, `250ms`. */
export function formatDuration(ms: number): string {
  let rest = Math.round(ms);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.length > 0 ? parts.join(' ') : '0s';
}
