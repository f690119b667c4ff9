import Type, { type Static } from 'typebox';
import { Failure } from './failure.ts';
import { FieldValue, PendingApprover, Ticket } from './ticket.ts';

/** waiting, then one of the others, once. */
export const approvalStates = ['waiting', 'approved', 'rejected', 'expired', 'cancelled', 'failed'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** Why an approval is what it is: what was seen, which rule held, when, and which delegate saw it. */
export const Evidence = Type.Object({
  rule: Type.String({ description: 'the criteria that held, in words' }),
  ticket: Ticket,
  decidedAt: Type.String(),
  taskId: Type.String({ description: 'the ticket.read task that saw it' }),
  delegateId: Type.String(),
  delegateName: Type.String(),
});
export type Evidence = Static<typeof Evidence>;

/** An approval as the API shows it. Times are ISO 8601 in UTC. */
export const ApprovalView = Type.Object({
  id: Type.String(),
  state: Type.Enum(approvalStates),
  connectorId: Type.String(),
  ticket: Type.Object({ table: Type.String(), number: Type.String(), sysId: Type.String(), link: Type.String() }),
  criteria: Type.Object({ approve: Type.String(), reject: Type.Optional(Type.String()) }),
  window: Type.Optional(Type.Object({ startField: Type.String(), endField: Type.String() })),
  createdAt: Type.String(),
  deadlineAt: Type.String(),
  intervalMs: Type.Integer(),
  current: Type.Record(Type.String(), FieldValue),
  waitingFor: Type.Optional(Type.Array(PendingApprover, { description: 'absent when it is not known' })),
  waitingBecause: Type.Optional(Type.String()),
  lastPolledAt: Type.Optional(Type.String()),
  nextPollAt: Type.Optional(Type.String()),
  lastFailure: Type.Optional(Failure),
  endedAt: Type.Optional(Type.String()),
  evidence: Type.Optional(Evidence),
  failure: Type.Optional(Failure),
});
export type ApprovalView = Static<typeof ApprovalView>;
