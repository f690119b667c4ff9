import type { Failure } from '#protocol/failure.ts';
import type { Params, Result, TaskType } from '#protocol/task-types.ts';
import type { Clock } from './clock.ts';

/** Where the task is to be done and as whom, with the secret opened: it lives as long as the task runs. */
export interface OpenTarget {
  /** With one trailing slash. */
  readonly baseUrl: string;
  readonly authentication: { readonly kind: 'basic'; readonly username: string; readonly password: string };
}

/** What a handler is given beside the task's parameters. */
export interface TaskContext {
  readonly taskId: string;
  readonly attempt: number;
  readonly target: OpenTarget;
  /** What a created ticket is marked with and found by. */
  readonly correlationId: string;
  /** An earlier attempt, or an earlier submission with the same key, may have done it already: look before doing. */
  readonly lookFirst: boolean;
  /** How long ServiceNow may still work on a request whose answer was not heard. */
  readonly settleMs: number;
  /** Aborts when the time to run is over or the task was cancelled: begin no further request; a read may be dropped at once. */
  readonly signal: AbortSignal;
  /** Whether the lease still runs. No request may begin when it does not: fail with `lease-lost` instead. */
  mayBegin(): boolean;
  /** Adds a line to the task's history, for people: "the answer was lost; looked for correlation id …: found CHG0030001". */
  note(text: string): void;
  readonly clock: Clock;
}

/** How a handler ended. `sideEffect` says whether something at ServiceNow may have been changed. */
export type HandlerResult<T extends TaskType> =
  | { readonly kind: 'succeeded'; readonly result: Result<T>; readonly sideEffect: boolean }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly sideEffect: boolean };

export type Handler<T extends TaskType> = (params: Params<T>, context: TaskContext) => Promise<HandlerResult<T>>;

/** One handler for every task type. A handler never throws for what ServiceNow or the network does. */
export type Handlers = { readonly [T in TaskType]: Handler<T> };
