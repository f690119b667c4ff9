import type { PendingApprover, Ticket } from '#protocol/ticket.ts';

/** Tells a sys_id from a number by its form. */
export function namesTicket(text: string): { sysId: string } | { number: string } {
  return /^[0-9a-f]{32}$/i.test(text) ? { sysId: text.toLowerCase() } : { number: text };
}

/** A ticket with its address, and those of its fields that are asked for. */
export function renderTicket({ table, number, sysId, link, fields }: Ticket, columns: readonly string[]): string[] {
  const shown = [...new Set(columns)].flatMap((column) => {
    const field = fields[column];
    return field && !isIdentity(column) ? [[column, renderField(field)] as const] : [];
  });
  const width = Math.max(0, ...shown.map(([column]) => column.length));
  return [
    `✓ ${number || sysId}  ${link}`,
    `  ${table} ${sysId}`,
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

function isIdentity(column: string): boolean {
  return column === 'number' || column === 'sys_id';
}

/** A field as shown, with the stored value beside it where the two differ. */
function renderField({ value, displayValue }: { value: string; displayValue: string }): string {
  if (value === '') return '(empty)';
  return displayValue === '' || displayValue === value ? value : `${displayValue} (${value})`;
}

/** `Ada Approver (CAB Approval) since 2026-01-31 12:00:00 UTC, …` */
export function renderApprovers(approvers: readonly PendingApprover[]): string {
  return approvers
    .map(
      ({ approver, group, since }) =>
        `${approver || group}${approver && group ? ` (${group})` : ''} since ${since} UTC`,
    )
    .join(', ');
}
