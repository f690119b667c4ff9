import { failure } from '#protocol/failure.ts';
import type { FieldInfo } from '#protocol/metadata.ts';
import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { describeColumn, findColumn } from './column-lookup.ts';
import { readFieldValue } from './field-value.ts';
import { cleanText } from './page.ts';
import { findReferred } from './reference-lookup.ts';
import type { Columns, MetadataReading, ReadTableMetadata } from './table-metadata.ts';

export type FieldValues = Readonly<Record<string, string | null>>;

export type Resolution =
  | {
      readonly kind: 'resolved';
      readonly fields: FieldValues;
      readonly warnings: readonly string[];
      /** What the comparison of a reply can go by; absent when it is not known. */
      readonly columns?: Columns;
      /** Name as given → column, of those that were not named by their column. */
      readonly names?: Readonly<Record<string, string>>;
    }
  | Refused;

/** Turns labels of columns, choices and references into what ServiceNow stores. */
export type ResolveFields = (calls: Calls, table: string, fields: FieldValues) => Promise<Resolution>;

/** Makes the resolver; `readOnlyColumns` says whether a value for such a column is left out or is a failure. */
export function createFieldResolver(
  readMetadata: ReadTableMetadata,
  readOnlyColumns: 'leave-out' | 'refuse',
): ResolveFields {
  return async (calls, table, fields) => {
    if (Object.keys(fields).length === 0) return { kind: 'resolved', fields, warnings: [] };
    const metadata = await readMetadata(calls, table);
    switch (metadata.kind) {
      case 'failed':
        return metadata;
      case 'unknown':
        return takeAsGiven(table, fields, metadata.reason);
      case 'known': {
        const named = nameColumns(table, fields, metadata);
        if (named.kind === 'failed') return named;
        const locked = named.values.filter(
          ({ column, given }) => given !== '' && column !== undefined && isReadOnly(column),
        );
        if (locked.length > 0 && readOnlyColumns === 'refuse') return refuseReadOnly(table, locked);
        const free = named.values.filter((value) => !locked.includes(value));
        const stored = await storeValues(calls, table, free, metadata.whole && metadata.wholeChoices);
        if (stored.kind === 'failed') return stored;
        const leftOut = locked.map(({ name }) => `field ${name} is read-only and was not sent`);
        const warnings = [...metadata.warnings, ...named.warnings, ...leftOut];
        const otherwise = named.values.filter(({ key, name }) => key !== name);
        const names = Object.fromEntries(otherwise.map(({ key, name }) => [key, name]));
        return { kind: 'resolved', fields: stored.fields, warnings, columns: metadata.columns, names };
      }
    }
  };
}

interface NamedValue {
  /** As the caller named it. */
  readonly key: string;
  readonly name: string;
  /** Absent when the table may have it without showing it. */
  readonly column: FieldInfo | undefined;
  readonly given: string | null;
}

interface Fault {
  readonly code: keyof typeof remedies;
  readonly text: string;
}

const remedies = {
  'field-unknown':
    'Give a column name or a label as metadata.read or "ticketgate metadata fields" lists them. A column that the user may not read is refused too: what came of it could not be compared. One that was added in the last 10 minutes may not be known yet.',
  'field-ambiguous': 'Give the column name instead of the label, and each column once.',
  'field-ignored': 'Leave these fields out: ServiceNow sets them itself and would ignore what is sent.',
  'value-unknown':
    'Give the value in the form that the message asks for; of a record that is referred to, its sys_id is always right. A choice that was added in the last 10 minutes may not be known yet.',
} as const;

const columnName = /^[a-z][a-z0-9_]*$/;

/** Without metadata only what is surely a column name can be sent. */
function takeAsGiven(table: string, fields: FieldValues, reason: string): Resolution {
  const labels = Object.keys(fields).filter((key) => !columnName.test(key));
  if (labels.length === 0) {
    const text = `the columns of table ${table} are not known, so names and values were sent as given: ${reason}`;
    return { kind: 'resolved', fields, warnings: [text] };
  }
  const text = `${labels.map(quote).join(', ')} cannot be resolved to columns: ${reason}`;
  return refuse(table, [{ code: 'field-unknown', text }]);
}

function nameColumns(
  table: string,
  fields: FieldValues,
  { columns, whole }: Extract<MetadataReading, { kind: 'known' }>,
): { readonly kind: 'named'; readonly values: readonly NamedValue[]; readonly warnings: readonly string[] } | Refused {
  const values = new Map<string, NamedValue>();
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const add = (value: NamedValue): void => {
    const { key } = value;
    if (values.has(value.name))
      faults.push({ code: 'field-ambiguous', text: `${quote(key)} is ${value.name}, given twice` });
    values.set(value.name, value);
  };
  for (const [key, given] of Object.entries(fields)) {
    const found = findColumn(columns, key);
    if (found.kind === 'column') add({ key, name: found.column.name, column: found.column, given });
    else if (found.kind === 'ambiguous') {
      const text = `${quote(key)} is the label of ${found.columns.map(({ name }) => name).join(', ')}`;
      faults.push({ code: 'field-ambiguous', text });
    } else if (!whole && columnName.test(key)) {
      warnings.push(`field ${key} is not among the columns that the user is shown, and was sent as given`);
      add({ key, name: key, column: undefined, given });
    } else faults.push({ code: 'field-unknown', text: describeUnknown(key, found.similar) });
  }
  return faults.length > 0 ? refuse(table, faults) : { kind: 'named', values: [...values.values()], warnings };
}

function describeUnknown(key: string, similar: readonly FieldInfo[]): string {
  const offer = similar.length === 0 ? '' : `, similar are ${similar.map(describeColumn).join(', ')}`;
  return `${quote(key)} is no column that the user may read${offer}`;
}

function isReadOnly({ name, readOnly }: FieldInfo): boolean {
  return readOnly || name.startsWith('sys_');
}

async function storeValues(
  calls: Calls,
  table: string,
  values: readonly NamedValue[],
  isWhole: boolean,
): Promise<{ readonly kind: 'stored'; readonly fields: FieldValues } | Refused> {
  const fields: [string, string | null][] = [];
  const faults: Fault[] = [];
  for (const { name, column, given } of values) {
    if (given === null || given === '' || column === undefined) {
      fields.push([name, given]);
      continue;
    }
    const read = readFieldValue(column, given, isWhole);
    switch (read.kind) {
      case 'stored':
        fields.push([name, read.value]);
        break;
      case 'unfit':
        faults.push({ code: 'value-unknown', text: `field ${name}: ${quote(given)} ${read.why}` });
        break;
      case 'reference': {
        const referred = await findReferred(calls, read.table, given.trim());
        if (referred.kind === 'failed') return referred;
        if (referred.kind === 'found') fields.push([name, referred.sysId]);
        else faults.push({ code: 'value-unknown', text: `field ${name}: ${quote(given)} ${referred.why}` });
        break;
      }
    }
  }
  return faults.length > 0 ? refuse(table, faults) : { kind: 'stored', fields: Object.fromEntries(fields) };
}

function refuseReadOnly(table: string, locked: readonly NamedValue[]): Refused {
  const text = locked.map(({ name }) => `field ${name} is read-only`).join('; ');
  return refuse(table, [{ code: 'field-ignored', text }]);
}

function refuse(table: string, faults: readonly Fault[]): Refused {
  const code = faults[0]?.code ?? 'field-unknown';
  const message = `table ${table}: ${faults.map(({ text }) => text).join('; ')}; nothing was sent`;
  return { kind: 'failed', failure: failure(code, message, remedies[code]), landed: 'no' };
}

function quote(text: string): string {
  return `"${cleanText(text, 80)}"`;
}
