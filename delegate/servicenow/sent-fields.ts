import type { FieldValue } from '#protocol/ticket.ts';
import type { Row } from './answer.ts';
import { describeChoices } from './choice-text.ts';
import type { Choices } from './form-metadata.ts';
import { cleanText } from './page.ts';
import { hasField, readField } from './row.ts';
import type { Columns } from './table-metadata.ts';

/** Fields whose raw value reads empty after a successful write (trap 28). */
export const journalFields: ReadonlySet<string> = new Set(['comments', 'work_notes', 'comments_and_work_notes']);

export interface SentFields {
  /** What can be compared with a reply. */
  readonly plain: Readonly<Record<string, string>>;
  /** Texts for journals. */
  readonly journals: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Sorts a task's fields: empty texts are skipped with a warning, null is sent as the empty text that clears a field. */
export function prepareFields(fields: Readonly<Record<string, string | null>>, columns?: Columns): SentFields {
  const plain: [string, string][] = [];
  const journals: [string, string][] = [];
  const warnings: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (value === '') warnings.push(`field ${field} is empty and was not sent`);
    else if (!isJournal(field, columns)) plain.push([field, value ?? '']);
    else if (value === null) warnings.push(`field ${field} is a journal: it cannot be cleared and was not sent`);
    else journals.push([field, value]);
  }
  return { plain: Object.fromEntries(plain), journals: Object.fromEntries(journals), warnings };
}

function isJournal(field: string, columns: Columns | undefined): boolean {
  return journalFields.has(field) || columns?.get(field)?.type.startsWith('journal') === true;
}

/** A field that a record does not hold as it was sent. */
export interface Difference {
  readonly field: string;
  readonly sent: string;
  /** Undefined when the record shows no such field. */
  readonly actual: string | undefined;
  /** Present when the column has choices and what was sent is none of them. */
  readonly choices?: Choices;
}

/** Finds the fields that a record does not hold as sent, neither raw nor as shown (traps 24 and 27). */
export function findDifferences(sent: Readonly<Record<string, string>>, row: Row, columns?: Columns): Difference[] {
  const differences: Difference[] = [];
  for (const [field, value] of Object.entries(sent)) {
    const column = columns?.get(field);
    if (column !== undefined && isNeverShown(column.type)) continue;
    const actual = hasField(row, field) ? readField(row, field) : undefined;
    if (actual !== undefined && holds(actual, value)) continue;
    const choices = column?.choices?.some((choice) => choice.value === value) ? undefined : column?.choices;
    differences.push({ field, sent: value, actual: actual?.value, ...(choices && { choices }) });
  }
  return differences;
}

/** A cleared field is judged by its raw value: the display may say anything. */
function holds({ value, displayValue }: FieldValue, sent: string): boolean {
  return sent === '' ? value === '' : sameValue(sent, value) || sameText(sent, displayValue);
}

/** Passwords and encrypted texts are not given back. */
function isNeverShown(type: string): boolean {
  return /^password|encrypted/.test(type);
}

/** Writes a difference for people, with both values shortened, and the values that a choice can have. */
export function describeDifference(difference: Difference): string {
  const { choices } = difference;
  const text = describeValues(difference);
  if (choices === undefined) return text;
  return `${text}; legal are ${describeChoices(choices)}`;
}

function describeValues({ field, sent, actual }: Difference): string {
  const wanted = `${field}: sent ${quote(sent)}`;
  if (actual === undefined) return `${wanted}, the answer has no such field: it does not exist or may not be read`;
  const cut = actual !== '' && actual.length < sent.length && normalise(sent).startsWith(normalise(actual));
  return `${wanted}, the record holds ${quote(actual)}${cut ? ` (cut to ${actual.length} characters)` : ''}`;
}

/** Compares as ServiceNow stores: line ends and outer blanks do not count. */
export function sameText(one: string, other: string): boolean {
  return normalise(one) === normalise(other);
}

function sameValue(sent: string, actual: string): boolean {
  if (sameText(sent, actual)) return true;
  const [sentNumber, actualNumber] = [readNumeral(sent), readNumeral(actual)];
  if (sentNumber !== undefined && actualNumber !== undefined) return sentNumber === actualNumber;
  // A column of booleans stores "true" for 1, a column of date-times the midnight of a date.
  if (actual === 'true' || actual === 'false')
    return sent.trim().toLowerCase() === actual || sent.trim() === (actual === 'true' ? '1' : '0');
  return actual === `${sent.trim()} 00:00:00`;
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

function normalise(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim();
}

function quote(text: string): string {
  return text === '' ? 'nothing' : `"${cleanText(text, 80)}"`;
}
