/** One state that a change may move to, and what the instance demands of the record first. */
export interface StateMove {
  readonly to: string;
  readonly needsApproval?: boolean;
  /** A second transition leads there, which the end of the last change task opens. */
  readonly whenTasksEnd?: boolean;
}

export type ChangeType = 'normal' | 'standard' | 'emergency';

const cancel: StateMove = { to: '4' };
const backToNew: StateMove = { to: '-5' };
const scheduled: StateMove = { to: '-2', needsApproval: true };

const afterApproval: Readonly<Record<string, readonly StateMove[]>> = {
  '-2': [{ to: '-1' }, backToNew, cancel],
  '-1': [{ to: '0', whenTasksEnd: true }, cancel],
  '0': [{ to: '3' }],
  '3': [],
  '4': [],
};

/** The legal moves of each type of change, by the state that it is in. */
export const changeMoves: Readonly<Record<ChangeType, Readonly<Record<string, readonly StateMove[]>>>> = {
  normal: {
    '-5': [{ to: '-4' }, cancel],
    '-4': [{ to: '-3' }, backToNew, cancel],
    '-3': [scheduled, backToNew, cancel],
    ...afterApproval,
  },
  standard: {
    '-5': [scheduled, cancel],
    ...afterApproval,
  },
  emergency: {
    '-5': [{ to: '-3' }, cancel],
    '-3': [scheduled, backToNew, cancel],
    ...afterApproval,
  },
};

/** States in which a change is asking for approval. */
export const approvalSeekingStates: ReadonlySet<string> = new Set(['-4', '-3']);

export const closedState = '3';
export const canceledState = '4';
export const scheduledState = '-2';
export const newState = '-5';

/** The moves that a change may make now; of an unknown type those of a normal change. */
export function movesFrom(type: string, state: string): readonly StateMove[] {
  return changeMoves[isChangeType(type) ? type : 'normal'][state] ?? [];
}

export function isLegalMove(type: string, from: string, to: string, approval: string): boolean {
  if (from === to) return true;
  return movesFrom(type, from).some((move) => move.to === to && (!move.needsApproval || approval === 'approved'));
}

function isChangeType(type: string): type is ChangeType {
  return Object.hasOwn(changeMoves, type);
}
