import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { readField } from './row.ts';
import { findRows, readTotalCount } from './table-api.ts';

export type FoundTicket = { readonly kind: 'found'; readonly sysId: string } | Refused;

/** Finds the one record that has this number; numbers are not unique (trap 55), so two are asked for and refused. */
export async function findTicketByNumber(calls: Calls, table: string, number: string): Promise<FoundTicket> {
  const judged = await findRows(calls, {
    table,
    terms: [{ field: 'number', operator: '=', value: number }],
    fields: ['sys_id', 'number'],
    limit: 2,
  });
  if (judged.kind === 'failed') return judged;
  const [first, second] = judged.value.map((row) => readField(row, 'sys_id').value);
  if (first === undefined)
    return refuse('ticket-not-found', `table ${table} shows no ticket ${number}`, notFoundRemedy);
  if (second !== undefined)
    return refuse('ticket-ambiguous', describeAmbiguity(table, number, [first, second]), ambiguousRemedy);
  // Without it, what is written to the record would go to the table.
  if (first === '')
    return refuse('servicenow-undecodable', `table ${table} shows ticket ${number} without its sys_id`, noSysIdRemedy);
  // The count is made before ACLs (trap 10): the hidden one may be the one that is meant.
  const total = readTotalCount(judged) ?? 1;
  return total === 1
    ? { kind: 'found', sysId: first }
    : refuse(
        'ticket-ambiguous',
        `table ${table} has ${total} tickets with number ${number}, of which the user may read ${first} alone`,
        ambiguousRemedy,
      );
}

export function describeAmbiguity(table: string, number: string, sysIds: readonly string[]): string {
  return `table ${table} has several tickets with number ${number}: ${sysIds.join(', ')}`;
}

export const ambiguousRemedy =
  'Give the sys_id of the one that is meant; let an administrator make the numbers unique.';

const notFoundRemedy =
  'Check the number and the table. A ticket that the user may not read looks the same: give it the role itil or the read role of that application.';

const noSysIdRemedy = 'Let the integration user read the column sys_id of the table, or give the sys_id of the ticket.';

function refuse(code: FailureCode, message: string, remedy: string): Refused {
  return { kind: 'failed', failure: failure(code, message, remedy), landed: 'no' };
}
