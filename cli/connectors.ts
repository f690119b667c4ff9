import { setTimeout } from 'node:timers/promises';
import { secretsOf } from '#protocol/authentication.ts';
import { TaskView } from '#protocol/task.ts';
import { option } from '#runtime/options.ts';
import { ConnectorView, Explanation, listOf, Nothing } from './api-views.ts';
import { type ClientContext, type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { patienceMs } from './follow-task.ts';
import { renderList, renderTime } from './output.ts';
import { findingsOf, renderExplanation, renderFailedTest, renderFindings, renderOutcome } from './task-text.ts';

export const connectorCommands: CommandGroup = {
  name: 'connector',
  summary: 'ServiceNow instances that tasks go to',
  commands: [
    clientCommand({
      name: 'add',
      summary: 'add a connector, by default only if its test passes',
      arguments: { name: '<NAME>' },
      options: {
        baseUrl: option.requiredText({
          help: "the instance's address; give the manager's as TICKETGATE_URL, or before the command",
          placeholder: 'URL',
        }),
        username: option.requiredText({ help: 'user of the instance', placeholder: 'USER' }),
        secret: option.requiredText({ help: "name of the secret that holds the user's password", placeholder: 'NAME' }),
        selectors: option.list({ help: 'tags that a delegate must hold to work for it' }),
        skipValidation: option.flag({ help: 'add it without a test' }),
      },
      flags: { baseUrl: '--url' },
      run: async ({ baseUrl, username, secret, selectors, skipValidation }, { name }, context) => {
        const { api, output } = context;
        const body = { name, baseUrl, authentication: { kind: 'basic', username, password: { secret } }, selectors };
        const query = skipValidation ? { skipValidation } : {};
        const added = api.call(ConnectorView, 'POST', '/connectors', { query, body });
        const connector = await explainIfSlow(context, added, { baseUrl, selectors });
        const tested = connector.lastTest ? renderTest(connector.lastTest) : ['! not tested'];
        output.result(connector, [`✓ connector ${name} added`, ...tested]);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'test',
      summary: 'test a connector through a delegate; fails if a finding does',
      arguments: { name: '<NAME>' },
      run: async (_values, { name }, context) => {
        const tested = context.api.call(TaskView, 'POST', `/connectors/${encodeURIComponent(name)}/test`);
        const task = await explainIfSlow(context, tested, { connector: name });
        const passed =
          task.outcome?.kind === 'succeeded' && findingsOf(task).every(({ status }) => status !== 'failed');
        context.output.result(task, renderTest(task));
        return passed ? exitCodes.done.code : exitCodes.failed.code;
      },
    }),
    clientCommand({
      name: 'list',
      summary: 'list the connectors',
      run: async (_values, _args, { api, output }) => {
        const list = await api.call(listOf(ConnectorView), 'GET', '/connectors');
        const rows = list.items.map(({ name, baseUrl, selectors, lastTest }) => [
          name,
          baseUrl,
          selectors.join(', ') || '-',
          lastTest ? `${lastTest.state} ${renderTime(lastTest.endedAt)}` : 'never',
        ]);
        output.result(list, renderList(['NAME', 'URL', 'SELECTORS', 'LAST TEST'], rows, 'no connectors'));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'show',
      summary: 'show a connector with its last test',
      arguments: { name: '<NAME>' },
      run: async (_values, { name }, { api, output }) => {
        const connector = await api.call(ConnectorView, 'GET', `/connectors/${encodeURIComponent(name)}`);
        output.result(connector, renderConnector(connector));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'rm',
      summary: 'delete a connector that nothing uses',
      arguments: { name: '<NAME>' },
      run: async (_values, { name }, { api, output }) => {
        await api.call(Nothing, 'DELETE', `/connectors/${encodeURIComponent(name)}`);
        output.result({ name, deleted: true }, [`✓ connector ${name} deleted`]);
        return exitCodes.done.code;
      },
    }),
  ],
};

/** A test under way has no id yet, so what it may be waiting for is told by a dry run. */
async function explainIfSlow<T>(
  { api, output }: ClientContext,
  work: Promise<T>,
  demand: { connector: string } | { baseUrl: string; selectors: readonly string[] },
): Promise<T> {
  const stop = new AbortController();
  const explaining = setTimeout(patienceMs, undefined, { signal: stop.signal })
    .then(() => api.call(Explanation, 'POST', '/tasks/why', { body: { type: 'connection.test', ...demand } }))
    .then((why) => {
      if (!stop.signal.aborted) output.progress(['… the test is under way', ...renderExplanation(why)].join('\n  '));
    })
    // It was done in time, or it cannot be explained: either way the work tells how it ended.
    .catch(() => {});
  try {
    return await work;
  } finally {
    stop.abort();
    await explaining;
  }
}

function renderTest(task: TaskView): string[] {
  const by = task.attempts.at(-1)?.delegateName;
  const findings = findingsOf(task);
  if (task.outcome?.kind !== 'succeeded') return [...renderOutcome(task), ...renderFailedTest(task)];
  return [...renderFindings(findings), `  tested by ${by ?? 'a delegate'} in ${durationOf(task)} ms`];
}

function durationOf({ createdAt, endedAt }: TaskView): number {
  return endedAt === undefined ? 0 : Date.parse(endedAt) - Date.parse(createdAt);
}

function renderConnector(connector: ConnectorView): string[] {
  const { id, name, baseUrl, authentication, selectors, updatedAt, lastTest } = connector;
  return [
    `name      ${name}`,
    `id        ${id}`,
    `url       ${baseUrl}`,
    `log-in    ${renderAuthentication(authentication)}`,
    `selectors ${selectors.join(', ') || '-'}`,
    `changed   ${renderTime(updatedAt)}`,
    ...(lastTest ? [`last test ${renderTime(lastTest.endedAt)}`, ...renderTest(lastTest)] : ['last test never']),
  ];
}

function renderAuthentication(authentication: ConnectorView['authentication']): string {
  const who =
    'username' in authentication
      ? ` as ${authentication.username}`
      : 'clientId' in authentication
        ? ` as client ${authentication.clientId}`
        : '';
  const held = secretsOf(authentication).map(({ field, secret }) => `${field} in the secret ${secret.secret}`);
  return `${authentication.kind}${who}, ${held.join(', ')}`;
}
