import { DelegateView, listOf } from './api-views.ts';
import { type Command, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { renderList, renderTime } from './output.ts';

export const delegatesCommand: Command = clientCommand({
  name: 'delegates',
  summary: 'list the delegates that have connected in the last week',
  run: async (_values, _args, { api, output }) => {
    const list = await api.call(listOf(DelegateView), 'GET', '/delegates');
    const rows = list.items.map(({ name, state, tags, inFlight, capacity, version, lastSeenAt }) => [
      name,
      state,
      state === 'offline' ? '-' : `${inFlight}/${capacity}`,
      version,
      renderTime(lastSeenAt),
      tags.join(', '),
    ]);
    const conflicts = list.items.flatMap(({ name, conflict }) =>
      conflict
        ? [`! another process called itself ${name}, from ${conflict.hostname} at ${renderTime(conflict.at)}: refused`]
        : [],
    );
    const headings = ['NAME', 'STATE', 'BUSY', 'VERSION', 'LAST SEEN', 'TAGS'];
    output.result(list, [...renderList(headings, rows, 'no delegates'), ...conflicts]);
    return exitCodes.done.code;
  },
});
