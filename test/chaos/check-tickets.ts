import type { Operation } from './caller.ts';
import { brief, isUnknown, shown, taskIdsOf } from './outcome-of.ts';
import type { StoredRow } from './simulator-client.ts';
import type { ShownTask, Snapshot } from './snapshot.ts';
import { type Violation, violation } from './violation.ts';

/** Exactly one ticket for a create that succeeded, none for one that did not; one or none where it is not known. */
export function checkTickets(snapshot: Snapshot): Violation[] {
  const { operations, tickets } = snapshot;
  const creates = operations.filter(({ kind }) => kind === 'create' || kind === 'unservable');
  return [
    ...creates.flatMap((operation) => checkCreate(operation, ticketsOf(operation, tickets), snapshot)),
    ...findSharedCorrelations(tickets),
    ...findStrangers(operations, tickets),
  ];
}

/** The same for notes: an update that succeeded wrote its note once. */
export function checkNotes(snapshot: Snapshot): Violation[] {
  const updates = snapshot.operations.filter(({ kind }) => kind === 'update');
  return updates.flatMap((operation) => {
    const notes = snapshot.notes.filter(({ value }) => value === operation.marker);
    return checkCount('note', operation, notes, snapshot);
  });
}

function checkCreate(operation: Operation, tickets: readonly StoredRow[], snapshot: Snapshot): Violation[] {
  const wrong = checkCount('ticket', operation, tickets, snapshot);
  const [taskId] = taskIdsOf(operation, snapshot);
  const task = taskId === undefined ? undefined : shown(taskId, snapshot);
  if (task?.outcome?.kind !== 'succeeded') return wrong;
  const told = numberIn(task.outcome.result);
  return tickets.some(({ number }) => number === told)
    ? wrong
    : [
        ...wrong,
        violation('right-ticket', `${operation.marker}: the outcome names ${told}`, {
          task: brief(task),
          tickets: tickets.map(briefRow),
        }),
      ];
}

function checkCount(
  thing: 'ticket' | 'note',
  operation: Operation,
  rows: readonly StoredRow[],
  snapshot: Snapshot,
): Violation[] {
  const { marker } = operation;
  const [taskId] = taskIdsOf(operation, snapshot);
  const task = taskId === undefined ? undefined : shown(taskId, snapshot);
  const evidence = { task: task && brief(task), [`${thing}s`]: rows.map(briefRow), submissions: operation.submissions };
  if (rows.length > 1) return [violation(`one-${thing}`, `${marker}: there are ${rows.length} ${thing}s`, evidence)];
  const [least, most, because] = expected(task);
  if (rows.length >= least && rows.length <= most) return [];
  const found = rows.length === 0 ? `there is no ${thing}` : `there is a ${thing}`;
  return [violation(`${thing}-as-told`, `${marker}: ${found}, and ${because}`, evidence)];
}

function expected(task: ShownTask | undefined): [least: number, most: number, because: string] {
  if (task === undefined) return [0, 0, 'no task was accepted'];
  if (task.state === 'succeeded') return [1, 1, 'the task succeeded'];
  if (isUnknown(task)) return [0, 1, 'the outcome is unknown'];
  return [0, 0, `the task ${task.state} without a word of it: ${JSON.stringify(task.outcome)}`];
}

function ticketsOf({ marker }: Operation, tickets: readonly StoredRow[]): StoredRow[] {
  return tickets.filter(({ short_description }) => short_description === marker);
}

function findSharedCorrelations(tickets: readonly StoredRow[]): Violation[] {
  const marked = tickets.filter(({ correlation_id }) => correlation_id !== undefined && correlation_id !== '');
  const groups = Map.groupBy(marked, ({ correlation_id }) => correlation_id);
  return [...groups].flatMap(([correlationId, rows]) =>
    rows.length === 1
      ? []
      : [violation('one-ticket', `${rows.length} tickets carry correlation id ${correlationId}`, rows.map(briefRow))],
  );
}

/** Tickets of this run that no caller asked for. */
function findStrangers(operations: readonly Operation[], tickets: readonly StoredRow[]): Violation[] {
  const [some] = operations;
  const run = some?.marker.slice(0, some.marker.lastIndexOf('-') + 1);
  if (run === undefined) return [];
  const markers = new Set(operations.map(({ marker }) => marker));
  return tickets
    .filter(({ short_description: text = '' }) => text.startsWith(run) && !markers.has(text))
    .map((row) => violation('one-ticket', 'a ticket that nobody asked for', briefRow(row)));
}

function briefRow({
  number,
  sys_created_on: createdAt,
  correlation_id: correlationId,
  element_id: of,
}: StoredRow): unknown {
  return { number, createdAt, correlationId, of };
}

function numberIn(result: unknown): string {
  if (typeof result !== 'object' || result === null || !('ticket' in result)) return 'no ticket';
  const { ticket } = result;
  return typeof ticket === 'object' && ticket !== null && 'number' in ticket ? String(ticket.number) : 'no number';
}
