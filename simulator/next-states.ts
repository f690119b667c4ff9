import { createHash } from 'node:crypto';
import { movesFrom, type StateMove } from './change-states.ts';
import type { Row } from './record-store.ts';
import type { World } from './world.ts';

interface Condition {
  readonly name: string;
  readonly passed: boolean;
}

/**
 * What `nextstates` tells: strings, the current state among those that are available, and for each target every
 * transition that leads there, whether it is open, and whether the instance makes it by itself.
 */
export function nextStates(world: World, change: Row): Readonly<Record<string, unknown>> {
  const { state = '', type = '', approval = '', sys_id = '' } = change;
  const moves = movesFrom(type, state);
  const isOpen = (move: StateMove) => !move.needsApproval || approval === 'approved';
  const available = [...moves.filter(isOpen).map(({ to }) => to), state];
  return {
    available_states: available,
    state_transitions: moves.map((move) => [
      ...(move.whenTasksEnd ? [transition(move, true, tasksEnded())] : []),
      move.needsApproval
        ? transition(move, true, { name: 'Change is approved', passed: isOpen(move) })
        : transition(move, false),
    ]),
    state_label: Object.fromEntries(available.map((value) => [value, label(value)])),
  };

  function transition({ to }: StateMove, automatic: boolean, condition?: Condition): Readonly<Record<string, unknown>> {
    const id = (what: string) =>
      createHash('sha256').update(`${type}:${state}:${to}:${what}`).digest('hex').slice(0, 32);
    return {
      sys_id: id(String(automatic)),
      display_value: `${label(state)} to ${label(to)}`,
      from_state: state,
      to_state: to,
      transition_available: condition?.passed ?? true,
      automatic_transition: automatic,
      conditions: condition
        ? [
            {
              passed: condition.passed,
              condition: { name: condition.name, description: null, sys_id: id(condition.name) },
            },
          ]
        : [],
    };
  }

  function tasksEnded(): Condition {
    const tasks = world.store.rows('change_task').filter(({ change_request }) => change_request === sys_id);
    return {
      name: 'No active Change Tasks',
      passed: tasks.length > 0 && tasks.every(({ active }) => active !== 'true'),
    };
  }

  function label(value: string): string {
    const column = world.schema.columns('change_request').get('state');
    return column?.choices?.find((choice) => choice.value === value)?.label ?? value;
  }
}
