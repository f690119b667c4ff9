import { TaskView } from '#protocol/task.ts';
import { option, UsageError } from '#runtime/options.ts';
import { Explanation, listOf } from './api-views.ts';
import { type Command, type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { renderList, renderTime } from './output.ts';
import { renderExplanation, renderTask } from './task-text.ts';

/** Options of every command that lists page by page. */
export const pageOptions = {
  limit: option.integer({ help: 'how many at most', minimum: 1, maximum: 500, fallback: 50 }),
  cursor: option.optionalText({ help: 'go on where the list before ended', placeholder: 'CURSOR' }),
};

export const tasksCommand: Command = clientCommand({
  name: 'tasks',
  summary: 'list the tasks, newest first',
  options: pageOptions,
  run: async (query, _args, { api, output }) => {
    const list = await api.call(listOf(TaskView), 'GET', '/tasks', { query });
    const rows = list.items.map(({ id, type, state, selectors, createdAt, attempts }) => [
      id,
      type,
      state,
      renderTime(createdAt),
      attempts.at(-1)?.delegateName ?? '-',
      selectors.join(', ') || '-',
    ]);
    const more = list.cursor === undefined ? [] : [`more: --cursor ${list.cursor}`];
    const headings = ['ID', 'TYPE', 'STATE', 'CREATED', 'DELEGATE', 'SELECTORS'];
    output.result(list, [...renderList(headings, rows, 'no tasks'), ...more]);
    return exitCodes.done.code;
  },
});

export const taskCommands: CommandGroup = {
  name: 'task',
  summary: 'one task',
  commands: [
    clientCommand({
      name: 'show',
      summary: 'show a task with its attempts and its outcome',
      arguments: { id: '<ID>' },
      run: async (_values, { id }, { api, output }) => {
        const task = await api.call(TaskView, 'GET', `/tasks/${encodeURIComponent(id)}`);
        output.result(task, renderTask(task));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'cancel',
      summary: 'cancel a task that has not ended',
      arguments: { id: '<ID>' },
      run: async (_values, { id }, { api, output }) => {
        const task = await api.call(TaskView, 'DELETE', `/tasks/${encodeURIComponent(id)}`);
        output.result(task, [`task ${task.id} is ${task.state}${task.outcome ? '' : '; it is being cancelled'}`]);
        return exitCodes.done.code;
      },
    }),
  ],
};

export const whyCommand: Command = clientCommand({
  name: 'why',
  summary: 'tell who could take a task and why the others cannot; without TASK a dry run',
  arguments: { task: '[TASK]' },
  options: {
    type: option.optionalText({ help: 'of a dry run: task type, such as ticket.create', placeholder: 'TYPE' }),
    connector: option.optionalText({ help: 'of a dry run: take its selectors', placeholder: 'NAME' }),
    selectors: option.list({ help: 'of a dry run: demand these instead' }),
  },
  run: async ({ type, connector, selectors }, { task }, { api, output }) => {
    if (task === undefined && type === undefined)
      throw new UsageError(
        'give the id of a task, or --type for a dry run, such as: ticketgate why --type ticket.create',
      );
    const why =
      task === undefined
        ? await api.call(Explanation, 'POST', '/tasks/why', { body: { type, connector, selectors } })
        : await api.call(Explanation, 'GET', `/tasks/${encodeURIComponent(task)}/why`);
    output.result(why, renderExplanation(why));
    return exitCodes.done.code;
  },
});
