import Type, { type Static } from 'typebox';
import { authenticationOf } from './authentication.ts';
import { Failure } from './failure.ts';
import { Finding } from './finding.ts';
import { limits } from './limits.ts';
import { Policy } from './policy.ts';
import { AttemptOutcome, Earlier } from './task.ts';

const Id = Type.String({ minLength: 1, maxLength: 128 });
const AttemptNumber = Type.Integer({ minimum: 1, maximum: 1_000_000 });
const Words = Type.Array(Type.String({ maxLength: 128 }), { maxItems: 256 });
const Ms = Type.Integer({ minimum: 0, maximum: 604_800_000 });
const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$', maxLength: 200_000 });

const assignmentKey = { taskId: Id, attempt: AttemptNumber };
const AssignmentKey = Type.Object(assignmentKey);
export type AssignmentKey = Static<typeof AssignmentKey>;

const InFlight = Type.Array(AssignmentKey, { maxItems: limits.maxCapacity });

/** A secret sealed to a session. PROTOCOL.md, section 6. */
export const SealedSecret = Type.Object({ ephemeralKey: Base64, iv: Base64, ciphertext: Base64, tag: Base64 });
export type SealedSecret = Static<typeof SealedSecret>;

/** Where a task is to be done, and as whom. */
const Target = Type.Object({
  baseUrl: Type.String({ maxLength: 2_048 }),
  authentication: authenticationOf(SealedSecret),
});
export type Target = Static<typeof Target>;

export const Hello = Type.Object({
  type: Type.Literal('hello'),
  revision: Type.Integer({ minimum: 1 }),
  features: Words,
  token: Type.String({ minLength: 1, maxLength: 256 }),
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
  instanceId: Type.String({ pattern: '^[A-Za-z0-9-]{8,64}$' }),
  hostname: Type.String({ maxLength: 256 }),
  version: Type.String({ maxLength: 64 }),
  tags: Words,
  taskTypes: Words,
  capacity: Type.Integer({ minimum: 1, maximum: limits.maxCapacity }),
  sealKey: Base64,
  inFlight: InFlight,
  /** Made anew by every start of the process: two processes with one data directory differ in it. */
  runId: Type.Optional(Id),
  /** What the operator allows, for the manager's choice; the delegate enforces it all the same. */
  policy: Type.Optional(Policy),
});
export type Hello = Static<typeof Hello>;

const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  revision: Type.Integer({ minimum: 1 }),
  features: Words,
  managerId: Id,
  sessionId: Id,
  delegateId: Id,
  heartbeatMs: Ms,
  heartbeatTimeoutMs: Ms,
  maxFrameBytes: Type.Integer({ minimum: limits.maxHelloBytes }),
  /** In place of the constant: the fewer delegates there are, the sooner each may dial again. */
  redialMaxMs: Type.Optional(Type.Integer({ minimum: limits.redialMinMs, maximum: limits.redialMaxMs })),
});
export type Welcome = Static<typeof Welcome>;

export const TaskAssign = Type.Object({
  type: Type.Literal('task.assign'),
  ...assignmentKey,
  taskType: Type.String({ maxLength: 64 }),
  params: Type.Unknown(),
  target: Type.Optional(Target),
  leaseMs: Ms,
  /** Time to run, from the arrival of this message. */
  timeoutMs: Ms,
  /** How long ServiceNow may still work on a request of an earlier attempt or of this one. */
  settleMs: Ms,
  /** An earlier attempt, or an earlier submission with the same key, may have done it already. */
  lookFirst: Type.Boolean(),
  /** What a created ticket is found by. */
  correlationId: Type.String({ maxLength: 100 }),
});
export type TaskAssign = Static<typeof TaskAssign>;

/** What an attempt asked of its instance, for the budget that all delegates of the instance share. */
export const Usage = Type.Object({
  requests: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
  /** From `X-RateLimit-Limit` and `X-RateLimit-Reset` of the last answer that had them. */
  rateLimit: Type.Optional(Type.Object({ limit: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }), resetInMs: Ms })),
});
export type Usage = Static<typeof Usage>;

/**
 * What a delegate found at a base URL. live: a ServiceNow instance answers. not-live: something answers, or the instance
 * is down; the delegate is not at fault. unreachable: the way from this delegate is broken. refused: its policy forbids.
 */
const ReachFinding = Type.Union([
  Type.Object({ kind: Type.Literal('live') }),
  Type.Object({ kind: Type.Literal('not-live'), failure: Failure }),
  Type.Object({ kind: Type.Literal('unreachable'), failure: Failure }),
  Type.Object({ kind: Type.Literal('refused'), failure: Failure }),
]);
export type ReachFinding = Static<typeof ReachFinding>;

/** A finding that is told while the task runs: it is only to be looked at, so it may be cut, and the result has it whole. */
const ToldFinding = Type.Object({
  ...Finding.properties,
  probe: Type.String({ minLength: 1, maxLength: 64 }),
  message: Type.String({ maxLength: 2_048 }),
  remedy: Type.Optional(Type.String({ maxLength: 2_048 })),
});

/** Every message by its type, with its direction. PROTOCOL.md, section 4. */
export const messages = {
  hello: { direction: 'D→M', schema: Hello },
  welcome: { direction: 'M→D', schema: Welcome },
  heartbeat: { direction: 'D→M', schema: Type.Object({ type: Type.Literal('heartbeat'), inFlight: InFlight }) },
  'heartbeat.ack': { direction: 'M→D', schema: Type.Object({ type: Type.Literal('heartbeat.ack') }) },
  'task.assign': { direction: 'M→D', schema: TaskAssign },
  'task.accept': { direction: 'D→M', schema: Type.Object({ type: Type.Literal('task.accept'), ...assignmentKey }) },
  'task.reject': {
    direction: 'D→M',
    schema: Type.Object({
      type: Type.Literal('task.reject'),
      ...assignmentKey,
      code: Type.Enum([
        'task-unsupported',
        'policy-refused',
        'delegate-full',
        'delegate-draining',
        'secret-unreadable',
      ] as const),
      message: Type.String({ maxLength: 8_192 }),
    }),
  },
  'task.cancel': {
    direction: 'M→D',
    schema: Type.Object({ type: Type.Literal('task.cancel'), ...assignmentKey, reason: Type.String() }),
  },
  'task.progress': {
    direction: 'D→M',
    schema: Type.Object({ type: Type.Literal('task.progress'), ...assignmentKey, finding: ToldFinding }),
  },
  'task.report': {
    direction: 'D→M',
    schema: Type.Object({
      type: Type.Literal('task.report'),
      ...assignmentKey,
      outcome: AttemptOutcome,
      /** Whether something at ServiceNow may have been changed: then it is kept even when superseded. */
      sideEffect: Type.Boolean(),
      earlier: Type.Optional(Earlier),
      notes: Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 100 }),
      usage: Type.Optional(Usage),
    }),
  },
  'task.report.ack': {
    direction: 'M→D',
    schema: Type.Object({
      type: Type.Literal('task.report.ack'),
      ...assignmentKey,
      status: Type.Enum(['recorded', 'superseded'] as const),
    }),
  },
  'lease.extend': {
    direction: 'M→D',
    schema: Type.Object({ type: Type.Literal('lease.extend'), assignments: InFlight, leaseMs: Ms }),
  },
  'reach.check': {
    direction: 'M→D',
    schema: Type.Object({ type: Type.Literal('reach.check'), checkId: Id, baseUrl: Type.String({ maxLength: 2_048 }) }),
  },
  'reach.result': {
    direction: 'D→M',
    schema: Type.Object({ type: Type.Literal('reach.result'), checkId: Id, found: ReachFinding }),
  },
  drain: {
    direction: 'both',
    schema: Type.Object({ type: Type.Literal('drain'), reason: Type.String({ maxLength: 256 }) }),
  },
} as const;

export type MessageType = keyof typeof messages;
export type Message<T extends MessageType> = Static<(typeof messages)[T]['schema']>;

type Sent<D extends 'D→M' | 'M→D'> = {
  [T in MessageType]: (typeof messages)[T]['direction'] extends D | 'both' ? Message<T> : never;
}[MessageType];

export type DelegateMessage = Sent<'D→M'>;
export type ManagerMessage = Sent<'M→D'>;
