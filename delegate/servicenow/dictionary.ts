import type { FieldInfo } from '#protocol/metadata.ts';
import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { type Choices, fieldInfo } from './form-metadata.ts';
import { hasField, readField } from './row.ts';
import { type AllRows, readAllRows } from './row-pages.ts';
import { findRows } from './table-api.ts';
import type { MetadataReading } from './table-metadata.ts';

/**
 * Reads the columns of a table and of every table that it extends from the dictionary, with their choices in English.
 * Most integration users may not (200 and no row, or 403): then they are unknown, which is no failure.
 */
export async function readDictionary(calls: Calls, table: string, whyNotForm: string): Promise<MetadataReading> {
  const lineage = await readLineage(calls, table);
  switch (lineage.kind) {
    case 'failed':
      return lineage;
    case 'hidden':
      return unknown(`${whyNotForm}; ${lineage.reason}`);
    case 'read':
      break;
  }
  const { tables } = lineage;
  const entries = await readIfAllowed(calls, 'sys_dictionary', {
    terms: [{ field: 'name', operator: 'IN', values: tables }],
    fields: ['element', 'column_label', 'internal_type', 'reference', 'max_length', 'mandatory', 'read_only', 'active'],
  });
  if (entries.kind === 'failed') return entries;
  if (entries.kind === 'hidden') return unknown(`${whyNotForm}; ${entries.reason}`);
  const choices = await readChoices(calls, tables);
  if (choices.kind === 'failed') return choices;

  const choicesOf = Map.groupBy(choices.rows, (row) => readField(row, 'element').value);
  const columns = new Map<string, FieldInfo>();
  // From the root to the table itself, whose own definitions win.
  for (const name of tables.toReversed()) {
    for (const row of entries.rows) {
      const element = readField(row, 'element').value;
      const usable = element !== '' && readField(row, 'active').value !== 'false';
      if (usable && readField(row, 'name').value === name) {
        columns.set(element, toFieldInfo(element, row, nearestChoices(choicesOf.get(element) ?? [], tables)));
      }
    }
  }
  return columns.size === 0
    ? unknown(`${whyNotForm}; sys_dictionary shows no column of table ${table}`)
    : { kind: 'known', columns, whole: entries.complete, wholeChoices: choices.complete, warnings: choices.warnings };
}

const whichRole =
  'let the user call api/now/ui/meta, or give it a role that reads sys_db_object and sys_dictionary, such as personalize_dictionary';

function unknown(reason: string): MetadataReading {
  return { kind: 'unknown', reason: `${reason}; ${whichRole}` };
}

interface Hidden {
  readonly kind: 'hidden';
  readonly reason: string;
}

const mostAncestors = 20;

/** Reads the names of a table and its ancestors, the table itself first; a parent's columns are not repeated for it. */
async function readLineage(
  calls: Calls,
  table: string,
): Promise<{ readonly kind: 'read'; readonly tables: readonly string[] } | Hidden | Refused> {
  const tables: string[] = [];
  let next = table;
  while (next !== '' && !tables.includes(next) && tables.length < mostAncestors) {
    const judged = await findRows(calls, {
      table: 'sys_db_object',
      terms: [{ field: 'name', operator: '=', value: next }],
      fields: ['super_class.name'],
      limit: 1,
    });
    if (judged.kind === 'failed') return mayNotRead(judged) ? hidden(judged.failure.message) : judged;
    const [row] = judged.value;
    if (row === undefined) return hidden(`sys_db_object shows no table ${next}`);
    if (!hasField(row, 'super_class.name')) return hidden('sys_db_object does not show what a table extends');
    tables.push(next);
    next = readField(row, 'super_class.name').value;
  }
  return { kind: 'read', tables };
}

interface ReadChoices {
  readonly kind: 'read';
  readonly rows: readonly Row[];
  readonly complete: boolean;
  readonly warnings: readonly string[];
}

async function readChoices(calls: Calls, tables: readonly string[]): Promise<ReadChoices | Refused> {
  const read = await readIfAllowed(calls, 'sys_choice', {
    terms: [
      { field: 'name', operator: 'IN', values: tables },
      { field: 'inactive', operator: '=', value: 'false' },
      { field: 'language', operator: '=', value: 'en' },
    ],
    fields: ['element', 'value', 'label', 'sequence'],
  });
  switch (read.kind) {
    case 'failed':
      return read;
    case 'hidden': {
      const text = `choices are not known: ${read.reason}; give the user the role personalize_choices`;
      return { kind: 'read', rows: [], complete: false, warnings: [text] };
    }
    case 'ok': {
      const rows = read.rows.toSorted((one, other) => sequenceOf(one) - sequenceOf(other));
      const text = 'the user is not shown every choice: give it the role personalize_choices';
      return { kind: 'read', rows, complete: read.complete, warnings: read.complete ? [] : [text] };
    }
  }
}

/** Choices of an inherited column sit at the ancestor, unless a nearer table has its own (trap 57). */
function nearestChoices(ofColumn: readonly Row[], tables: readonly string[]): Choices {
  const owner = tables.find((table) => ofColumn.some((row) => readField(row, 'name').value === table));
  return ofColumn
    .filter((row) => readField(row, 'name').value === owner)
    .map((row) => ({ value: readField(row, 'value').value, label: readField(row, 'label').value }));
}

function sequenceOf(row: Row): number {
  const sequence = Number(readField(row, 'sequence').value);
  return Number.isFinite(sequence) ? sequence : 0;
}

function toFieldInfo(name: string, row: Row, choices: Choices): FieldInfo {
  return fieldInfo(name, {
    label: readField(row, 'column_label').value,
    type: readField(row, 'internal_type').value,
    mandatory: readField(row, 'mandatory').value,
    readOnly: readField(row, 'read_only').value,
    maxLength: readField(row, 'max_length').value,
    reference: readField(row, 'reference').value,
    choices,
  });
}

async function readIfAllowed(
  calls: Calls,
  table: string,
  wanted: Omit<Parameters<typeof readAllRows>[1], 'table'>,
): Promise<AllRows | Hidden | Refused> {
  const read = await readAllRows(calls, { table, ...wanted });
  if (read.kind === 'ok') return read;
  return mayNotRead(read) ? hidden(read.failure.message) : read;
}

/** Whether a refusal says that this user is not shown this table, or not as it was asked for. */
export function mayNotRead({ failure: { code } }: Refused): boolean {
  return code === 'servicenow-forbidden' || code === 'servicenow-table-unknown' || code === 'field-unknown';
}

function hidden(reason: string): Hidden {
  return { kind: 'hidden', reason };
}
