import { createHash } from 'node:crypto';
import { movesFrom } from './change-states.ts';
import { createDateDisplay, systemDateFormat, systemTimeFormat } from './date-time.ts';
import { createRenderer } from './display.ts';
import type { Row, StoredRecord } from './record-store.ts';
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

/** What `nextstates` tells: strings, the current state among them, and every move with whether it is open. */
export function nextStates(world: World, change: Row): Readonly<Record<string, unknown>> {
  const { state = '', type = '', approval = '', sys_id = '' } = change;
  const moves = movesFrom(type, state);
  const open = moves.filter((move) => !move.needsApproval || approval === 'approved');
  const available = [...open.map(({ to }) => to), state];
  return {
    available_states: available,
    state_transitions: moves.map((move) => [
      {
        sys_id: createHash('sha256').update(`${type}:${state}:${move.to}`).digest('hex').slice(0, 32),
        display_value: `${label(state)} to ${label(move.to)}`,
        from_state: state,
        to_state: move.to,
        transition_available: open.includes(move),
        automatic_transition: move.needsApproval ?? false,
        conditions: move.needsApproval
          ? [
              {
                passed: open.includes(move),
                condition: { name: 'Change is approved', description: null, sys_id },
              },
            ]
          : [],
      },
    ]),
    state_label: Object.fromEntries(available.map((value) => [value, label(value)])),
  };

  function label(value: string): string {
    const column = world.schema.columns('change_request').get('state');
    return column?.choices?.find((choice) => choice.value === value)?.label ?? value;
  }
}

/** Numbers are numbers and booleans booleans here, where the Table API has texts; a state is a number too. */
function typed(column: Column, value: string): string | number | boolean {
  if (column.type === 'boolean') return value === 'true';
  if ((column.type === 'integer' || column.type === 'choice') && /^-?\d+$/.test(value)) return Number(value);
  return value;
}
