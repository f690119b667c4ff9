import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import { taskStates } from '#protocol/task.ts';
import { taskTypeNames, taskTypes } from '#protocol/task-types.ts';
import { formatDuration } from '#runtime/duration.ts';
import { tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/tasks.md');

/** `number` or `sysId` → both. */
function namesIn(cell: string | undefined): string[] {
  return (cell ?? '').replaceAll('`', '').split(' or ');
}

function propertiesOf(schema: TSchema): string[] {
  const forms = 'anyOf' in schema ? (schema.anyOf as TSchema[]) : [schema];
  const names = forms.flatMap((form) => ('properties' in form ? Object.keys(form.properties as object) : []));
  return [...new Set(names)].sort();
}

function listedUnder(heading: string, type: string): string[] {
  const rows = tableUnder(page, heading).rows.filter(([listed]) => listed === type);
  return rows.flatMap(([, names]) => namesIn(names)).sort();
}

describe('the page about tasks', () => {
  it('lists exactly the task types, with their priorities and limits', () => {
    const known = Object.entries(taskTypes).map(([name, type]) => [
      name,
      type.sideEffect ? 'yes' : 'no',
      String(type.priority),
      formatDuration(type.pickUpMs),
      formatDuration(type.runMs),
      formatDuration(type.deadlineMs),
      String(type.mostAttempts),
    ]);
    expect(tableUnder(page, 'Types').rows).toEqual(known);
  });

  it.each(taskTypeNames)('lists exactly the parameters of %s', (type) => {
    expect(listedUnder('Parameters', type)).toEqual(propertiesOf(taskTypes[type].params));
  });

  it.each(taskTypeNames)('lists exactly what %s results in', (type) => {
    expect(listedUnder('Results', type)).toEqual(propertiesOf(taskTypes[type].result));
  });

  it('speaks of no task type that there is not', () => {
    for (const heading of ['Parameters', 'Results'])
      for (const [type] of tableUnder(page, heading).rows) expect(taskTypeNames).toContain(type);
  });

  it('lists exactly the states of a task', () => {
    expect(tableUnder(page, 'States').rows.map(([state]) => state)).toEqual([...taskStates]);
  });
});
