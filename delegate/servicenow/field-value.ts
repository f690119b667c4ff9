import type { FieldInfo } from '#protocol/metadata.ts';
import { describeChoices } from './choice-text.ts';
import type { Choices } from './form-metadata.ts';

export type ReadValue =
  | { readonly kind: 'stored'; readonly value: string }
  /** A record of that table is meant, by something else than its sys_id. */
  | { readonly kind: 'reference'; readonly table: string }
  | { readonly kind: 'unfit'; readonly why: string };

/**
 * Turns what a caller gave for a column into what ServiceNow stores, so far as the column alone tells; `isWhole` says
 * whether it has no other choices than those that are told.
 */
export function readFieldValue(column: FieldInfo, given: string, isWhole: boolean): ReadValue {
  const { choices, reference, type } = column;
  const text = given.trim();
  if (type === 'reference') {
    return reference === undefined || isSysId(text) ? stored(given) : { kind: 'reference', table: reference };
  }
  if (dateTimeTypes.has(type)) return readDateTime(text);
  if (type === 'glide_date' || type === 'date') return readDate(text);
  if (type === 'boolean') return readBoolean(text);
  if (choices !== undefined) return readChoice(choices, given, isWhole && demandsChoice(type, text));
  if (numberTypes.has(type)) return readNumber(text);
  return stored(given);
}

export function isSysId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

const dateTimeTypes: ReadonlySet<string> = new Set(['glide_date_time', 'due_date', 'datetime']);
const numberTypes: ReadonlySet<string> = new Set(['integer', 'longint', 'decimal', 'float', 'percent_complete']);

/** ServiceNow drops such a value without a word (trap 24); choices of other columns are suggestions. */
function demandsChoice(type: string, text: string): boolean {
  return type === 'choice' || (type === 'integer' && !/^[+-]?\d{1,30}(\.0{1,30})?$/.test(text));
}

/** What is no choice is refused where it must be one; else it is sent as it is, and compared afterwards. */
function readChoice(choices: Choices, given: string, isDemanded: boolean): ReadValue {
  const text = given.trim();
  if (choices.some(({ value }) => value === text)) return stored(text);
  const labelled = choices.filter(({ label }) => label.trim().toLowerCase() === text.toLowerCase());
  const [first, second] = labelled;
  if (first === undefined)
    return isDemanded ? unfit(`is no choice: legal are ${describeChoices(choices)}`) : stored(given);
  return second === undefined
    ? stored(first.value)
    : unfit(
        `is the label of several choices: give one of their values ${labelled.map(({ value }) => value).join(', ')}`,
      );
}

const isoDateTime = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.\d{1,9})? ?(Z|[+-]\d\d:?\d\d)$/i;
const storedDateTime = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/;

/** A time without a zone is UTC in the stored form and anyone's guess in any other (trap 31). */
function readDateTime(text: string): ReadValue {
  const [, day, time] = storedDateTime.exec(text) ?? [];
  if (day !== undefined && readUtc(day, `${time}`) !== undefined) return stored(text);
  const [, isoDay, minutes, seconds = ':00', zone] = isoDateTime.exec(text) ?? [];
  const localMs = isoDay === undefined ? undefined : readUtc(isoDay, `${minutes}${seconds}`);
  const offset = zone === undefined ? undefined : readOffsetMinutes(zone);
  if (localMs === undefined || offset === undefined) {
    return unfit(
      'is no date-time that says its zone: give UTC as yyyy-MM-dd HH:mm:ss, or ISO 8601 with Z or an offset',
    );
  }
  return stored(new Date(localMs - offset * 60_000).toISOString().slice(0, 19).replace('T', ' '));
}

function readDate(text: string): ReadValue {
  return /^\d{4}-\d\d-\d\d$/.test(text) && readUtc(text, '00:00:00') !== undefined
    ? stored(text)
    : unfit('is no date: give yyyy-MM-dd');
}

/** Reads a moment, and refuses a day or an hour that there is not: `Date` would go on to the next. */
function readUtc(day: string, time: string): number | undefined {
  const iso = `${day}T${time}`;
  const date = new Date(`${iso}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? date.getTime() : undefined;
}

function readOffsetMinutes(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function readBoolean(text: string): ReadValue {
  if (/^(true|yes|1)$/i.test(text)) return stored('true');
  return /^(false|no|0)$/i.test(text) ? stored('false') : unfit('is neither true nor false');
}

function readNumber(text: string): ReadValue {
  return /^[+-]?\d{1,30}(\.\d{1,30})?$/.test(text)
    ? stored(text)
    : unfit('is no number: give digits without separators, with a point for decimals');
}

function stored(value: string): ReadValue {
  return { kind: 'stored', value };
}

function unfit(why: string): ReadValue {
  return { kind: 'unfit', why };
}
