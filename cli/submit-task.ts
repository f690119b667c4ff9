import type { Static } from 'typebox';
import { TaskView } from '#protocol/task.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import { compileCheck } from '#protocol/validation.ts';
import { option } from '#runtime/options.ts';
import type { Api } from './api-client.ts';
import { UnreachableError } from './api-errors.ts';
import type { ClientContext } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { type FlagNames, namingFlags } from './flag-names.ts';
import { followTask, patienceMs } from './follow-task.ts';
import { untilInterrupted } from './interruptible.ts';
import { renderFailedTask } from './task-text.ts';

/** Options of every command that is one task. */
export const taskOptions = {
  connector: option.requiredText({ help: 'name or id of the connector', placeholder: 'NAME' }),
  selectors: option.list({ help: "tags that the delegate must hold, instead of the connector's" }),
  pickUp: option.optionalText({ help: 'how long it may wait for a delegate, such as 5m', placeholder: '5m' }),
};

const ofTicket = 'the number of the ticket';

/** What the parts of a submitted task are called. */
export const taskFlags: FlagNames = {
  '/connector': '--connector',
  '/selectors': '--selectors',
  '/limits/pickUp': '--pick-up',
  '/params/table': '--table',
  '/params/stagingTable': '--table',
  '/params/template': '--template',
  '/params/changeType': '--change-type',
  '/params/changeTaskType': '--type',
  '/params/changeRequest': 'the number of the change request',
  '/params/number': ofTicket,
  '/params/sysId': ofTicket,
  '/params/numbers': ofTicket,
  '/params/sysIds': ofTicket,
  '/params/fields': '--field',
  '/params/fields/*': (name) => `--field "${name}"`,
  '/params/rows': '--json',
  '/params/rows/*': (row) => `--json row ${Number(row) + 1}`,
  '/params/rows/*/*': (row, column) => `--json row ${Number(row) + 1}, ${column}`,
};

export const idempotencyKey = option.optionalText({
  help: 'names this one step, such as pipeline-run-stage: repeating it does nothing twice',
  placeholder: 'KEY',
});

interface Sent<T extends TaskType> {
  readonly type: T;
  readonly connector: string;
  readonly params: unknown;
  readonly selectors: readonly string[];
  readonly pickUp: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

type ResultOf<T extends TaskType> = Static<(typeof taskTypes)[T]['result']>;

interface Ended<T extends TaskType> {
  readonly task: TaskView;
  /** Of a task that succeeded. */
  readonly result: ResultOf<T> | undefined;
  /** Of a task that failed after it had done something. */
  readonly partialResult: ResultOf<T> | undefined;
}

/** Submits a task and waits for its end, telling what it waits for. */
export async function runTask<T extends TaskType>(context: ClientContext, sent: Sent<T>): Promise<Ended<T>> {
  let submitted: TaskView | undefined;
  const task = await untilInterrupted(
    context.io,
    async (interrupted) => {
      submitted = await submit(context.api, sent);
      return followTask(context.api, submitted, (line) => {
        if (!interrupted.aborted) context.output.progress(line);
      });
    },
    () => describeLeft(submitted, sent.idempotencyKey),
  );
  const { outcome } = task;
  return {
    task,
    result: outcome?.kind === 'succeeded' ? readResult(sent.type, outcome.result) : undefined,
    partialResult: outcome?.kind === 'failed' ? readResult(sent.type, outcome.failure.partialResult) : undefined,
  };
}

function submit<T extends TaskType>(api: Api, { idempotencyKey, pickUp, ...rest }: Sent<T>): Promise<TaskView> {
  const body = { ...rest, ...(pickUp === undefined ? {} : { limits: { pickUp } }) };
  const send = () =>
    namingFlags(
      taskFlags,
      api.call(TaskView, 'POST', '/tasks', { query: { waitMs: patienceMs }, body, idempotencyKey }),
    );
  return send().catch((error: unknown) => {
    if (!(error instanceof UnreachableError) || !error.maybeSent) throw error;
    if (idempotencyKey !== undefined) return send();
    throw new UnreachableError(
      `${error.message}; whether the task was taken is not known`,
      'Look at "ticketgate tasks" before you repeat it. With --idempotency-key it may be repeated blindly.',
      true,
    );
  });
}

/** What becomes of a task that nobody waits for any more. */
function describeLeft(task: TaskView | undefined, key: string | undefined): { message: string; remedy: string } {
  const again = key === undefined ? '' : `the same command with --idempotency-key ${key} follows it again`;
  if (!task)
    return {
      message: 'whether the task was taken is not known',
      remedy: again || '"ticketgate tasks" lists it if it was',
    };
  const { id } = task;
  const remedy = `"ticketgate task show ${id}" tells how it ends, "ticketgate task cancel ${id}" stops it`;
  return { message: `task ${id} goes on`, remedy: again === '' ? remedy : `${remedy}, ${again}` };
}

function readResult<T extends TaskType>(type: T, result: unknown): ResultOf<T> | undefined {
  const checked = compileCheck<(typeof taskTypes)[T]['result']>(taskTypes[type].result)(result);
  return 'value' in checked ? checked.value : undefined;
}

/** Tells how a task ended: its result on standard output, a failure on standard error. Returns the exit code. */
export function finishTask({ output }: ClientContext, task: TaskView, lines: readonly string[] | undefined): number {
  const succeeded = task.outcome?.kind === 'succeeded';
  output.result(task, lines ?? (succeeded ? [`✓ task ${task.id} succeeded`] : []));
  if (!succeeded) for (const line of renderFailedTask(task)) output.progress(line);
  return succeeded ? exitCodes.done.code : exitCodes.failed.code;
}
