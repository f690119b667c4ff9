import type { FieldValue } from '#protocol/ticket.ts';

/** Compares as ServiceNow stores: line ends and outer blanks do not count. */
export function sameText(one: string, other: string): boolean {
  return normalise(one) === normalise(other);
}

export function normalise(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim();
}

/**
 * Tells whether a field holds what was sent, by the type of its column: `1.10` and `1.1` are one number and two texts, and
 * a date-time as shown is in the user's own zone (trap 31). Without a type only the same text is the same.
 */
export function holdsSurely({ value, displayValue }: FieldValue, sent: string, type: string | undefined): boolean {
  // A cleared field is judged by its raw value: the display may say anything.
  if (sent === '') return value === '';
  if (sameText(sent, value)) return true;
  if (type === undefined) return sameText(sent, displayValue);
  if (dateTypes.test(type)) return value === `${sent.trim()} 00:00:00`;
  if (sameText(sent, displayValue)) return true;
  if (type === 'boolean') return sameBoolean(sent, value);
  return numberTypes.test(type) && (sameNumber(sent, value) || sameNumber(sent, displayValue));
}

/** The same, and where the type is not known whatever it could mean: enough not to call a write ignored. */
export function mayHold(actual: FieldValue, sent: string, type: string | undefined): boolean {
  if (holdsSurely(actual, sent, type)) return true;
  if (type !== undefined || sent === '') return false;
  const { value } = actual;
  return sameNumber(sent, value) || sameBoolean(sent, value) || value === `${sent.trim()} 00:00:00`;
}

/** Passwords and encrypted texts are not given back. */
export function isNeverShown(type: string): boolean {
  return /^password|encrypted/.test(type);
}

const dateTypes = /date|^glide_(time|utc_time)$|^datetime$/;
const numberTypes = /^(integer|longint|decimal|float|numeric|auto_increment|percent_complete|currency2?|price|choice)$/;

function sameNumber(sent: string, actual: string): boolean {
  const [sentNumber, actualNumber] = [readNumeral(sent), readNumeral(actual)];
  return sentNumber !== undefined && sentNumber === actualNumber;
}

/** A column of booleans stores "true" for 1. */
function sameBoolean(sent: string, actual: string): boolean {
  if (actual !== 'true' && actual !== 'false') return false;
  return sent.trim().toLowerCase() === actual || sent.trim() === (actual === 'true' ? '1' : '0');
}

/** Reads a number that may have separators of thousands, a sign of its currency, or its code: `USD;1,509.95`. */
function readNumeral(text: string): number | undefined {
  const bare = text
    .trim()
    .replace(/^[A-Z]{3};/, '')
    .replace(/^(\p{Sc})|(\p{Sc})$/u, '')
    .trim();
  const digits = /^[+-]?\d{1,3}(?<separator>[,' \u00a0\u202f])\d{3}(\k<separator>\d{3}){0,4}(\.\d{1,6})?$/.test(bare)
    ? bare.replace(/[,' \u00a0\u202f]/g, '')
    : bare;
  return /^[+-]?\d{1,15}(\.\d{1,6})?$/.test(digits) ? Number(digits) : undefined;
}
