import { createDateDisplay } from './date-time.ts';
import { findField, mayReadPath, readField } from './field-path.ts';
import type { Row, StoredRecord } from './record-store.ts';
import type { Column } from './schema.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

export type DisplayMode = 'false' | 'true' | 'all';

export interface RenderOptions {
  readonly mode: DisplayMode;
  readonly excludeLinks: boolean;
  /** What the links of references begin with, `http://host/api/now/v2/table`: the version is that of the request. */
  readonly linkBase: string;
  /** Wanted columns, dot-walked or not; undefined wants every column of the table. */
  readonly fields: readonly string[] | undefined;
}

export interface Renderer {
  render(record: StoredRecord): Readonly<Record<string, unknown>>;
  /** What a person sees in place of the stored value. */
  display(record: StoredRecord, path: string): string | null;
}

/**
 * Makes a function that shows records of one answer as the Table API does; `table` is the one that was asked for, whose
 * columns are shown even where a record belongs to a table that extends it. Unknown and unreadable names are left out.
 */
export function createRenderer(world: World, user: User, table: string, options: RenderOptions): Renderer {
  const showDate = createDateDisplay(user.dateStyle);
  const showDay = createDateDisplay({ timeZone: 'UTC', dateFormat: user.dateStyle.dateFormat, timeFormat: '' });
  const journals = indexJournals(world);
  const names = options.fields ?? [...world.schema.columns(table).keys()];
  const visible = names.flatMap((path) => {
    const found = findField(world, table, path);
    return found && mayReadPath(world, user, table, path) ? [{ path, column: found.column }] : [];
  });

  const display = ({ table: owner, row }: StoredRecord, path: string, column: Column): string | null => {
    const value = storedValue(owner, row, path, column);
    // The history belongs to the record at hand; journals of a record that a dot-walk leads to are not collected.
    if (column.type === 'journal_input') return journalHistory(world, row, column, journals(), showDate);
    return displayValue(world, column, value, showDate, showDay);
  };

  const storedValue = (owner: string, row: Row, path: string, column: Column): string => {
    if (column.type === 'journal_input') return '';
    if (column.type === 'password') return obviouslyFakeHash;
    return readField(world, owner, row, path);
  };

  const renderField = (record: StoredRecord, path: string, column: Column): unknown => {
    const value = storedValue(record.table, record.row, path, column);
    const shown = options.mode === 'false' ? value : display(record, path, column);
    const link =
      column.type === 'reference' && value !== '' && !options.excludeLinks
        ? `${options.linkBase}/${column.reference}/${value}`
        : undefined;
    return fieldShapes[options.mode](value, shown, link);
  };

  return {
    render: (record) =>
      Object.fromEntries(visible.map(({ path, column }) => [path, renderField(record, path, column)])),
    display: (record, path) => {
      const found = findField(world, record.table, path);
      return found ? display(record, path, found.column) : '';
    },
  };
}

/** The shape of a field in each display mode, with and without a link. */
const fieldShapes: Readonly<
  Record<DisplayMode, (value: string, shown: string | null, link: string | undefined) => unknown>
> = {
  false: (value, _shown, link) => (link === undefined ? value : { link, value }),
  true: (_value, shown, link) => (link === undefined ? shown : { display_value: shown, link }),
  all: (value, shown, link) =>
    link === undefined ? { display_value: shown, value } : { display_value: shown, value, link },
};

const obviouslyFakeHash = 'not-a-password-the-simulator-stores-none';

function displayValue(
  world: World,
  column: Column,
  value: string,
  showDate: (stored: string) => string,
  showDay: (stored: string) => string,
): string | null {
  switch (column.type) {
    case 'choice':
      return value === '' ? null : (column.choices?.find((choice) => choice.value === value)?.label ?? value);
    case 'reference':
      return displayOfReference(world, column, value);
    case 'glide_date_time':
      return value === '' ? (column.unknownWhenEmpty ? 'UNKNOWN' : '') : showDate(value);
    case 'integer':
      return /^-?\d+$/.test(value) ? Number(value).toLocaleString('en-US') : value;
    case 'glide_date':
      return value === '' ? '' : showDay(value);
    case 'currency':
      return value === '' ? '' : Number(value).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
    case 'sys_class_name':
      return world.schema.find(value)?.label ?? value;
    case 'glide_duration':
    case 'boolean':
    case 'string':
    case 'journal_input':
    case 'GUID':
    case 'password':
      return value;
  }
}

/** `global` is the value of every sys_domain and no record of any table. */
function displayOfReference(world: World, column: Column, value: string): string {
  if (value === '' || value === 'global') return value;
  const record = world.store.get(column.reference ?? '', value);
  const display = record && world.schema.find(record.table)?.display;
  return (display && record.row[display]) || '';
}

type JournalIndex = ReadonlyMap<string, readonly Row[]>;

/** Gathers journal rows by the record they belong to, once for an answer and only if it shows any. */
function indexJournals(world: World): () => JournalIndex {
  let index: Map<string, Row[]> | undefined;
  return () => {
    if (index) return index;
    index = new Map();
    for (const row of world.store.rows('sys_journal_field')) {
      const id = row.element_id ?? '';
      const rows = index.get(id);
      if (rows) rows.push(row);
      else index.set(id, [row]);
    }
    return index;
  };
}

/** The whole history as one text, newest first, as the real thing shows it. */
function journalHistory(
  world: World,
  row: Row,
  column: Column,
  journals: JournalIndex,
  showDate: (stored: string) => string,
): string {
  const entries = (journals.get(row.sys_id ?? '') ?? []).filter(({ element }) => element === column.name);
  return entries
    .toReversed()
    .map((entry) => {
      const author = world.store.rows('sys_user').find(({ user_name }) => user_name === entry.sys_created_by);
      const name = author?.name ?? entry.sys_created_by ?? '';
      return `${showDate(entry.sys_created_on ?? '')} - ${name} (${column.label})\n${entry.value ?? ''}\n\n`;
    })
    .join('');
}
