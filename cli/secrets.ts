import { describeScope, everywhere } from '#protocol/scope.ts';
import { option, UsageError } from '#runtime/options.ts';
import { listOf, Nothing, SecretView } from './api-views.ts';
import { type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { namingFlags } from './flag-names.ts';
import type { Io } from './io.ts';
import { renderList, renderTime } from './output.ts';
import { readScope, scopeFlags, scopeOptions } from './scope-options.ts';

export const secretCommands: CommandGroup = {
  name: 'secret',
  summary: 'encrypted texts that connectors use',
  commands: [
    clientCommand({
      name: 'set',
      summary: 'store or change a secret; asks for its value, which is never an argument',
      arguments: { name: '<NAME>' },
      options: {
        fromStdin: option.flag({ help: 'read the value from standard input; one newline at its end is dropped' }),
        ...scopeOptions('that may use it'),
      },
      run: async ({ fromStdin, ...given }, { name }, { api, io, output }) => {
        const body = { value: await readValue(io, name, fromStdin), scope: readScope(given, everywhere) };
        const stored = api.call(SecretView, 'PUT', pathOf(name), { body });
        const secret = await namingFlags(scopeFlags, stored);
        output.result(secret, [`✓ secret ${name} stored, for ${describeScope(secret.scope)}`]);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'narrow',
      summary: 'narrow the scope of a secret; its value stays, and nothing widens it again',
      arguments: { name: '<NAME>' },
      options: scopeOptions('that may still use it'),
      run: async (given, { name }, { api, output }) => {
        if (given.application.length + given.environment.length === 0)
          throw new UsageError('give --application, --environment or both');
        const before = await api.call(SecretView, 'GET', pathOf(name));
        const body = { scope: readScope(given, before.scope) };
        const secret = await namingFlags(scopeFlags, api.call(SecretView, 'PUT', pathOf(name), { body }));
        output.result(secret, [`✓ secret ${name} is for ${describeScope(secret.scope)}`]);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'list',
      summary: 'list the secrets, never their values',
      run: async (_values, _args, { api, output }) => {
        const list = await api.call(listOf(SecretView), 'GET', '/secrets');
        const rows = list.items.map(({ name, scope, updatedAt, usedBy }) => [
          name,
          describeScope(scope),
          renderTime(updatedAt),
          usedBy.join(', ') || '-',
        ]);
        output.result(list, renderList(['NAME', 'SCOPE', 'CHANGED', 'USED BY'], rows, 'no secrets'));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'rm',
      summary: 'delete a secret that nothing uses',
      arguments: { name: '<NAME>' },
      run: async (_values, { name }, { api, output }) => {
        await api.call(Nothing, 'DELETE', pathOf(name));
        output.result({ name, deleted: true }, [`✓ secret ${name} deleted`]);
        return exitCodes.done.code;
      },
    }),
  ],
};

function pathOf(name: string): string {
  return `/secrets/${encodeURIComponent(name)}`;
}

async function readValue(io: Io, name: string, fromStdin: boolean): Promise<string> {
  const value = fromStdin ? (await io.readInput()).replace(/\r?\n$/, '') : await io.askHidden(`value of ${name}: `);
  if (value === '') throw new UsageError(`the value of ${name} is empty: nothing was stored`);
  return value;
}
