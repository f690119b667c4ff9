import { TaskView } from '#protocol/task.ts';
import { type TaskType, taskTypes } from '#protocol/task-types.ts';
import { compileCheck } from '#protocol/validation.ts';
import { option, UsageError } from '#runtime/options.ts';
import { UnreachableError } from './api-errors.ts';
import { type ClientContext, type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { fieldsOption } from './fields.ts';
import { followTask, patienceMs } from './follow-task.ts';
import { renderFailedTask } from './task-text.ts';
import { namesTicket, renderApprovers, renderTicket } from './ticket-text.ts';

const where = {
  connector: option.requiredText({ help: 'name or id of the connector', placeholder: 'NAME' }),
  table: option.requiredText({ help: 'such as change_request', placeholder: 'TABLE' }),
  selectors: option.list({ help: "tags that the delegate must hold, instead of the connector's" }),
  pickUp: option.optionalText({ help: 'how long it may wait for a delegate, such as 5m', placeholder: '5m' }),
};

const idempotencyKey = option.optionalText({
  help: 'names this one step, such as pipeline-run-stage: repeating it does nothing twice',
  placeholder: 'KEY',
});

/** What people look for in any ticket, shown beside the fields that were written. */
const alwaysShown = ['short_description', 'state', 'approval'];

export const ticketCommands: CommandGroup = {
  name: 'ticket',
  summary: 'tickets in ServiceNow, through a delegate',
  commands: [
    clientCommand({
      name: 'create',
      summary: 'create a ticket and wait until it is there',
      options: { ...where, field: fieldsOption('a field of the ticket; may be given several times'), idempotencyKey },
      repeatable: ['field'],
      run: async ({ field, idempotencyKey, table, ...values }, _args, context) => {
        if (Object.keys(field).length === 0)
          throw new UsageError('--field is missing: give the fields, such as --field "short_description=Deploy 1.2.3"');
        const sent = { ...values, idempotencyKey, type: 'ticket.create' as const, params: { table, fields: field } };
        const { task, result } = await runTask(context, sent);
        if (result) {
          for (const warning of result.warnings) context.output.progress(`! ${warning}`);
          if (!result.created) context.output.progress('! it had been created before, and was found again');
        }
        return finish(context, task, result && renderTicket(result.ticket, [...Object.keys(field), ...alwaysShown]));
      },
    }),
    clientCommand({
      name: 'update',
      summary: 'update a ticket and wait until it is done',
      arguments: { ticket: '<NUMBER|SYS_ID>' },
      options: {
        ...where,
        field: fieldsOption('a field to write; may be given several times'),
        clear: option.list({ help: 'columns to empty' }),
        idempotencyKey,
      },
      repeatable: ['field'],
      run: async ({ field, clear, idempotencyKey, table, ...values }, { ticket }, context) => {
        const fields = { ...field, ...Object.fromEntries(clear.map((column) => [column, null])) };
        if (Object.keys(fields).length === 0)
          throw new UsageError(
            '--field is missing: give what to write, such as --field "work_notes=Deployed", or --clear',
          );
        const params = { table, ...namesTicket(ticket), fields };
        const { task, result } = await runTask(context, { ...values, idempotencyKey, type: 'ticket.update', params });
        for (const warning of result?.warnings ?? []) context.output.progress(`! ${warning}`);
        return finish(context, task, result && renderTicket(result.ticket, [...Object.keys(fields), ...alwaysShown]));
      },
    }),
    clientCommand({
      name: 'show',
      summary: 'read a ticket, and whom it waits for',
      arguments: { ticket: '<NUMBER|SYS_ID>' },
      options: {
        ...where,
        fields: option.list({ help: 'columns to read; short_description and state if not given' }),
      },
      run: async ({ fields, table, ...values }, { ticket }, context) => {
        const named = namesTicket(ticket);
        const by = 'sysId' in named ? { sysIds: [named.sysId] } : { numbers: [named.number] };
        const wanted = fields.length > 0 ? fields : ['short_description', 'state'];
        const params = { table, ...by, fields: wanted, approvers: true };
        const { task, result } = await runTask(context, { ...values, type: 'ticket.read', params });
        const [found] = result?.tickets ?? [];
        if (result && !found) {
          context.output.result(task, [`✗ there is no ${table} ${ticket}, or the connector's user may not read it`]);
          return exitCodes.failed.code;
        }
        const approvers = (found && result?.approvers?.[found.sysId]) ?? [];
        const waiting = approvers.length > 0 ? [`  waits for ${renderApprovers(approvers)}`] : [];
        return finish(context, task, found && [...renderTicket(found, wanted), ...waiting]);
      },
    }),
  ],
};

interface Sent<T extends TaskType> {
  readonly type: T;
  readonly connector: string;
  readonly params: unknown;
  readonly selectors: readonly string[];
  readonly pickUp: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

async function runTask<T extends TaskType>({ api, output }: ClientContext, sent: Sent<T>) {
  const { idempotencyKey, pickUp, ...rest } = sent;
  const body = { ...rest, ...(pickUp === undefined ? {} : { limits: { pickUp } }) };
  const submit = () => api.call(TaskView, 'POST', '/tasks', { query: { waitMs: patienceMs }, body, idempotencyKey });
  const submitted = await submit().catch((error: unknown) => {
    if (!(error instanceof UnreachableError) || !error.maybeSent) throw error;
    if (idempotencyKey !== undefined) return submit();
    throw new UnreachableError(
      `${error.message}; whether the task was taken is not known`,
      'Look at "ticketgate tasks" before you repeat it. With --idempotency-key it may be repeated blindly.',
      true,
    );
  });
  const task = await followTask(api, submitted, output.progress);
  return { task, result: readResult(sent.type, task) };
}

function readResult<T extends TaskType>(type: T, { outcome }: TaskView) {
  if (outcome?.kind !== 'succeeded') return undefined;
  const checked = compileCheck<(typeof taskTypes)[T]['result']>(taskTypes[type].result)(outcome.result);
  return 'value' in checked ? checked.value : undefined;
}

function finish({ output }: ClientContext, task: TaskView, lines: readonly string[] | undefined): number {
  const succeeded = task.outcome?.kind === 'succeeded';
  if (succeeded) output.result(task, lines ?? [`✓ task ${task.id} succeeded`]);
  else {
    for (const line of renderFailedTask(task)) output.progress(line);
    output.result(task, []);
  }
  return succeeded ? exitCodes.done.code : exitCodes.failed.code;
}
