import { type Failure, failure } from '#protocol/failure.ts';
import type { Attempt, Earlier, Outcome } from '#protocol/task.ts';
import type { TaskType } from '#protocol/task-types.ts';
import type { TaskRecord, TaskSpec } from './task-record.ts';

/** What the attempt that ends the task tells of the attempts before it. */
export interface Told {
  readonly earlier?: Earlier | undefined;
  readonly partialResult?: unknown;
}

/**
 * Makes of an outcome what may be said: when an earlier attempt may have changed something, and the last one neither
 * found nothing of it nor tells all of it, the outcome is unknown, whatever else the task ended with.
 */
export function tellOfChanges(record: TaskRecord, outcome: Outcome, told: Told = {}): Outcome {
  const open = told.earlier === 'none' ? undefined : findUnsettled(record.attempts);
  if (!open) return outcome;
  const before = `attempt ${open.attempt}, at delegate ${open.delegateName}, may have changed something: ${describeEnd(open)}`;
  switch (outcome.kind) {
    case 'succeeded':
      return outcome;
    case 'cancelled': {
      const message = `${before}. No later attempt found out, since the task was cancelled: ${outcome.reason}`;
      return { kind: 'failed', failure: outcomeUnknown(record, message, told) };
    }
    case 'failed':
    case 'expired': {
      const last = outcome.failure;
      if (last.retry === 'unknown-outcome') return { ...outcome, failure: withPartOf(record, last) };
      if (told.earlier === 'told' && last.partialResult !== undefined) return outcome;
      const message = `${before}. No later attempt found out; the last of it: ${last.message}`;
      return { ...outcome, failure: outcomeUnknown(record, message, last) };
    }
  }
}

/** The failure of a task of which nobody will find out what it changed. It keeps what is known to be done. */
export function outcomeUnknown(
  record: TaskRecord,
  message: string,
  { partialResult, remedy }: { readonly partialResult?: unknown; readonly remedy?: string },
): Failure {
  const look = whereToLook(record.spec);
  const all = remedy === undefined ? look : `${look} Of the last failure: ${remedy}`;
  const unknown = failure('outcome-unknown', message.slice(0, mostInMessage), all.slice(0, mostInRemedy));
  return withPartOf(record, partialResult === undefined ? unknown : { ...unknown, partialResult });
}

/** What the protocol allows. */
const mostInMessage = 8_192;
const mostInRemedy = 4_096;

/** The newest attempt that may have changed something, unless a later one looked and found nothing. */
function findUnsettled(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.reduce<Attempt | undefined>((open, attempt) => {
    if (attempt.sideEffect === true) return attempt;
    return attempt.earlier === 'none' ? undefined : open;
  }, undefined);
}

function withPartOf({ attempts }: TaskRecord, reason: Failure): Failure {
  if (reason.partialResult !== undefined) return reason;
  const parts = attempts.flatMap(({ outcome }) => (outcome?.kind === 'failed' ? outcome.failure.partialResult : []));
  const partialResult = parts.findLast((part) => part !== undefined);
  return partialResult === undefined ? reason : { ...reason, partialResult };
}

function describeEnd({ outcome }: Attempt): string {
  switch (outcome?.kind) {
    case 'failed':
      return outcome.failure.message;
    case 'succeeded':
      return 'it told of its success too late';
    case 'cancelled':
      return 'it was cancelled';
    case undefined:
      return 'it did not tell how it ended';
  }
}

function whereToLook({ type, correlationId }: TaskSpec): string {
  return `Before you submit it again, look at ServiceNow for what it did: ${where(type, correlationId)}.`;
}

function where(type: TaskType, correlationId: string): string {
  switch (type) {
    case 'ticket.create':
      return `a created ticket has the correlation id ${correlationId}`;
    case 'ticket.update':
      return 'see whether the ticket holds what was to be written';
    case 'ticket.update-many':
      return 'see whether each change task holds what was to be written';
    case 'import-set.load':
      return 'see which rows are in the staging table';
    case 'canary':
    case 'connection.test':
    case 'metadata.read':
    case 'ticket.read':
    case 'ticket.changes':
      return 'the task only reads, so that nothing is expected';
  }
}
