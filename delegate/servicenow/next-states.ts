import { isRow, type Judged, type Row } from './answer.ts';
import type { Calls } from './calls.ts';
import type { Asked } from './refusal.ts';

export interface State {
  readonly value: string;
  readonly label: string;
}

/** The state that a change is in, and those that it may be moved to now. */
export interface NextStates {
  readonly present: State;
  readonly legal: readonly State[];
}

/** Asks the Change API where a change may go; undefined when it is not there or does not tell. */
export async function findNextStates(calls: Calls, sysId: string, present: string): Promise<NextStates | undefined> {
  const judged = await askNextStates(calls, sysId);
  return judged.kind === 'ok' ? readNextStates(judged.value, present) : undefined;
}

/** Asks the Change API for the states that a change may be moved to, and for the ways there. */
export function askNextStates(calls: Calls, sysId: string): Promise<Judged<Row>> {
  const asked: Asked = { method: 'GET', subject: 'the next states of the change', addressesRecord: true };
  return calls.readRecord(asked, `api/sn_chg_rest/change/${encodeURIComponent(sysId)}/nextstates`);
}

/**
 * Reads an answer of `nextstates`: the list of states includes the present one (trap 52), and of several transitions to
 * one state some may be barred. Undefined when nothing in it can be read.
 */
export function readNextStates(result: Row, present: string): NextStates | undefined {
  const transitions = readTransitions(result.state_transitions);
  const listed = Array.isArray(result.available_states) ? result.available_states.flatMap(readState) : undefined;
  if (listed === undefined && transitions.length === 0) return undefined;
  const now = normaliseState(present);
  const open = (state: string): boolean => {
    const ways = transitions.filter(({ to }) => to === state);
    return ways.length === 0 ? listed !== undefined : ways.some(({ isOpen }) => isOpen);
  };
  const labels = isRow(result.state_label) ? result.state_label : {};
  const name = (value: string): State => {
    const label = Object.hasOwn(labels, value) ? labels[value] : undefined;
    return { value, label: typeof label === 'string' && label !== '' ? label : value };
  };
  const legal = [...new Set(listed ?? transitions.map(({ to }) => to))].filter((state) => state !== now && open(state));
  return { present: name(now), legal: legal.map(name) };
}

/**
 * Whether the answer tells that no way leads on from the present state, such as Closed: it names this state, no other one,
 * and no transition, not even a barred one. An answer that tells of no state is of a change without a state model.
 */
export function isDeadEnd(result: Row, present: string): boolean {
  const { available_states, state_transitions } = result;
  if (!Array.isArray(available_states) || !Array.isArray(state_transitions)) return false;
  const states = available_states.flatMap(readState);
  return states.length === 1 && states[0] === normaliseState(present) && state_transitions.flat().length === 0;
}

/** States are texts, or floats: `-1`, `"-1"` and `-1.0` are one (trap 20). */
export function normaliseState(value: string): string {
  const text = value.trim();
  return /^[+-]?\d{1,9}(\.0+)?$/.test(text) ? String(Number(text)) : text;
}

interface Transition {
  readonly to: string;
  readonly isOpen: boolean;
}

function readTransitions(value: unknown): Transition[] {
  if (!Array.isArray(value)) return [];
  return value
    .flat()
    .filter(isRow)
    .flatMap(({ to_state, transition_available }) =>
      readState(to_state).map((to) => ({
        to,
        isOpen: transition_available !== false && transition_available !== 'false',
      })),
    );
}

function readState(value: unknown): string[] {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
    ? [normaliseState(String(value))]
    : [];
}
