import { type Failure, failure } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import type { Params } from '#protocol/task-types.ts';
import type { TaskRecord } from './task-record.ts';
import type { TaskOrigin, Tasks } from './tasks.ts';

type PollType = 'ticket.read' | 'ticket.changes';

/** Has a poll carried out; rejects when nobody waits for its end any more. */
export type AskPoll = <T extends PollType>(
  type: T,
  origin: TaskOrigin,
  params: Params<T>,
) => Promise<TaskRecord & { readonly outcome: Outcome }>;

/** A poll that nobody takes is given up, and the next one says so. */
const limits: Readonly<Record<PollType, { pickUpMs: number; deadlineMs: number }>> = {
  'ticket.read': { pickUpMs: 30_000, deadlineMs: 60_000 },
  // Nobody takes a question that all delegates are too old for, and no ticket is read while it waits.
  'ticket.changes': { pickUpMs: 10_000, deadlineMs: 60_000 },
};

/** Asks as a task in the background, until the signal aborts. */
export function askWith(tasks: Pick<Tasks, 'run'>, stop: AbortSignal): AskPoll {
  return (type, origin, params) =>
    tasks.run({ type, isBackground: true, params, origin, selectors: [], limits: limits[type] }, stop);
}

/** Why a poll told nothing. */
export function failureOf(outcome: Exclude<Outcome, { kind: 'succeeded' }>): Failure {
  if (outcome.kind !== 'cancelled') return outcome.failure;
  return failure('task-timeout', `the poll was cancelled: ${outcome.reason}`, 'Nothing to do: the next poll comes.');
}
