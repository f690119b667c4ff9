import { setTimeout } from 'node:timers/promises';
import { type AuthenticationKind, secretsOf } from '#protocol/authentication.ts';
import { describeScope } from '#protocol/scope.ts';
import { TaskView } from '#protocol/task.ts';
import { option, UsageError } from '#runtime/options.ts';
import { ConnectorView, Explanation, listOf, Nothing } from './api-views.ts';
import { type ClientContext, type CommandGroup, clientCommand } from './command.ts';
import {
  authenticationFlags,
  authenticationKinds,
  buildAuthentication,
  isAuthenticationKind,
} from './connector-authentication.ts';
import { exitCodes } from './exit-codes.ts';
import { namingFlags } from './flag-names.ts';
import { patienceMs } from './follow-task.ts';
import { renderList, renderTime } from './output.ts';
import { findingsOf, renderExplanation, renderFailedTest, renderFindings, renderOutcome } from './task-text.ts';

/** How to log in; the same for a new connector and a stored one. */
const logInOptions = {
  auth: option.optionalText({
    help: `how to log in: ${authenticationKinds.join(', ')}; of a new connector basic, if not given`,
    placeholder: 'KIND',
    pattern: new RegExp(`^(${authenticationKinds.join('|')})$`),
    expected: `one of ${authenticationKinds.join(', ')}`,
  }),
  username: option.optionalText({ help: 'user of the instance; of basic, oauth-password', placeholder: 'USER' }),
  clientId: option.optionalText({ help: 'client id of the OAuth application registry', placeholder: 'ID' }),
  secret: option.optionalText({
    help: 'name of the secret that holds the password, the client secret (oauth-client-credentials), the refresh token or the API key',
    placeholder: 'NAME',
  }),
  clientSecretName: option.optionalText({
    help: 'name of the secret that holds the client secret; of oauth-password, oauth-refresh-token',
    placeholder: 'NAME',
  }),
};

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
        ...logInOptions,
        selectors: option.list({ help: 'tags that a delegate must hold to work for it' }),
        skipValidation: option.flag({ help: 'add it without a test' }),
      },
      flags: { baseUrl: '--url' },
      run: async ({ baseUrl, auth, selectors, skipValidation, ...given }, { name }, context) => {
        const kind = readKind(auth) ?? 'basic';
        const body = { name, baseUrl, authentication: buildAuthentication(kind, given), selectors };
        const connector = await store(context, 'POST', '/connectors', body, kind, skipValidation);
        context.output.result(connector, [`✓ connector ${name} added`, ...renderLastTest(connector)]);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'edit',
      summary: 'change what is given of a connector, by default only if its test passes',
      arguments: { name: '<NAME>' },
      options: {
        rename: option.optionalText({ help: 'its new name', placeholder: 'NAME' }),
        baseUrl: option.optionalText({ help: "the instance's address", placeholder: 'URL' }),
        ...logInOptions,
        selectors: option.clearableList({
          help: "tags that a delegate must hold to work for it, in place of those it has; '' for none",
        }),
        anyDelegate: option.flag({ help: 'any delegate may work for it: it has no selectors any more' }),
        skipValidation: option.flag({ help: 'change it without a test' }),
      },
      flags: { baseUrl: '--url' },
      run: async (values, { name }, context) => {
        const { rename, baseUrl, auth, selectors, anyDelegate, skipValidation, ...given } = values;
        if (anyDelegate && selectors) throw new UsageError('give either --selectors or --any-delegate');
        const changes = [rename, baseUrl, auth, selectors, ...Object.values(given)];
        if (!anyDelegate && changes.every((change) => change === undefined))
          throw new UsageError('give what to change of the connector, such as --selectors dc1 or --secret NAME');
        const path = `/connectors/${encodeURIComponent(name)}`;
        const before = await context.api.call(ConnectorView, 'GET', path);
        const kind = readKind(auth) ?? before.authentication.kind;
        const body = {
          name: rename ?? before.name,
          baseUrl: baseUrl ?? before.baseUrl,
          authentication: buildAuthentication(kind, given, before.authentication),
          selectors: anyDelegate ? [] : (selectors ?? before.selectors),
        };
        const connector = await store(context, 'PUT', path, body, kind, skipValidation);
        context.output.result(connector, [
          `✓ connector ${connector.name} changed`,
          ...renderScopeMove(before, connector),
          ...renderLastTest(connector),
        ]);
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
        const rows = list.items.map((connector) => [
          connector.name,
          connector.baseUrl,
          connector.selectors.join(', ') || '-',
          renderScope(connector),
          renderStanding(connector),
        ]);
        output.result(list, renderList(['NAME', 'URL', 'SELECTORS', 'SCOPE', 'LAST TEST'], rows, 'no connectors'));
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

interface ConnectorBody {
  readonly name: string;
  readonly baseUrl: string;
  readonly authentication: Readonly<Record<string, unknown>>;
  readonly selectors: readonly string[];
}

/** Stores a connector, and tells meanwhile what its test waits for. */
function store(
  context: ClientContext,
  method: 'POST' | 'PUT',
  path: string,
  body: ConnectorBody,
  kind: AuthenticationKind,
  skipValidation: boolean,
): Promise<ConnectorView> {
  const { baseUrl, selectors } = body;
  const query = skipValidation ? { skipValidation } : {};
  const flags = { '/baseUrl': '--url', '/selectors': '--selectors', '/name': 'NAME', ...authenticationFlags(kind) };
  const stored = namingFlags(flags, context.api.call(ConnectorView, method, path, { query, body }));
  return explainIfSlow(context, stored, { baseUrl, selectors });
}

function readKind(text: string | undefined): AuthenticationKind | undefined {
  return text !== undefined && isAuthenticationKind(text) ? text : undefined;
}

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

function renderLastTest({ lastTest }: ConnectorView): string[] {
  return lastTest ? renderTest(lastTest) : ['! not tested'];
}

function renderTest(task: TaskView): string[] {
  const by = task.attempts.at(-1)?.delegateName;
  const findings = findingsOf(task);
  if (task.outcome?.kind === 'failed' && findings.at(-1)?.message === task.outcome.failure.message)
    return [...renderFindings(findings), `  code: ${task.outcome.failure.code}`, `  tested by ${by ?? 'a delegate'}`];
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
    `scope     ${renderScope(connector)}`,
    `changed   ${renderTime(updatedAt)}`,
    `last test ${renderStanding(connector)}`,
    ...(lastTest ? renderTest(lastTest) : []),
  ];
}

function renderScope({ scope }: ConnectorView): string {
  return scope ? describeScope(scope) : 'none: its secrets have scopes apart';
}

function renderScopeMove(before: ConnectorView, after: ConnectorView): string[] {
  const [was, is] = [renderScope(before), renderScope(after)];
  return was === is ? [] : [`! its scope was ${was}, and is ${is}`];
}

/** How its tests go, since when, and who tested last. */
function renderStanding({ lastTest, testedSince }: ConnectorView): string {
  if (!lastTest) return 'never';
  const how = lastTest.state === 'succeeded' ? `passing${countWarnings(lastTest)}` : 'failing';
  const by = lastTest.attempts.at(-1)?.delegateName;
  return `${how} since ${renderTime(testedSince)}; last ${renderTime(lastTest.endedAt)} by ${by ?? 'nobody'}`;
}

function countWarnings(test: TaskView): string {
  const count = findingsOf(test).filter(({ status }) => status === 'warning').length;
  return count === 0 ? '' : `, ${count} ${count === 1 ? 'warning' : 'warnings'}`;
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
