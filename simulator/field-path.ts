import { canReadField } from './access.ts';
import type { Row } from './record-store.ts';
import type { Column } from './schema.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

export interface FoundField {
  /** The table that has the column, at the end of the walk. */
  readonly table: string;
  readonly column: Column;
}

/** Follows a dot-walked name such as `assigned_to.user_name` through the schema; undefined when a step is unknown. */
export function findField(world: World, table: string, path: string): FoundField | undefined {
  const [name = '', ...rest] = path.split('.');
  const column = world.schema.columns(table).get(name);
  if (!column) return undefined;
  if (rest.length === 0) return { table, column };
  return column.reference === undefined ? undefined : findField(world, column.reference, rest.join('.'));
}

/** Reads the value at the end of a dot-walk; empty where a reference on the way is. */
export function readField(world: World, table: string, row: Row, path: string): string {
  const dot = path.indexOf('.');
  if (dot < 0) return row[path] ?? '';
  const step = path.slice(0, dot);
  const target = world.schema.columns(table).get(step)?.reference;
  const record = target === undefined ? undefined : world.store.get(target, row[step] ?? '');
  return record ? readField(world, record.table, record.row, path.slice(dot + 1)) : '';
}

/** Whether a user may read every step of the walk. */
export function mayReadPath(world: World, user: User, table: string, path: string): boolean {
  const [name = '', ...rest] = path.split('.');
  if (!canReadField(world, user, table, name)) return false;
  const target = world.schema.columns(table).get(name)?.reference;
  return rest.length === 0 || target === undefined || mayReadPath(world, user, target, rest.join('.'));
}
