import Type, { type Static } from 'typebox';
import { Failure } from './failure.ts';
import { Finding } from './finding.ts';
import { taskTypeNames } from './task-types.ts';

/** How one attempt ended at the delegate. */
export const AttemptOutcome = Type.Union([
  Type.Object({ kind: Type.Literal('succeeded'), result: Type.Unknown() }),
  Type.Object({ kind: Type.Literal('failed'), failure: Failure }),
  Type.Object({ kind: Type.Literal('cancelled') }),
]);
export type AttemptOutcome = Static<typeof AttemptOutcome>;

/** How a task ended: one of four, exactly once. */
export const Outcome = Type.Union([
  Type.Object({ kind: Type.Literal('succeeded'), result: Type.Unknown() }),
  Type.Object({ kind: Type.Literal('failed'), failure: Failure }),
  Type.Object({ kind: Type.Literal('cancelled'), reason: Type.String() }),
  Type.Object({ kind: Type.Literal('expired'), failure: Failure }),
]);
export type Outcome = Static<typeof Outcome>;

export const taskStates = ['queued', 'assigned', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const;
export type TaskState = (typeof taskStates)[number];

/**
 * What an attempt found of earlier ones: nothing; or something, all of which its partial result tells. Absent when it did
 * not look, or could not tell.
 */
export const Earlier = Type.Enum(['none', 'told'] as const);
export type Earlier = Static<typeof Earlier>;

export const Attempt = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  delegateId: Type.String(),
  delegateName: Type.String(),
  assignedAt: Type.String(),
  endedAt: Type.Optional(Type.String()),
  outcome: Type.Optional(AttemptOutcome),
  notes: Type.Optional(Type.Array(Type.String(), { description: 'what the delegate did, such as a look-up' })),
  sideEffect: Type.Optional(
    Type.Boolean({ description: 'true when something at ServiceNow may have been changed; else absent' }),
  ),
  earlier: Type.Optional(Earlier),
});
export type Attempt = Static<typeof Attempt>;

/** What an attempt that runs has found so far. */
const Progress = Type.Object({
  attempt: Type.Integer({ minimum: 1 }),
  delegateName: Type.String(),
  findings: Type.Array(Finding, { description: 'in the order in which they became known' }),
});

/** A task as the API shows it. Times are ISO 8601 in UTC. */
export const TaskView = Type.Object({
  id: Type.String(),
  type: Type.Enum(taskTypeNames),
  state: Type.Enum(taskStates),
  connectorId: Type.String(),
  selectors: Type.Array(Type.String()),
  createdAt: Type.String(),
  pickUpBy: Type.String(),
  deadlineAt: Type.String(),
  endedAt: Type.Optional(Type.String()),
  attempts: Type.Array(Attempt),
  progress: Type.Optional(Progress),
  cancelAsked: Type.Optional(
    Type.String({ description: 'why it was asked to stop, while or after a delegate had it' }),
  ),
  outcome: Type.Optional(Outcome),
});
export type TaskView = Static<typeof TaskView>;
