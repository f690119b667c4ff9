import type { Finding } from '#protocol/finding.ts';
import type { Judged, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { readFormMetadata } from './form-metadata.ts';
import { tellsClosedTable } from './refusal.ts';
import { findRows, peekRow, readTotalCount } from './table-api.ts';

/** Tells, for each table that work needs, whether the user can read it; in this order, and to `tell` as each is known. */
export async function probeTables(calls: Calls, tell: (found: readonly Finding[]) => void): Promise<Finding[]> {
  const told = async (probing: Promise<Finding>) => {
    const finding = await probing;
    tell([finding]);
    return finding;
  };
  const peek = ({ table, remedy }: Peeked) =>
    told(peekRow(calls, table, ['sys_id']).then((judged) => judgeRead(table, remedy, judged)));
  const [tickets, others, choices] = await Promise.all([
    Promise.all(ticketTables.map(peek)),
    Promise.all(otherTables.map(peek)),
    told(probeChoices(calls)),
  ]);
  const together = judgeTickets(tickets);
  tell(together);
  return [...tickets, ...others, choices, ...together];
}

/** A user to whom every ticket is hidden works on, and finds nothing (trap 8). */
function judgeTickets(tickets: readonly Finding[]): Finding[] {
  const statuses = new Set(tickets.map(({ status }) => status));
  if (statuses.has('passed') || !statuses.has('warning')) return [];
  const message = 'this user can read no tickets: no change, incident or problem is shown to it';
  const remedy =
    'Give the user the role itil, or the read roles of the applications in use: every look for a ticket would find none.';
  return [{ probe: 'ticket-read', status: 'warning', message, remedy }];
}

/** Writing is not tried: it would leave something behind. */
export const tableWriteFinding: Finding = {
  probe: 'table-write',
  status: 'unknown',
  message: 'whether the user may create and update tickets was not tried, since that would write',
  remedy:
    'Usually the role itil allows it for change_request, incident and problem. Create a ticket of low urgency to be sure.',
};

interface Peeked {
  readonly table: string;
  readonly remedy: string;
}

const ticketTables: readonly Peeked[] = [
  { table: 'change_request', remedy: 'Give the user the role itil, or sn_change_read for reading alone' },
  { table: 'incident', remedy: 'Give the user the role itil, or sn_incident_read for reading alone' },
  { table: 'problem', remedy: 'Give the user the role itil, or sn_problem_read for reading alone' },
];

const otherTables: readonly Peeked[] = [
  {
    table: 'sysapproval_approver',
    remedy: 'Without it a gate cannot say whom it waits for: give the user the role itil, or a read ACL on this table',
  },
  {
    table: 'sys_journal_field',
    remedy:
      'Without it a work note whose answer was lost cannot be looked for: give the user a read ACL on this table; by default only administrators have one',
  },
];

/** Without forms, labels of choices are found by filtering sys_choice, which needs a right of its own beside reading it. */
async function probeChoices(calls: Calls): Promise<Finding> {
  const table = 'sys_choice';
  const form = await readFormMetadata(calls, 'incident');
  if (form.kind === 'read') {
    const message = `labels of choices are told by api/now/ui/meta: table ${table} is not needed`;
    return { probe: 'table-read', status: 'passed', message };
  }
  const judged = await findRows(calls, {
    table,
    terms: [
      { field: 'name', operator: '=', value: 'incident' },
      { field: 'element', operator: '=', value: 'state' },
    ],
    fields: ['value', 'label'],
    limit: 1,
  });
  const remedy =
    'Labels of choices cannot be resolved, since the form of incident (api/now/ui/meta) is not told either: give the user the role personalize_choices, or let it call that path';
  return judgeRead(table, remedy, judged);
}

/** No rows at all is also what a user without a role gets (trap 8); the count before ACLs tells them apart (trap 10). */
function judgeRead(table: string, remedy: string, judged: Judged<readonly Row[]>): Finding {
  const probe = 'table-read';
  if (judged.kind === 'failed') {
    const { code, message } = judged.failure;
    if (code === 'servicenow-forbidden' && tellsClosedTable(message))
      return {
        probe,
        status: 'warning',
        message: `table ${table} is closed: ${message}`,
        remedy: judged.failure.remedy,
      };
    return isRefusal(code)
      ? { probe, status: 'warning', message: `the user may not read table ${table}: ${message}`, remedy: `${remedy}.` }
      : { probe, status: 'unknown', message: `table ${table}: ${message}`, remedy: judged.failure.remedy };
  }
  if (judged.value.length > 0) return { probe, status: 'passed', message: `the user can read table ${table}` };
  const total = readTotalCount(judged);
  return total !== undefined && total > 0
    ? {
        probe,
        status: 'warning',
        message: `table ${table} has records and the user sees none of the first`,
        remedy: `${remedy}.`,
      }
    : {
        probe,
        status: 'unknown',
        message: `table ${table} shows no record: empty, or not for this user`,
        remedy: `${remedy}; if the table is empty, test again when it has a record.`,
      };
}

function isRefusal(code: string): boolean {
  return code === 'servicenow-forbidden' || code === 'field-unknown' || code === 'servicenow-table-unknown';
}
