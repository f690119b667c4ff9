import type { StoredRow } from '../simulator-client.ts';
import type { Gate } from './gate.ts';
import { windowOf } from './gate-rules.ts';
import type { TicketStep } from './ticket-history.ts';

/**
 * From when on every reading of its ticket ends a gate, in milliseconds since the epoch; Infinity when none does, and only
 * its time-out will.
 */
export function isDecidedFrom({ history, rules }: Pick<Gate, 'history' | 'rules'>): number {
  if (!history) return 0;
  let from = Number.POSITIVE_INFINITY;
  // From the last state of the ticket back, as long as one that decides came before one that does.
  for (const step of history.steps.toReversed()) {
    const decidesFrom = stepDecidesFrom(step, rules);
    if (decidesFrom === Number.POSITIVE_INFINITY) return from;
    if (from !== Number.POSITIVE_INFINITY && decidesFrom > step.doneAt) return from;
    from = decidesFrom;
  }
  return from;
}

function stepDecidesFrom({ row, doneAt }: TicketStep, rules: Gate['rules']): number {
  if (row === undefined || rules.reject?.holds(row)) return doneAt;
  if (!rules.approve.holds(row)) return Number.POSITIVE_INFINITY;
  return Math.max(doneAt, rules.hasWindow ? opensAt(row) : doneAt);
}

/** An invalid window, and one that is over, end a gate as well. */
function opensAt(row: StoredRow): number {
  const window = windowOf(row);
  return window === 'invalid' ? 0 : window.startsAt;
}
