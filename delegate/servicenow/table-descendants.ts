import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { readField } from './row.ts';
import { readAllRows } from './row-pages.ts';

export interface TableRow {
  readonly name: string;
  readonly label: string;
  readonly parent: string;
}

export interface Descendants {
  readonly kind: 'ok';
  readonly tables: readonly TableRow[];
  /** Whether these are proven to be all, and not only those that the user is shown or that were asked for. */
  readonly complete: boolean;
}

/** Reads the rows of `sys_db_object` whose `field` is one of some names of tables. */
export async function readTableRows(
  calls: Calls,
  field: 'name' | 'super_class.name',
  names: readonly string[],
): Promise<Descendants | Refused> {
  const fields = ['name', 'label', 'super_class.name'];
  const read = await readAllRows(calls, {
    table: 'sys_db_object',
    terms: [{ field, operator: 'IN', values: names }],
    fields,
  });
  if (read.kind === 'failed') return read;
  return { kind: 'ok', tables: read.rows.map(toTableRow).filter(({ name }) => name !== ''), complete: read.complete };
}

/** Reads the tables that extend some others, level by level, as far as the bounds go. */
export async function readDescendants(calls: Calls, ancestors: readonly string[]): Promise<Descendants | Refused> {
  const found = new Map<string, TableRow>();
  const asked = new Set(ancestors);
  let complete = true;
  let next = [...ancestors];
  for (let depth = 0; depth < mostLevels && next.length > 0; depth += 1) {
    const level: TableRow[] = [];
    for (let start = 0; start < next.length; start += namesPerRequest) {
      const read = await readTableRows(calls, 'super_class.name', next.slice(start, start + namesPerRequest));
      if (read.kind === 'failed') return read;
      complete &&= read.complete;
      level.push(...read.tables);
    }
    for (const table of level) found.set(table.name, table);
    const names = [...new Set(level.map(({ name }) => name))].filter(
      (name) => tableName.test(name) && !asked.has(name),
    );
    next = names.slice(0, Math.max(0, mostAsked - asked.size));
    complete &&= next.length === names.length;
    for (const name of next) asked.add(name);
  }
  return { kind: 'ok', tables: [...found.values()], complete: complete && next.length === 0 };
}

const mostLevels = 6;
const mostAsked = 500;
/** So that an address stays below 8192 bytes (trap 37): a name has at most 80. */
const namesPerRequest = 75;
const tableName = /^[a-z][a-z0-9_]{0,79}$/i;

function toTableRow(row: Row): TableRow {
  const name = readField(row, 'name').value;
  return { name, label: readField(row, 'label').value || name, parent: readField(row, 'super_class.name').value };
}
