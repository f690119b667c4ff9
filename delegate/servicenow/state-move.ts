import { type Failure, failure } from '#protocol/failure.ts';
import type { Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { extendMessage } from './handler-result.ts';
import { findNextStates, type NextStates, normaliseState, type State } from './next-states.ts';
import { cleanText } from './page.ts';
import { readField } from './row.ts';
import type { SentFields } from './sent-fields.ts';
import { getRecord } from './table-api.ts';

export interface StateMove {
  readonly table: string;
  readonly sysId: string;
  readonly calls: Calls;
  readonly fields: SentFields;
}

/**
 * Makes `state-illegal` of a failure when a change may not go to the state that was sent, and names those it may go to.
 * The failure stays as it is when the move is legal, or when nobody tells: the fault is another one then.
 */
export async function explainStateMove(move: StateMove, found: Failure, row?: Row): Promise<Failure> {
  const wanted = move.fields.plain.state;
  if (move.table !== 'change_request' || wanted === undefined || wanted === '') return found;
  const present = await readPresentState(move, row);
  if (present === undefined) return found;
  const next = await findNextStates(move.calls, move.sysId, present);
  return next === undefined || allows(next, wanted) ? found : illegal(found, next, wanted);
}

async function readPresentState({ calls, table, sysId }: StateMove, row: Row | undefined): Promise<string | undefined> {
  const judged = row === undefined ? await getRecord(calls, table, sysId, ['state']) : undefined;
  if (judged?.kind === 'failed') return undefined;
  const present = readField(row ?? judged?.value ?? {}, 'state').value;
  return present === '' ? undefined : present;
}

function allows({ legal, present }: NextStates, wanted: string): boolean {
  const state = normaliseState(wanted);
  return [present, ...legal].some(({ value, label }) => value === state || label.toLowerCase() === state.toLowerCase());
}

function illegal(found: Failure, { legal, present }: NextStates, wanted: string): Failure {
  const ways = legal.length === 0 ? 'to no other state' : `only to ${legal.map(nameState).join(', ')}`;
  const remedy =
    'Move the change through the states that are legal for it, or fulfil what the next state demands, such as its approval.';
  const told = failure('state-illegal', found.message, remedy);
  return extendMessage(told, `the change is in state ${nameState(present)} and may go ${ways} now, not to ${wanted}`);
}

function nameState({ label, value }: State): string {
  return cleanText(label === value ? value : `${label} (${value})`, 80);
}
