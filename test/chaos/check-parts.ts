import { importRowsOf, type Operation } from './caller.ts';
import { brief, isUnknown, shown, taskIdsOf } from './outcome-of.ts';
import type { ShownTask, Snapshot } from './snapshot.ts';
import { type Violation, violation } from './violation.ts';

/**
 * Of tasks that do several things: each row of an import is in the staging table once, each change task of an update of
 * many has its note once, and what the task tells of each is so.
 */
export function checkManyParts(snapshot: Snapshot): Violation[] {
  return snapshot.operations.flatMap((operation) => {
    const [taskId] = taskIdsOf(operation, snapshot);
    const task = taskId === undefined ? undefined : shown(taskId, snapshot);
    return partsOf(operation, task, snapshot).flatMap((part) => checkPart(operation, part, task));
  });
}

/** Things that can only be told apart by their number: rows that are alike, or one note. */
interface Part {
  readonly thing: 'row' | 'note';
  readonly name: string;
  readonly wanted: number;
  readonly present: number;
  /** How many of them the task says that it did; undefined when it says nothing of any. */
  readonly told: { readonly done: number; readonly open: number } | undefined;
}

function partsOf({ kind, marker }: Operation, task: ShownTask | undefined, snapshot: Snapshot): Part[] {
  if (kind === 'import') {
    const rows = importRowsOf(marker);
    const told = listIn(task, 'rows');
    return [...new Set(rows.map(({ u_key }) => u_key))].map((key) => {
      const places = rows.flatMap(({ u_key }, index) => (u_key === key ? [index] : []));
      return {
        thing: 'row',
        name: key,
        wanted: places.length,
        present: snapshot.importRows.filter(({ u_key }) => u_key === key).length,
        told: told && count(places.map((place) => told[place])),
      };
    });
  }
  if (kind !== 'update-many') return [];
  const told = listIn(task, 'changeTasks');
  return snapshot.changeTasks.map((sysId) => ({
    thing: 'note',
    name: sysId,
    wanted: 1,
    present: snapshot.notes.filter(({ value, element_id }) => value === marker && element_id === sysId).length,
    told: told && count(told.filter((each) => fieldOf(each, 'sysId') === sysId)),
  }));
}

function checkPart({ marker }: Operation, part: Part, task: ShownTask | undefined): Violation[] {
  const { thing, name, present, wanted } = part;
  const evidence = { task: task && brief(task), part };
  if (present > wanted)
    return [violation(`one-${thing}`, `${marker}: ${name} is there ${present} times instead of ${wanted}`, evidence)];
  const [least, most, because] = expected(part, task);
  if (present >= least && present <= most) return [];
  return [violation(`${thing}-as-told`, `${marker}: ${name} is there ${present} times, and ${because}`, evidence)];
}

function expected({ wanted, told }: Part, task: ShownTask | undefined): [least: number, most: number, why: string] {
  if (task === undefined) return [0, 0, 'no task was accepted'];
  if (task.state === 'succeeded') return [wanted, wanted, 'the task succeeded'];
  if (told !== undefined) return [told.done, told.done + told.open, `the task tells ${told.done} of them`];
  if (isUnknown(task)) return [0, wanted, 'the outcome is unknown'];
  return [0, 0, `the task ${task.state} without a word of it: ${JSON.stringify(task.outcome)}`];
}

const doneKinds: ReadonlySet<string> = new Set(['loaded', 'found', 'updated', 'unchanged']);

function count(parts: readonly unknown[]): { done: number; open: number } {
  const done = parts.filter((part) => doneKinds.has(String(fieldOf(part, 'kind')))).length;
  return { done, open: parts.length - done };
}

/** What a task that failed tells of its parts. */
function listIn(task: ShownTask | undefined, field: string): readonly unknown[] | undefined {
  const outcome = task?.outcome;
  const told = outcome?.kind === 'failed' ? fieldOf(outcome.failure.partialResult, field) : undefined;
  return Array.isArray(told) ? told : undefined;
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === field)?.[1]
    : undefined;
}
