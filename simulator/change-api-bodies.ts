import { createDateDisplay, systemDateFormat, systemTimeFormat } from './date-time.ts';
import { createRenderer } from './display.ts';
import type { StoredRecord } from './record-store.ts';
import type { Column } from './schema.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

/** The body of a change in the Change API: whole, values typed, local dates beside the UTC ones. */
export function changeApiBody(world: World, user: User, record: StoredRecord): Readonly<Record<string, unknown>> {
  const options = { mode: 'all', excludeLinks: true, linkBase: '', fields: undefined } as const;
  const rendered = createRenderer(world, user, record.table, options).render(record);
  const columns = world.schema.columns(record.table);
  const internal = createDateDisplay({
    timeZone: user.dateStyle.timeZone,
    dateFormat: systemDateFormat,
    timeFormat: systemTimeFormat,
  });
  return Object.fromEntries(
    Object.entries(rendered).map(([name, field]) => {
      const column = columns.get(name);
      const value = record.row[name] ?? '';
      const local = column?.type === 'glide_date_time' ? { display_value_internal: internal(value) } : {};
      return [name, { ...(field as object), value: column ? typed(column, value) : value, ...local }];
    }),
  );
}

/** A boolean or a number where the Table API has a text; a state is a number too, and every number is written `-5.0`. */
function typed(column: Column, value: string): unknown {
  if (column.type === 'boolean') return value === 'true';
  if ((column.type === 'integer' || column.type === 'choice') && /^-?\d+$/.test(value))
    return JSON.rawJSON(`${Number(value)}.0`);
  return value;
}

declare global {
  interface JSON {
    /** Puts a text into JSON as it is; in Node from 21, not in TypeScript's libraries yet. */
    rawJSON(text: string): unknown;
  }
}
