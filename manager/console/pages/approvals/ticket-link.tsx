import { Anchor } from '@mantine/core';
import { ticketName } from './approval-words.ts';
import type { Approval } from './use-approvals.ts';

/** The ticket, to be opened in ServiceNow. */
export function TicketLink({ ticket }: { ticket: Approval['ticket'] }) {
  const name = ticketName(ticket);
  if (!/^https?:/.test(ticket.link)) return name;
  return (
    <Anchor href={ticket.link} target="_blank" rel="noreferrer" aria-label={`${name} in ServiceNow, in a new tab`}>
      {name} ↗
    </Anchor>
  );
}
