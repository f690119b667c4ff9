export type ColumnType =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'choice'
  | 'reference'
  | 'glide_date_time'
  | 'glide_date'
  | 'currency'
  | 'glide_duration'
  | 'journal_input'
  | 'sys_class_name'
  | 'GUID'
  | 'password';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface Column {
  readonly name: string;
  readonly label: string;
  readonly type: ColumnType;
  /** The table that a reference points at. */
  readonly reference?: string;
  readonly choices?: readonly Choice[];
  readonly fallback?: string;
  readonly readOnly?: boolean;
  readonly mandatory?: boolean;
  readonly maxLength?: number;
  /** An empty date of these columns is displayed as UNKNOWN. */
  readonly unknownWhenEmpty?: boolean;
}

export interface TableDefinition {
  readonly name: string;
  readonly label: string;
  readonly parent?: string;
  /** The column whose value stands for a record where it is referred to. */
  readonly display: string;
  /** Prefix of automatic numbers, with the first one. */
  readonly numbering?: { readonly prefix: string; readonly first: number };
  readonly columns: readonly Column[];
}

export interface Schema {
  readonly tables: readonly TableDefinition[];
  find(table: string): TableDefinition | undefined;
  /** Columns of a table with those it inherits, the child's own definition winning. */
  columns(table: string): ReadonlyMap<string, Column>;
  /** The table itself, then its parent, up to the root. */
  lineage(table: string): readonly string[];
  /** The table itself and every table that extends it. */
  family(table: string): readonly string[];
}

export function createSchema(tables: readonly TableDefinition[]): Schema {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const lineages = new Map(tables.map((table) => [table.name, climb(table, byName)]));
  const columnsByTable = new Map(tables.map((table) => [table.name, inheritColumns(table, byName)]));
  const lineage = (table: string) => lineages.get(table) ?? [];
  const families = new Map(
    tables.map(({ name }) => [name, tables.filter((table) => lineage(table.name).includes(name)).map((t) => t.name)]),
  );
  return {
    tables,
    find: (table) => byName.get(table),
    columns: (table) => columnsByTable.get(table) ?? new Map(),
    lineage,
    family: (table) => families.get(table) ?? [],
  };
}

function climb(table: TableDefinition, byName: ReadonlyMap<string, TableDefinition>): readonly string[] {
  const parent = table.parent === undefined ? undefined : byName.get(table.parent);
  return parent ? [table.name, ...climb(parent, byName)] : [table.name];
}

function inheritColumns(
  table: TableDefinition,
  byName: ReadonlyMap<string, TableDefinition>,
): ReadonlyMap<string, Column> {
  const parent = table.parent === undefined ? undefined : byName.get(table.parent);
  const columns = new Map<string, Column>(parent ? inheritColumns(parent, byName) : systemColumns);
  for (const column of table.columns) columns.set(column.name, column);
  return columns;
}

const systemColumns: readonly (readonly [string, Column])[] = [
  ['sys_id', 'Sys ID', 'GUID'],
  ['sys_created_on', 'Created', 'glide_date_time'],
  ['sys_created_by', 'Created by', 'string'],
  ['sys_updated_on', 'Updated', 'glide_date_time'],
  ['sys_updated_by', 'Updated by', 'string'],
  ['sys_mod_count', 'Updates', 'integer'],
  ['sys_tags', 'Tags', 'string'],
].map(([name, label, type]) => [name, { name, label, type, readOnly: true } as Column] as const) as [string, Column][];
