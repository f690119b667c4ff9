import { ApprovalView } from '#protocol/approval.ts';
import { DeliveryView } from '#protocol/delivery.ts';
import { parseDuration } from '#runtime/duration.ts';
import { option, UsageError } from '#runtime/options.ts';
import type { Api } from './api-client.ts';
import { listOf } from './api-views.ts';
import { renderApproval, renderDelivery, renderEnd, renderWaiting } from './approval-text.ts';
import { waitForApproval, waitForFirstPoll } from './approval-wait.ts';
import { watchInLog, watchOnTerminal } from './approval-watch.ts';
import { type CommandGroup, clientCommand } from './command.ts';
import { approvalExitCodes, exitCodes } from './exit-codes.ts';
import { untilInterrupted } from './interruptible.ts';
import { oneLine } from './one-line.ts';
import { renderList, renderTime } from './output.ts';
import { tableOption } from './table-option.ts';
import { pageOptions } from './tasks.ts';
import { namesTicket } from './ticket-text.ts';

export const approvalCommands: CommandGroup = {
  name: 'approval',
  summary: 'gates that wait for a ticket',
  commands: [
    clientCommand({
      name: 'start',
      summary: 'start to wait for a ticket; the id that it prints is for `approval wait`',
      options: {
        connector: option.requiredText({ help: 'name or id of the connector', placeholder: 'NAME' }),
        table: tableOption('such as change_request'),
        ticket: option.requiredText({ help: 'its number or sys_id', placeholder: 'NUMBER' }),
        approve: option.requiredText({
          help: 'what approves: "state = Scheduled and approval in (approved)"',
          placeholder: 'CRITERIA',
        }),
        reject: option.optionalText({ help: 'what rejects; it is looked at first', placeholder: 'CRITERIA' }),
        window: option.list({ help: 'change window: the fields of its start and its end', placeholder: 'START,END' }),
        every: option.optionalText({ help: 'how often to look, at least 10s; 60s if not given', placeholder: '60s' }),
        timeout: option.optionalText({ help: 'when to give up; 7d if not given', placeholder: '1d' }),
        expectedDuration: option.optionalText({
          help: 'how long what it holds up takes: a change window with less left is warned of',
          placeholder: '30m',
        }),
        webhookUrl: option.optionalText({ help: 'where its end is told; needs --webhook-secret', placeholder: 'URL' }),
        webhookSecret: option.optionalText({
          help: 'name of the encrypted secret that signs what is sent there',
          placeholder: 'NAME',
        }),
        workNotes: option.flag({ help: 'note its end on the ticket' }),
        selectors: option.list({ help: "tags that the delegate must hold, instead of the connector's" }),
        idempotencyKey: option.optionalText({
          help: 'names this one step: repeating it answers with the same approval',
          placeholder: 'KEY',
        }),
      },
      run: async ({ ticket, window, webhookUrl, webhookSecret, idempotencyKey, ...rest }, _args, { api, output }) => {
        const webhook = readWebhook(webhookUrl, webhookSecret);
        const body = { ...rest, ...namesTicket(ticket), window: readWindow(window), webhook };
        const started = await api.call(ApprovalView, 'POST', '/approvals', { body, idempotencyKey });
        const approval = await waitForFirstPoll(api, started).catch((error: unknown) => {
          // It goes on without us: its id must not be lost.
          output.progress(`its first reading was not waited for: ${describeError(error)}`);
          return started;
        });
        if (approval.state === 'waiting') {
          for (const line of renderWaiting(approval)) output.progress(line);
          output.progress(`wait for it with: ticketgate approval wait ${approval.id}`);
        } else for (const line of renderEnd(approval)) output.progress(line);
        // The id alone on standard output, so that it can be captured.
        output.result(approval, [approval.id]);
        return approval.state === 'failed' ? exitCodes.failed.code : exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'wait',
      summary: 'wait until an approval has ended: exit 0 approved, 10 rejected, 11 expired, 12 cancelled, 13 failed',
      arguments: { id: '<ID>' },
      run: async (_values, { id }, { api, io, output }) => {
        const { liveLine } = io;
        const watch = liveLine ? watchOnTerminal(liveLine, output.progress) : watchInLog(output.progress);
        const goesOn = () => ({
          message: `stopped waiting for approval ${id}, which goes on`,
          remedy: `Wait for it again, here or elsewhere: ticketgate approval wait ${id}`,
        });
        const approval = await untilInterrupted(io, (stop) => waitForApproval(api, id, watch, stop), goesOn).finally(
          watch.close,
        );
        output.result(approval, renderEnd(approval));
        // Only what has ended is returned; anything else must not open a gate.
        return approval.state === 'waiting' ? exitCodes.failed.code : approvalExitCodes[approval.state];
      },
    }),
    clientCommand({
      name: 'show',
      summary: 'show an approval',
      arguments: { id: '<ID>' },
      run: async (_values, { id }, { api, output }) => {
        const approval = await api.call(ApprovalView, 'GET', `/approvals/${encodeURIComponent(id)}`);
        output.result(approval, renderApproval(approval));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'deliveries',
      summary: 'show how the end of an approval was told, by webhook and note on the ticket, with every try',
      arguments: { id: '<ID>' },
      run: async (_values, { id }, { api, output }) => {
        const list = await api.call(listOf(DeliveryView), 'GET', `/approvals/${encodeURIComponent(id)}/deliveries`);
        const lines = list.items.flatMap(renderDelivery);
        output.result(list, lines.length > 0 ? lines : ['its end is told to nobody']);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'retry',
      summary: 'tell the end of an approval again now: by webhook or work-notes',
      arguments: { id: '<ID>', kind: '<KIND>' },
      run: async (_values, { id, kind }, { api, output }) => {
        const path = `/approvals/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(kind)}/retry`;
        const delivery = await api.call(DeliveryView, 'POST', path);
        output.result(delivery, renderDelivery(delivery));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'cancel',
      summary: 'cancel an approval; whoever waits for it is told',
      arguments: { id: '<ID>' },
      run: async (_values, { id }, { api, output }) => {
        const approval = await api.call(ApprovalView, 'DELETE', `/approvals/${encodeURIComponent(id)}`);
        output.result(approval, [`✓ approval ${approval.id} ${approval.state}`]);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'export',
      summary: 'print every approval that has ended, with its evidence: a JSON document a line, newest first',
      options: {
        since: option.optionalText({ help: 'only those that were started within this time', placeholder: '30d' }),
      },
      run: async ({ since }, _args, { api, output }) => {
        const from = since === undefined ? 0 : Date.now() - readSince(since);
        for await (const approval of everyApproval(api, from))
          if (approval.state !== 'waiting') output.result(approval, [JSON.stringify(approval)]);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'list',
      summary: 'list the approvals, newest first',
      options: pageOptions,
      run: async (query, _args, { api, output }) => {
        const list = await api.call(listOf(ApprovalView), 'GET', '/approvals', { query });
        const rows = list.items.map(({ id, state, ticket, criteria, deadlineAt }) => [
          id,
          state,
          oneLine(`${ticket.table} ${ticket.number || ticket.sysId}`),
          renderTime(deadlineAt),
          oneLine(criteria.approve),
        ]);
        const more = list.cursor === undefined ? [] : [`more: --cursor ${list.cursor}`];
        const headings = ['ID', 'STATE', 'TICKET', 'DEADLINE', 'APPROVE'];
        output.result(list, [...renderList(headings, rows, 'no approvals'), ...more]);
        return exitCodes.done.code;
      },
    }),
  ],
};

/** Page by page, down to those that were created at `fromMs`. */
async function* everyApproval(api: Api, fromMs: number): AsyncGenerator<ApprovalView> {
  let cursor: string | undefined;
  do {
    const page = await api.call(listOf(ApprovalView), 'GET', '/approvals', { query: { cursor, limit: 200 } });
    for (const approval of page.items) {
      if (Date.parse(approval.createdAt) < fromMs) return;
      yield approval;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function readSince(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--since: expected a duration such as 30d, got ${JSON.stringify(text)}`);
  return ms;
}

function readWebhook(url: string | undefined, secret: string | undefined): { url: string; secret: string } | undefined {
  if (url === undefined && secret === undefined) return undefined;
  if (url === undefined || secret === undefined)
    throw new UsageError('--webhook-url and --webhook-secret: give both, or neither');
  return { url, secret };
}

function readWindow(fields: readonly string[]): { startField: string; endField: string } | undefined {
  if (fields.length === 0) return undefined;
  const [startField, endField, ...rest] = fields;
  if (startField === undefined || endField === undefined || rest.length > 0)
    throw new UsageError('--window: expected two columns, such as --window start_date,end_date');
  return { startField, endField };
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
