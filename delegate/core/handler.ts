import type { Authentication } from '#protocol/authentication.ts';
import type { Failure } from '#protocol/failure.ts';
import type { Finding } from '#protocol/finding.ts';
import type { Earlier } from '#protocol/task.ts';
import { type Params, type Result, type TaskType, taskTypes } from '#protocol/task-types.ts';
import type { Clock } from './clock.ts';
import type { UsageMeter } from './usage-meter.ts';

/** The task types that concern a ServiceNow instance: their assignments come with a target. */
export type TargetTaskType = {
  [T in TaskType]: (typeof taskTypes)[T]['needsConnector'] extends true ? T : never;
}[TaskType];

/** The task types that concern none. */
export type FreeTaskType = Exclude<TaskType, TargetTaskType>;

export function needsTarget(taskType: TaskType): taskType is TargetTaskType {
  return taskTypes[taskType].needsConnector;
}

/** Where the task is to be done and as whom, with the secret opened: it lives as long as the task runs. */
export interface OpenTarget {
  /** With one trailing slash. */
  readonly baseUrl: string;
  readonly authentication: Authentication<string>;
}

/** What every handler is given beside the task's parameters. */
export interface RunContext {
  readonly taskId: string;
  readonly attempt: number;
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
  /** Shows a finding to whoever watches the task, at once and at best: the result must have it all the same. */
  tell(finding: Finding): void;
  /** Is told every request that is sent. */
  readonly usage: UsageMeter;
  readonly clock: Clock;
}

/** What the handler of a task with a target is given. */
export interface TaskContext extends RunContext {
  readonly target: OpenTarget;
}

/**
 * How a handler ended. `sideEffect` says whether something at ServiceNow may have been changed, `earlier` what it found of
 * earlier attempts when it looked first.
 */
export type HandlerResult<T extends TaskType> =
  | { readonly kind: 'succeeded'; readonly result: Result<T>; readonly sideEffect: boolean }
  | {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly sideEffect: boolean;
      readonly earlier?: Earlier | undefined;
    };

/** A handler never throws for what ServiceNow or the network does. */
export type Handler<T extends TargetTaskType> = (params: Params<T>, context: TaskContext) => Promise<HandlerResult<T>>;

export type FreeHandler<T extends FreeTaskType> = (params: Params<T>, context: RunContext) => Promise<HandlerResult<T>>;

export type TargetHandlers = { readonly [T in TargetTaskType]: Handler<T> };

export type FreeHandlers = { readonly [T in FreeTaskType]: FreeHandler<T> };

/** One handler for every task type. */
export type Handlers = TargetHandlers & FreeHandlers;
