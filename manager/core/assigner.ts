import { type Authentication, mapSecrets, type SecretRef, secretsOf } from '#protocol/authentication.ts';
import { type Failure, failure } from '#protocol/failure.ts';
import type { Message, SealedSecret } from '#protocol/messages.ts';
import { taskTypes } from '#protocol/task-types.ts';
import type { Clock } from './clock.ts';
import type { DelegateSession } from './roster.ts';
import type { SecretUse } from './secret-uses.ts';
import type { Secrets } from './secrets.ts';
import { type Assignment, isPoll, type TaskSpec } from './task-record.ts';
import type { Timing } from './timing.ts';

interface Deps {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly timing: Timing;
}

/** An attempt that is ready to be written to Redis, and then to be sent. */
export interface Draft {
  readonly assignment: Assignment;
  readonly message: Message<'task.assign'>;
}

/** Makes assignments: who has the task and until when, and what the delegate is told, the password sealed to its session. */
export class Assigner {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The failure says why the task cannot be given to anybody. */
  async draft(
    spec: TaskSpec,
    attempt: number,
    lookFirst: boolean,
    session: DelegateSession,
  ): Promise<Draft | { readonly failure: Failure }> {
    const { clock, timing } = this.#deps;
    const authentication = spec.target && (await this.#seal(spec, attempt, spec.target.authentication, session));
    if (authentication && 'failure' in authentication) return authentication;
    const now = clock.now();
    const timeoutMs = Math.max(1, Math.min(spec.runMs, spec.deadlineAt - now));
    const stopMs = taskTypes[spec.type].sideEffect ? timing.settleMs : timing.acceptTimeoutMs;
    const assignment: Assignment = {
      attempt,
      delegateId: session.delegateId,
      delegateName: session.name,
      assignedAt: now,
      leaseUntil: now + timing.leaseMs + timing.leaseMarginMs,
      leaseLimit: now + Math.max(timeoutMs + stopMs + timing.acceptTimeoutMs, timing.leaseMs + timing.leaseMarginMs),
      accepted: false,
    };
    const message: Message<'task.assign'> = {
      type: 'task.assign',
      taskId: spec.id,
      attempt,
      taskType: spec.type,
      params: spec.params,
      leaseMs: timing.leaseMs,
      timeoutMs,
      settleMs: timing.settleMs,
      lookFirst,
      correlationId: spec.correlationId,
    };
    if (!spec.target || !authentication) return { assignment, message };
    const { baseUrl } = spec.target;
    return { assignment, message: { ...message, target: { baseUrl, authentication } } };
  }

  async #seal(
    spec: TaskSpec,
    attempt: number,
    authentication: Authentication<SecretRef>,
    session: DelegateSession,
  ): Promise<Authentication<SealedSecret> | { readonly failure: Failure }> {
    const boxes = new Map<string, SealedSecret>();
    for (const { field, secret } of secretsOf(authentication)) {
      const context = { taskId: spec.id, attempt, field };
      const done = await this.#deps.secrets.sealFor(secret.secret, session, context, secretUseFor(spec, session));
      if ('fault' in done) return { failure: secretUnusable(done, secret.secret) };
      boxes.set(field, done.sealed);
    }
    return mapSecrets(authentication, (_secret, field) => sealedFor(boxes, field));
  }
}

/** The tasks that read a gate's ticket are not listed: the connector tells more. */
function secretUseFor(spec: TaskSpec, { name }: DelegateSession): Omit<SecretUse, 'secret'> {
  return isPoll(spec)
    ? { purpose: 'gate', by: spec.connectorId, delegate: name }
    : { purpose: 'task', by: spec.id, delegate: name };
}

function sealedFor(boxes: ReadonlyMap<string, SealedSecret>, field: string): SealedSecret {
  const sealed = boxes.get(field);
  if (!sealed) throw new Error(`no secret was sealed for ${field}`);
  return sealed;
}

function secretUnusable({ fault, kind }: { fault: string; kind: 'gone' | 'unreadable' }, secretName: string): Failure {
  return failure(
    kind === 'gone' ? 'connector-gone' : 'secret-unreadable',
    fault,
    `Store it again (ticketgate secret set ${secretName} --from-stdin), or give the manager the master key that it was stored under; then repeat the step.`,
  );
}
