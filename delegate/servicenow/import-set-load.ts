import type { Earlier } from '#protocol/task.ts';
import type { Params, Result } from '#protocol/task-types.ts';
import type { Handler, HandlerResult } from '../core/handler.ts';
import type { Row } from './answer.ts';
import { findStop, openCalls } from './calls.ts';
import { extendMessage, failed, noteLine, outcomeUnknown } from './handler-result.ts';
import { believe, foundRow, howToCheck, type Load, loadRow, type RowEnd, unknownRow } from './import-row.ts';
import { holdsForAll, joinFailures, type Shortfall } from './many-failures.ts';
import { createOwnName } from './own-user.ts';
import { fitsIntoReport } from './report-size.ts';
import { readField } from './row.ts';
import { earlierAttemptMs } from './row-age.ts';
import { type StagingView, viewOwnRows } from './staging-lookup.ts';
import { type SentRow, sightRow } from './staging-match.ts';
import { chooseMarkColumn, describeStagingTable, findUnknownColumns, type StagingTable } from './staging-table.ts';
import { StagingTally } from './staging-tally.ts';
import type { Transport } from './transport.ts';

type Loaded = HandlerResult<'import-set.load'>;
type Imported = Result<'import-set.load'>;

/** Loads rows into a staging table, each exactly once, one after the other. */
export function createImportSetLoad(transport: Transport): Handler<'import-set.load'> {
  return async ({ stagingTable, rows }, context) => {
    const startedMs = context.clock.monotonicMs();
    const calls = openCalls(transport, context);
    const described = await describeStagingTable(calls, stagingTable);
    if (described.kind === 'failed') return failed(described.failure, false);
    const { table } = described;
    const unknown = findUnknownColumns(
      table,
      rows.flatMap((row) => Object.keys(row)),
    );
    if (unknown !== undefined) return failed(unknown, false);
    const sent = prepareRows(rows, table, context.correlationId);
    const columns = [
      ...new Set(sent.flatMap(({ values, mark }) => [...Object.keys(values), ...(mark ? [mark.column] : [])])),
    ];
    const tellOwnName = createOwnName(calls);
    const shared = { calls, table, columns, startedMs, tellOwnName };
    // Without a mark, a row of the same values that another task loaded just before cannot be told from one of ours later.
    const before = await viewOwnRows(calls, { table, columns, withinMs: () => earlierAttemptMs, tellOwnName });
    const tally = new StagingTally(before.kind === 'seen' ? before.rows : []);
    // Of a first attempt there is no earlier one: rows with the same values would be another task's. A mark is this task's.
    const isFirst = context.attempt === 1;
    const canLook = !isFirst || (before.kind === 'seen' && sent.some(({ mark }) => mark !== undefined));
    if (!context.lookFirst || !canLook)
      return loadAll({ ...shared, tally, untold: whyUntold(before) }, sent, undefined);

    switch (before.kind) {
      case 'failed': {
        const what = 'this was the look for rows that an earlier attempt may have loaded';
        return failed(extendMessage(before.failure, what), false);
      }
      case 'unreadable':
        return outcomeUnknown(
          `an earlier attempt may have loaded the rows, and they cannot be looked for: ${before.reason}`,
          howToCheck(table),
        );
      case 'seen': {
        const rows = isFirst ? before.rows.filter((row) => sent.some((each) => isMarkedAs(each, row))) : before.rows;
        const seen = { rows, doubt: isFirst ? undefined : before.doubt };
        return loadAll({ ...shared, tally, untold: undefined }, sent, seen);
      }
    }
  };
}

function whyUntold(before: StagingView): string | undefined {
  switch (before.kind) {
    case 'failed':
      return `which rows were there before could not be read: ${before.failure.message}`;
    case 'unreadable':
      return before.reason;
    case 'seen':
      return undefined;
  }
}

/** What was there before this attempt. */
interface Before {
  readonly rows: readonly Row[];
  readonly doubt: string | undefined;
}

function isMarkedAs({ mark }: SentRow, row: Row): boolean {
  return mark !== undefined && readField(row, mark.column).value === mark.text;
}

function prepareRows(
  rows: Params<'import-set.load'>['rows'],
  table: StagingTable,
  correlationId: string,
): readonly SentRow[] {
  const filled = new Set(rows.flatMap((row) => Object.keys(row)));
  const markOf = (index: number) => `${correlationId}.${index + 1}`;
  const column = chooseMarkColumn(table, filled, markOf(rows.length - 1).length);
  return rows.map((row, index) => ({
    values: Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
    mark: column === undefined ? undefined : { column, text: markOf(index) },
  }));
}

async function loadAll(load: Load, sent: readonly SentRow[], before: Before | undefined): Promise<Loaded> {
  const { context } = load.calls;
  const rows: Imported['rows'] = [];
  const shortfalls: Shortfall[] = [];
  const taken = new Set<string>();
  let sideEffect = false;
  let isOver = false;
  for (const [index, each] of sent.entries()) {
    const row = index + 1;
    const name = `row ${row}`;
    const stop = isOver ? undefined : findStop(context);
    if (isOver || stop !== undefined) {
      rows.push({ row, kind: 'not-tried', importSet: '', transforms: [], warnings: [] });
      shortfalls.push({ name, failure: stop?.failure });
      isOver = true;
      continue;
    }
    const end = (before && findEarlier(load, each, before, taken)) ?? (await loadRow(load, each));
    rows.push({ row, ...end.imported });
    sideEffect ||= end.sideEffect;
    if (end.failure === undefined) continue;
    shortfalls.push({ name, failure: end.failure });
    isOver = holdsForAll(end.failure) || holdsForTable.has(end.failure.code);
  }
  const found = rows.filter(({ kind }) => kind === 'found').length;
  if (before !== undefined)
    noteLine(context, `looked for the rows of an earlier attempt first: ${found} of ${sent.length} are there`);
  const ofLastMap = 'of a row that was found, only what its last transform map came to is known';
  const result = fitIntoReport({ rows, warnings: found === 0 ? [] : [ofLastMap] });
  if (shortfalls.length === 0) return { kind: 'succeeded', result, sideEffect };
  const ofAll = `${shortfalls.length} of ${sent.length} rows failed or were not tried`;
  const ended = failed(joinFailures(shortfalls, ofAll, result), sideEffect);
  return before === undefined ? ended : { ...ended, earlier: tellEarlier(before, rows) };
}

function tellEarlier({ rows: seen, doubt }: Before, rows: Imported['rows']): Earlier | undefined {
  if (seen.length === 0 && doubt === undefined) return 'none';
  return rows.some(({ kind }) => kind === 'not-tried') ? undefined : 'told';
}

/** However many transform maps there are, and whatever each says. */
function fitIntoReport(result: Imported): Imported {
  if (fitsIntoReport(result)) return result;
  const rows = result.rows.map((row) => ({ ...row, transforms: [], warnings: row.warnings.slice(0, 2) }));
  const warning = 'what the transform maps told is left out: together it is too large for a report';
  return { rows, warnings: [...result.warnings, warning] };
}

/** Whoever may not load one row may load none. */
const holdsForTable: ReadonlySet<string> = new Set(['servicenow-forbidden', 'servicenow-table-unknown']);

/** Takes a row for an earlier attempt's; undefined when it is surely not there. */
function findEarlier(load: Load, sent: SentRow, before: Before, taken: Set<string>): RowEnd | undefined {
  const accounted = { sysIds: taken, surely: 0, atMost: 0 };
  const sighting = believe(sightRow(sent, before.rows, load.table, accounted), before.doubt);
  switch (sighting.kind) {
    case 'found': {
      taken.add(readField(sighting.row, 'sys_id').value);
      return foundRow(load, sighting.row, [], false);
    }
    case 'unsure':
      return unknownRow(
        load,
        sent,
        `an earlier attempt may have loaded it, and that cannot be told: ${sighting.reason}`,
      );
    case 'absent':
      return undefined;
  }
}
