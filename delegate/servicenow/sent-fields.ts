import type { Row } from './answer.ts';
import { describeChoices } from './choice-text.ts';
import type { Choices } from './form-metadata.ts';
import { cleanText } from './page.ts';
import { hasField, readField } from './row.ts';
import type { Columns } from './table-metadata.ts';
import { holdsSurely, isNeverShown, mayHold, normalise } from './value-comparison.ts';

/** Fields whose raw value reads empty after a successful write (trap 28). */
export const journalFields: ReadonlySet<string> = new Set(['comments', 'work_notes', 'comments_and_work_notes']);

export interface SentFields {
  /** What can be compared with a reply. */
  readonly plain: Readonly<Record<string, string>>;
  /** Texts for journals. */
  readonly journals: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** Name as the caller gave it → column, of those that were not named by their column. */
  readonly names?: Readonly<Record<string, string>>;
}

/** What a result says of the names that were given; nothing when all were names of columns. */
export function toNamedColumns({ names = {} }: SentFields): { columns?: Record<string, string> } {
  return Object.keys(names).length === 0 ? {} : { columns: { ...names } };
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
    if (actual !== undefined && mayHold(actual, value, column?.type)) continue;
    const choices = column?.choices?.some((choice) => choice.value === value) ? undefined : column?.choices;
    differences.push({ field, sent: value, actual: actual?.value, ...(choices && { choices }) });
  }
  return differences;
}

/** Whether a record surely holds all that was sent; `unknown` when a field of it is never given back. */
export function holdsAll(
  sent: Readonly<Record<string, string>>,
  row: Row,
  columns: Columns | undefined,
): 'holds' | 'differs' | 'unknown' {
  let answer: 'holds' | 'unknown' = 'holds';
  for (const [field, value] of Object.entries(sent)) {
    const type = columns?.get(field)?.type;
    if (type !== undefined && isNeverShown(type)) answer = 'unknown';
    else if (!hasField(row, field) || !holdsSurely(readField(row, field), value, type)) return 'differs';
  }
  return answer;
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

function quote(text: string): string {
  return text === '' ? 'nothing' : `"${cleanText(text, 80)}"`;
}
