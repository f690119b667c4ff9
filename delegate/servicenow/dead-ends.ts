import type { Ticket } from '#protocol/ticket.ts';
import type { Calls } from './calls.ts';
import { noteLine } from './handler-result.ts';
import { askNextStates, isDeadEnd } from './next-states.ts';

/**
 * Tells which of the changes are in a state from which their state model leads nowhere. Of those that the instance tells
 * nothing of, such as one without the Change API, nothing is claimed.
 */
export async function findDeadEnds(calls: Calls, tickets: readonly Ticket[]): Promise<string[]> {
  const deadEnds: string[] = [];
  for (const { table, sysId, fields } of tickets.slice(0, mostAsked)) {
    const present = Object.hasOwn(fields, 'state') ? fields.state?.value : undefined;
    if (table !== 'change_request' || present === undefined || present === '') continue;
    const judged = await askNextStates(calls, sysId);
    if (judged.kind === 'ok' && isDeadEnd(judged.value, present)) deadEnds.push(sysId);
    if (judged.kind === 'failed')
      noteLine(calls.context, `where ${sysId} may go is not known: ${judged.failure.message}`);
  }
  return deadEnds;
}

/** One request each: a reading must not become many. */
const mostAsked = 10;
