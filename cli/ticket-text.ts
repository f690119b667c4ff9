import type { PendingApprover, Ticket } from '#protocol/ticket.ts';
import { UsageError } from '#runtime/options.ts';
import { oneLine } from './one-line.ts';

/** Tells a sys_id from a number by its form. Throws UsageError when there is nothing. */
export function namesTicket(text: string): { sysId: string } | { number: string } {
  const name = readNumber(text);
  return /^[0-9a-f]{32}$/i.test(name) ? { sysId: name.toLowerCase() } : { number: name };
}

/** The number without the blanks that a script may have put around it. Throws UsageError when there is nothing. */
export function readNumber(text: string): string {
  const number = text.trim();
  if (number === '') throw new UsageError("the ticket's number is empty");
  return number;
}

/** What people look for in any ticket, shown beside the fields that were written. */
const alwaysShown = ['short_description', 'state', 'approval'];

/** Their texts are not given back with the ticket. */
const journals: ReadonlySet<string> = new Set(['work_notes', 'comments', 'comments_and_work_notes']);

interface WrittenTicket {
  readonly ticket: Ticket;
  readonly columns?: Readonly<Record<string, string>>;
}

/** A ticket as it is after fields were written, each shown under its column whatever it was named by. */
export function renderWritten(
  { ticket, columns = {} }: WrittenTicket,
  given: Readonly<Record<string, string | null>>,
): string[] {
  const columnOf = (name: string) => (Object.hasOwn(columns, name) ? columns[name] : undefined) ?? name;
  const notes = Object.keys(given)
    .filter((name) => given[name])
    .map(columnOf);
  return renderTicket(ticket, [...Object.keys(given).map(columnOf), ...alwaysShown], notes);
}

/** A ticket with its address, and those of its fields that are asked for, by column name or label. */
export function renderTicket(
  { table, number, sysId, link, fields }: Ticket,
  asked: readonly string[],
  written: readonly string[] = [],
): string[] {
  const columns = asked.map((name) => (Object.hasOwn(fields, name) ? name : columnLike(name)));
  const notes = new Set(written.map(columnLike).filter((column) => journals.has(column)));
  const shown = [...new Set(columns)].flatMap((column) => {
    const field = Object.hasOwn(fields, column) ? fields[column] : undefined;
    if (field) return isIdentity(column) ? [] : [[column, renderField(field)] as const];
    return notes.has(column) ? [[column, 'written'] as const] : [];
  });
  const width = Math.max(0, ...shown.map(([column]) => column.length));
  return [
    `✓ ${oneLine(number || sysId)}  ${oneLine(link)}`,
    `  ${oneLine(table)} ${oneLine(sysId)}`,
    ...shown.map(([column, text]) => `  ${column.padEnd(width)}  ${text}`),
  ];
}

/** `state = New (-5), approval = Requested (requested)`, without what identifies the ticket. */
export function renderFields(fields: Ticket['fields']): string {
  return Object.entries(fields)
    .filter(([column]) => !isIdentity(column))
    .map(([column, field]) => `${column} = ${renderField(field)}`)
    .join(', ');
}

/** `Ada Approver (CAB Approval) since 2026-01-31 12:00:00 UTC, …` */
export function renderApprovers(approvers: readonly PendingApprover[]): string {
  return approvers
    .map(
      ({ approver, group, since }) =>
        `${oneLine(approver || group)}${approver && group ? ` (${oneLine(group)})` : ''} since ${oneLine(since)} UTC`,
    )
    .join(', ');
}

/**
 * Four lines `TICKET_NUMBER=…` for a shell to source or a CI system to take as variables. What would mean something to
 * either is percent-encoded, so that no quotes are needed: some of them would keep the quotes.
 */
export function renderVariables({ number, sysId, table, link }: Ticket): string[] {
  const variables = { TICKET_NUMBER: number, TICKET_SYS_ID: sysId, TICKET_TABLE: table, TICKET_LINK: link };
  return Object.entries(variables).map(([name, value]) => `${name}=${withoutMeaning(value)}`);
}

function withoutMeaning(text: string): string {
  return text.toWellFormed().replaceAll(/[^\w.:/?=%@+,-]/gu, (one) => {
    const bytes = [...new TextEncoder().encode(one)];
    return bytes.map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
  });
}

/** The column that a label most often belongs to: `Short description` is the label of `short_description`. */
function columnLike(label: string): string {
  return label.toLowerCase().replaceAll(/\s+/g, '_');
}

function isIdentity(column: string): boolean {
  return column === 'number' || column === 'sys_id';
}

/** A field as shown, with the stored value beside it where the two differ. */
function renderField({ value, displayValue }: { value: string; displayValue: string }): string {
  if (value === '') return '(empty)';
  return oneLine(displayValue === '' || displayValue === value ? value : `${displayValue} (${value})`);
}
