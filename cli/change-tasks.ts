import type { Result } from '#protocol/task-types.ts';
import { option } from '#runtime/options.ts';
import { type Command, clientCommand } from './command.ts';
import { clearOption, fieldsOption, joinFields } from './fields.ts';
import { oneLine } from './one-line.ts';
import { finishTask, idempotencyKey, runTask, taskOptions } from './submit-task.ts';
import { renderFailure } from './task-text.ts';
import { readNumber } from './ticket-text.ts';

/** `ticket update-many`: one update for the change tasks of a change. */
export const changeTaskCommand: Command = clientCommand({
  name: 'update-many',
  summary: 'update the change tasks of a change request',
  arguments: { change: '<CHANGE>' },
  options: {
    ...taskOptions,
    field: fieldsOption('a field to write in each'),
    clear: clearOption,
    type: option.optionalText({
      help: 'only the change tasks of this type, by value or label, such as implementation',
      placeholder: 'TYPE',
    }),
    idempotencyKey,
  },
  repeatable: ['field'],
  run: async ({ field, clear, type, ...rest }, { change }, context) => {
    const params = { changeRequest: readNumber(change), changeTaskType: type, fields: joinFields(field, clear) };
    const { task, result, partialResult } = await runTask(context, { ...rest, type: 'ticket.update-many', params });
    const known = result ?? partialResult;
    for (const warning of known?.warnings ?? []) context.output.progress(`! ${oneLine(warning)}`);
    return finishTask(context, task, known && renderChangeTasks(known.changeTasks));
  },
});

type ChangeTask = Result<'ticket.update-many'>['changeTasks'][number];

function renderChangeTasks(changeTasks: readonly ChangeTask[]): string[] {
  if (changeTasks.length === 0) return ['– no change tasks to update'];
  return changeTasks.flatMap(({ number, sysId, link, kind, failure, warnings }) => [
    `${marks[kind]} ${oneLine(number || sysId)}  ${kindTexts[kind]}  ${oneLine(link)}`,
    ...warnings.map((warning) => `  ! ${oneLine(warning)}`),
    ...(failure ? renderFailure(failure).map((line) => `  ${line}`) : []),
  ]);
}

const marks: Readonly<Record<ChangeTask['kind'], string>> = {
  updated: '✓',
  unchanged: '✓',
  failed: '✗',
  'not-tried': '–',
};

const kindTexts: Readonly<Record<ChangeTask['kind'], string>> = {
  updated: 'updated',
  unchanged: 'held it already',
  failed: 'not updated',
  'not-tried': 'not tried',
};
