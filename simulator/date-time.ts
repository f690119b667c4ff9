export interface DateStyle {
  readonly timeZone: string;
  /** A user's formats, such as `dd.MM.yyyy` and `HH:mm:ss`. */
  readonly dateFormat: string;
  readonly timeFormat: string;
}

export const systemDateFormat = 'yyyy-MM-dd';
export const systemTimeFormat = 'HH:mm:ss';

/** Writes an instant as the database does: UTC, `yyyy-MM-dd HH:mm:ss`, no zone mark. */
export function toStoredDateTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

/** Reads a stored date-time, or a date alone as its midnight; undefined when it is neither. */
export function readStoredDateTime(text: string): Date | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d))?$/.exec(text);
  if (!match) return undefined;
  const date = new Date(`${match[1]}T${match[2] ?? '00:00:00'}Z`);
  // 2026-02-31 parses into March: a date that does not come back as it went in is none.
  return Number.isNaN(date.getTime()) || !date.toISOString().startsWith(match[1] ?? '') ? undefined : date;
}

/** Makes a function that shows stored date-times in a user's zone and format. */
export function createDateDisplay(style: DateStyle): (stored: string) => string {
  const zone = zoneClock(style.timeZone);
  const pattern = `${style.dateFormat} ${style.timeFormat}`.trim();
  return (stored) => {
    const date = readStoredDateTime(stored);
    return date ? formatParts(zone(date), pattern) : stored;
  };
}

/** Reads a date-time that a user typed in the own zone and format into its stored form; undefined when it is none. */
export function parseDisplayedDateTime(text: string, style: DateStyle): string | undefined {
  const parts = parseParts(text, `${style.dateFormat} ${style.timeFormat}`.trim());
  if (!parts) return undefined;
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  const zone = zoneClock(style.timeZone);
  const offsetAt = (instant: number) => {
    const shown = zone(new Date(instant));
    return Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second) - instant;
  };
  // Twice, because the first guess may lie on the other side of a change to or from summer time.
  const guess = wall - offsetAt(wall);
  return toStoredDateTime(new Date(wall - offsetAt(guess)));
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function zoneClock(timeZone: string): (date: Date) => Parts {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (date) => {
    const found = new Map(format.formatToParts(date).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes) => found.get(name) ?? 0;
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
    };
  };
}

const tokens = /yyyy|MM|dd|HH|hh|mm|ss|a/g;

function formatParts(parts: Parts, pattern: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const written: Readonly<Record<string, string>> = {
    yyyy: String(parts.year).padStart(4, '0'),
    MM: two(parts.month),
    dd: two(parts.day),
    HH: two(parts.hour),
    hh: two(parts.hour % 12 === 0 ? 12 : parts.hour % 12),
    mm: two(parts.minute),
    ss: two(parts.second),
    a: parts.hour < 12 ? 'AM' : 'PM',
  };
  return pattern.replace(tokens, (token) => written[token] ?? token);
}

function parseParts(text: string, pattern: string): Parts | undefined {
  const names = pattern.match(tokens) ?? [];
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(tokens, (token) => (token === 'a' ? '(AM|PM)' : `(\\d{${token.length}})`));
  const match = new RegExp(`^${source}$`).exec(text);
  if (!match) return undefined;
  const read = new Map(names.map((name, index) => [name, match[index + 1] ?? '']));
  const half = read.get('a');
  const hour12 = Number(read.get('hh') ?? 0) % 12;
  const parts: Parts = {
    year: Number(read.get('yyyy')),
    month: Number(read.get('MM')),
    day: Number(read.get('dd')),
    hour: read.has('HH') ? Number(read.get('HH')) : half === 'PM' ? hour12 + 12 : hour12,
    minute: Number(read.get('mm') ?? 0),
    second: Number(read.get('ss') ?? 0),
  };
  return parts.month >= 1 && parts.month <= 12 && parts.day >= 1 && parts.day <= 31 ? parts : undefined;
}
