import { canWriteField } from './access.ts';
import { parseDisplayedDateTime, readStoredDateTime, toStoredDateTime } from './date-time.ts';
import type { Row } from './record-store.ts';
import type { Column } from './schema.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

export interface WriteInput {
  readonly values: Row;
  readonly journals: readonly JournalEntry[];
}

export interface JournalEntry {
  readonly element: string;
  readonly text: string;
}

/**
 * Takes from a request body what the instance would take: unknown names, read-only and unwritable columns, values of
 * the wrong kind and choices that do not exist are dropped without a word, as the real thing drops them.
 */
export function readWriteInput(
  world: World,
  user: User,
  table: string,
  body: Readonly<Record<string, unknown>>,
  displayInput: boolean,
): WriteInput {
  const values: Record<string, string> = {};
  const journals: JournalEntry[] = [];
  const columns = world.schema.columns(table);
  for (const [name, given] of Object.entries(body)) {
    const column = columns.get(name);
    if (!column || column.readOnly || !canWriteField(world, user, table, name)) continue;
    const text = toText(given);
    if (text === undefined) continue;
    if (column.type === 'journal_input') {
      if (text !== '') journals.push({ element: name, text });
      continue;
    }
    const value = coerce(world, user, column, text, displayInput);
    if (value !== undefined) values[name] = value;
  }
  return { values, journals };
}

function toText(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given === 'number' || typeof given === 'boolean') return String(given);
  if (given === null) return '';
  if (typeof given === 'object' && 'value' in given) return toText(given.value);
  return undefined;
}

/** The value to store; undefined when the instance would not take it. An empty text clears all but a choice. */
function coerce(world: World, user: User, column: Column, text: string, displayInput: boolean): string | undefined {
  if (text === '') return column.type === 'choice' ? undefined : '';
  switch (column.type) {
    case 'string':
      return column.maxLength === undefined ? text : text.slice(0, column.maxLength);
    case 'integer': {
      const digits = displayInput ? text.replaceAll(',', '') : text;
      return /^-?\d+$/.test(digits) ? digits : undefined;
    }
    case 'boolean':
      return booleans[text.toLowerCase()];
    case 'choice':
      return findChoice(column, text, displayInput);
    case 'reference':
      return findReference(world, column, text, displayInput);
    case 'glide_date_time': {
      if (displayInput) return parseDisplayedDateTime(text, user.dateStyle);
      const date = readStoredDateTime(text);
      return date ? toStoredDateTime(date) : undefined;
    }
    case 'glide_date': {
      const style = { timeZone: 'UTC', dateFormat: user.dateStyle.dateFormat, timeFormat: '' };
      const stored = displayInput ? parseDisplayedDateTime(text, style) : text;
      const date = stored === undefined ? undefined : readStoredDateTime(stored);
      return date && toStoredDateTime(date).slice(0, 10);
    }
    case 'currency':
      return /^(?:[A-Z]{3};|\$)?(-?\d+(?:\.\d+)?)$/.exec(text.replaceAll(',', ''))?.[1];
    case 'glide_duration':
      return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? text : undefined;
    case 'journal_input':
    case 'sys_class_name':
    case 'GUID':
    case 'password':
      return undefined;
  }
}

const booleans: Readonly<Record<string, string>> = { true: 'true', '1': 'true', false: 'false', '0': 'false' };

function findChoice(column: Column, text: string, displayInput: boolean): string | undefined {
  const choices = column.choices ?? [];
  const byValue = choices.find(({ value }) => value === text);
  const byLabel = displayInput ? choices.find(({ label }) => label.toLowerCase() === text.toLowerCase()) : undefined;
  return (byLabel ?? byValue)?.value;
}

function findReference(world: World, column: Column, text: string, displayInput: boolean): string | undefined {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  if (!displayInput || column.reference === undefined) return undefined;
  return world.store.records(column.reference).find(({ table, row }) => {
    const display = world.schema.find(table)?.display;
    return display !== undefined && row[display]?.toLowerCase() === text.toLowerCase();
  })?.row.sys_id;
}
