import Type, { type Static } from 'typebox';
import { Failure } from './failure.ts';
import { FieldValue, PendingApprover, Ticket } from './ticket.ts';

/** waiting, then one of the others, once. */
export const approvalStates = ['waiting', 'approved', 'rejected', 'expired', 'cancelled', 'failed'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** One reading of a ticket, and who made it. */
export const Reading = Type.Object({
  ticket: Ticket,
  readAt: Type.String(),
  taskId: Type.String({ description: 'the ticket.read task that saw it' }),
  attempt: Type.Integer(),
  delegateId: Type.String(),
  delegateName: Type.String(),
  requestIds: Type.Optional(
    Type.Array(Type.String(), { description: "ServiceNow's X-Transaction-ID of the requests, where it told them" }),
  ),
});
export type Reading = Static<typeof Reading>;

/** Why an approval ended as it did: which rule decided, when, and by which reading of the ticket. */
export const Evidence = Type.Object({
  rule: Type.String({ description: 'the criteria that held, or what ended it otherwise, in words' }),
  decidedAt: Type.String(),
  reading: Type.Optional(Reading),
});
export type Evidence = Static<typeof Evidence>;

/** Evidence of what a ticket was seen to be: nothing is approved or rejected without. */
export type EvidenceOfReading = Evidence & { readonly reading: Reading };

/** Where the end of an approval is told: a URL, and the secret that signs what is sent there. */
export const Webhook = Type.Object({
  url: Type.String({ minLength: 1, maxLength: 2_000, pattern: '^https?://' }),
  secret: Type.String({
    minLength: 1,
    maxLength: 80,
    description: 'name of an encrypted secret; it signs each message',
  }),
});
export type Webhook = Static<typeof Webhook>;

/** An approval as the API shows it. Times are ISO 8601 in UTC. */
export const ApprovalView = Type.Object({
  id: Type.String(),
  state: Type.Enum(approvalStates),
  connectorId: Type.String(),
  ticket: Type.Object({ table: Type.String(), number: Type.String(), sysId: Type.String(), link: Type.String() }),
  criteria: Type.Object({ approve: Type.String(), reject: Type.Optional(Type.String()) }),
  window: Type.Optional(
    Type.Object({
      startField: Type.String(),
      endField: Type.String(),
      startsAt: Type.Optional(Type.String({ description: 'as it was read last' })),
      endsAt: Type.Optional(Type.String()),
    }),
  ),
  expectedDurationMs: Type.Optional(Type.Integer({ description: 'how long what the gate holds up takes' })),
  webhook: Type.Optional(Webhook),
  workNotes: Type.Boolean({ description: 'whether the end is noted on the ticket' }),
  warnings: Type.Array(Type.String()),
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
