import type { Row } from './answer.ts';
import { cleanText } from './page.ts';
import { hasField, readField } from './row.ts';

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
export function prepareFields(fields: Readonly<Record<string, string | null>>): SentFields {
  const plain: [string, string][] = [];
  const journals: [string, string][] = [];
  const warnings: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (value === '') warnings.push(`field ${field} is empty and was not sent`);
    else if (!journalFields.has(field)) plain.push([field, value ?? '']);
    else if (value === null) warnings.push(`field ${field} is a journal: it cannot be cleared and was not sent`);
    else journals.push([field, value]);
  }
  return { plain: Object.fromEntries(plain), journals: Object.fromEntries(journals), warnings };
}

/** A field that a record does not hold as it was sent. */
export interface Difference {
  readonly field: string;
  readonly sent: string;
  /** Undefined when the record shows no such field. */
  readonly actual: string | undefined;
}

/** Finds the fields that a record does not hold as sent, neither raw nor as shown (traps 24 and 27). */
export function findDifferences(sent: Readonly<Record<string, string>>, row: Row): Difference[] {
  const differences: Difference[] = [];
  for (const [field, value] of Object.entries(sent)) {
    if (!hasField(row, field)) {
      differences.push({ field, sent: value, actual: undefined });
      continue;
    }
    const actual = readField(row, field);
    // A cleared field is judged by its raw value: the display may say anything.
    const holds =
      value === '' ? actual.value === '' : sameValue(value, actual.value) || sameText(value, actual.displayValue);
    if (!holds) differences.push({ field, sent: value, actual: actual.value });
  }
  return differences;
}

/** Writes a difference for people, with both values shortened. */
export function describeDifference({ field, sent, actual }: Difference): string {
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
  const numeral = /^\s*[+-]?\d{1,15}(\.\d{1,6})?\s*$/;
  if (numeral.test(sent) && numeral.test(actual)) return Number(sent) === Number(actual);
  // A column of booleans stores "true" for 1, a column of date-times the midnight of a date.
  if (actual === 'true' || actual === 'false')
    return sent.trim().toLowerCase() === actual || sent === (actual === 'true' ? '1' : '0');
  return actual === `${sent.trim()} 00:00:00`;
}

function normalise(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim();
}

function quote(text: string): string {
  return text === '' ? 'nothing' : `"${cleanText(text, 80)}"`;
}
