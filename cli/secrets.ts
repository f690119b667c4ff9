import { option, UsageError } from '#runtime/options.ts';
import { listOf, Nothing, SecretView } from './api-views.ts';
import { type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { renderList, renderTime } from './output.ts';

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
      },
      run: async ({ fromStdin }, { name }, { api, io, output }) => {
        const value = await readValue(io, name, fromStdin);
        const secret = await api.call(SecretView, 'PUT', `/secrets/${encodeURIComponent(name)}`, { body: { value } });
        output.result(secret, [`✓ secret ${name} stored`]);
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'list',
      summary: 'list the secrets, never their values',
      run: async (_values, _args, { api, output }) => {
        const list = await api.call(listOf(SecretView), 'GET', '/secrets');
        const rows = list.items.map(({ name, updatedAt, usedBy }) => [
          name,
          renderTime(updatedAt),
          usedBy.join(', ') || '-',
        ]);
        output.result(list, renderList(['NAME', 'CHANGED', 'USED BY'], rows, 'no secrets'));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'rm',
      summary: 'delete a secret that nothing uses',
      arguments: { name: '<NAME>' },
      run: async (_values, { name }, { api, output }) => {
        await api.call(Nothing, 'DELETE', `/secrets/${encodeURIComponent(name)}`);
        output.result({ name, deleted: true }, [`✓ secret ${name} deleted`]);
        return exitCodes.done.code;
      },
    }),
  ],
};

async function readValue(io: Io, name: string, fromStdin: boolean): Promise<string> {
  const value = fromStdin ? (await io.readInput()).replace(/\r?\n$/, '') : await io.askHidden(`value of ${name}: `);
  if (value === '') throw new UsageError(`the value of ${name} is empty: nothing was stored`);
  return value;
}
