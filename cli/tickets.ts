import type { TaskView } from '#protocol/task.ts';
import type { Ticket } from '#protocol/ticket.ts';
import { option, UsageError } from '#runtime/options.ts';
import { OperationError } from './api-errors.ts';
import { changeTaskCommand } from './change-tasks.ts';
import { type ClientContext, type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { clearOption, fieldsOption, joinFields } from './fields.ts';
import { oneLine } from './one-line.ts';
import { finishTask, idempotencyKey, runTask, taskOptions } from './submit-task.ts';
import { tableOption } from './table-option.ts';
import { namesTicket, renderApprovers, renderTicket, renderVariables, renderWritten } from './ticket-text.ts';

const table = tableOption('such as change_request');

const format = option.text({
  help: 'text, or env: lines TICKET_NUMBER=…, TICKET_SYS_ID=…, TICKET_TABLE=…, TICKET_LINK=… for the next step',
  placeholder: 'FORMAT',
  fallback: 'text',
  pattern: /^(text|env)$/,
  expected: 'text or env',
});

export const ticketCommands: CommandGroup = {
  name: 'ticket',
  summary: 'tickets in ServiceNow, through a delegate',
  commands: [
    clientCommand({
      name: 'create',
      summary: 'create a ticket and wait until it is there',
      options: {
        ...taskOptions,
        table,
        field: fieldsOption('a field of the ticket'),
        template: option.optionalText({
          help: 'form template, or with --change-type standard the standard change template, by name or sys_id',
          placeholder: 'NAME',
        }),
        changeType: option.optionalText({
          help: 'of a change_request: normal, emergency or standard (which needs --template)',
          placeholder: 'TYPE',
          pattern: /^(normal|emergency|standard)$/,
          expected: 'normal, emergency or standard',
        }),
        changeRequest: option.optionalText({
          help: 'of a change_task: the number of the change that it belongs to',
          placeholder: 'NUMBER',
        }),
        format,
        idempotencyKey,
      },
      repeatable: ['field'],
      run: async (values, _args, context) => {
        const { field: fields, table, template, changeType, changeRequest, format, ...rest } = values;
        checkFormat(format, context);
        if (changeType === 'standard' && template === undefined)
          throw new UsageError('--template is missing: a standard change is made of a template');
        if (Object.keys(fields).length === 0 && template === undefined)
          throw new UsageError('--field is missing: give the fields, such as --field "short_description=Deploy 1.2.3"');
        const params = { table, fields, template, changeType, changeRequest };
        const { task, result } = await runTask(context, { ...rest, type: 'ticket.create', params });
        warn(context, result?.warnings);
        if (result && !result.created) context.output.progress('! it had been created before, and was found again');
        return finish(context, format, task, result?.ticket, result && renderWritten(result, fields));
      },
    }),
    clientCommand({
      name: 'update',
      summary: 'update a ticket and wait until it is done',
      arguments: { ticket: '<NUMBER|SYS_ID>' },
      options: {
        ...taskOptions,
        table,
        field: fieldsOption('a field to write'),
        clear: clearOption,
        format,
        idempotencyKey,
      },
      repeatable: ['field'],
      run: async ({ field, clear, table, format, ...rest }, { ticket }, context) => {
        checkFormat(format, context);
        const params = { table, ...namesTicket(ticket), fields: joinFields(field, clear) };
        const { task, result } = await runTask(context, { ...rest, type: 'ticket.update', params });
        warn(context, result?.warnings);
        return finish(context, format, task, result?.ticket, result && renderWritten(result, params.fields));
      },
    }),
    changeTaskCommand,
    clientCommand({
      name: 'show',
      summary: 'read a ticket, and whom it waits for',
      arguments: { ticket: '<NUMBER|SYS_ID>' },
      options: {
        ...taskOptions,
        table,
        fields: option.list({ help: 'columns to read; short_description and state if not given' }),
        format,
      },
      run: async ({ fields, table, format, ...rest }, { ticket }, context) => {
        checkFormat(format, context);
        const named = namesTicket(ticket);
        const by = 'sysId' in named ? { sysIds: [named.sysId] } : { numbers: [named.number] };
        const wanted = fields.length > 0 ? fields : ['short_description', 'state'];
        const params = { table, ...by, fields: wanted, approvers: true };
        const { task, result } = await runTask(context, { ...rest, type: 'ticket.read', params });
        const [found] = result?.tickets ?? [];
        if (result && !found) {
          for (const line of unknownTicket(table, ticket)) context.output.progress(line);
          context.output.result(task, []);
          return exitCodes.failed.code;
        }
        const approvers = (found && result?.approvers?.[found.sysId]) ?? [];
        const waitsFor = approvers.length > 0 ? [`  waits for ${renderApprovers(approvers)}`] : [];
        return finish(context, format, task, found, found && [...renderTicket(found, wanted), ...waitsFor]);
      },
    }),
  ],
};

function warn({ output }: ClientContext, warnings: readonly string[] = []): void {
  for (const warning of warnings) output.progress(`! ${oneLine(warning)}`);
}

function unknownTicket(table: string, ticket: string): string[] {
  return [
    `✗ there is no ${table} ${ticket}, or the connector's user may not read it: the two cannot be told apart`,
    `  remedy: Compare the number and --table with ServiceNow; if both are right, let the connector's user read ${table} (role itil, or an ACL).`,
    '  code: ticket-not-found',
  ];
}

function checkFormat(format: string, { output }: ClientContext): void {
  if (format === 'env' && output.json) throw new UsageError('--format env and --json exclude each other; give one');
}

function finish(
  context: ClientContext,
  format: string,
  task: TaskView,
  ticket: Ticket | undefined,
  lines: readonly string[] | undefined,
): number {
  if (format !== 'env' || task.outcome?.kind !== 'succeeded') return finishTask(context, task, lines);
  if (!ticket || !lines)
    throw new OperationError(
      `task ${task.id} succeeded, but its result does not name the ticket`,
      'See that the command and the manager are of one version; "ticketgate task show" has the task.',
    );
  for (const line of lines) context.output.progress(line);
  return finishTask(context, task, renderVariables(ticket));
}
