import { type Failure, failure } from '#protocol/failure.ts';
import { type ImportedRow, longestText, type TransformOutcome } from '#protocol/import-set.ts';
import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { extendMessage, noteLine } from './handler-result.ts';
import {
  describeFailed,
  type ImportAnswer,
  judgeTransforms,
  readImportAnswer,
  readStagingRow,
  warnOfStatuses,
} from './import-answer.ts';
import { postRow } from './import-set-api.ts';
import type { TellOwnName } from './own-user.ts';
import { boundText } from './report-size.ts';
import { lookUntilSettled } from './settling.ts';
import { viewOwnRows } from './staging-lookup.ts';
import { type RowSighting, type SentRow, sightRow } from './staging-match.ts';
import type { StagingTable } from './staging-table.ts';
import type { StagingTally } from './staging-tally.ts';

/** What rows of one task share. */
export interface Load {
  readonly calls: Calls;
  readonly table: StagingTable;
  /** Which columns tell a row, its mark's included. */
  readonly columns: readonly string[];
  readonly startedMs: number;
  readonly tally: StagingTally;
  /** Why it is not known which rows were there before; then none can be told by looking. */
  readonly untold: string | undefined;
  readonly tellOwnName: TellOwnName;
}

/** How one row ended: well, unless there is a failure. */
export interface RowEnd {
  readonly imported: Omit<ImportedRow, 'row'>;
  readonly failure: Failure | undefined;
  readonly sideEffect: boolean;
}

/** Loads one row, and looks for it in the staging table when its answer is lost or says nothing. */
export async function loadRow(load: Load, sent: SentRow): Promise<RowEnd> {
  const { calls, table, tally } = load;
  const { mark } = sent;
  const body = mark === undefined ? sent.values : { ...sent.values, [mark.column]: mark.text };
  const { judged, settledAtMs } = await postRow(calls, table.name, body);
  if (judged.kind === 'failed') {
    switch (judged.landed) {
      case 'no':
        return failedRow(judged.failure, false);
      case 'unlikely':
        return lookOnce(load, sent, judged.failure);
      case 'maybe':
        return lookUntilKnown(load, sent, judged, settledAtMs);
    }
  }
  const answer = readImportAnswer(judged.value, calls.context.target);
  switch (answer.kind) {
    case 'told':
      tally.loaded(sent);
      return concludeRow('loaded', answer, [], true);
    case 'silent':
      return readInstead(load, sent);
    case 'odd':
      return lookUntilKnown(load, sent, oddAnswer(table, answer.reason), settledAtMs);
  }
}

/** Ends a row that is in the staging table already. */
export function foundRow(load: Load, row: Row, warnings: readonly string[], sideEffect: boolean): RowEnd {
  load.tally.found(row);
  return concludeRow('found', readStagingRow(row, load.calls.context.target), warnings, sideEffect);
}

/** Ends a row of which it is not known whether it was loaded. */
export function unknownRow(load: Load, sent: SentRow, because: string): RowEnd {
  load.tally.perhapsLoaded(sent);
  const message = `the row may or may not have been loaded: ${because}`;
  return failedRow(failure('outcome-unknown', message, howToCheck(load.table, sent)), true);
}

export function howToCheck(table: StagingTable, sent?: SentRow): string {
  const mark = sent?.mark === undefined ? 'the rows of the integration user' : `${sent.mark.column}=${sent.mark.text}`;
  return `Look in table ${table.name} for ${mark}, and submit again what is missing. If the integration user may read the staging table (the role import_transformer, or a read ACL), Ticketgate can tell by itself.`;
}

function concludeRow(
  kind: 'loaded' | 'found',
  { importSet, transforms }: Extract<ImportAnswer, { kind: 'told' }>,
  warnings: readonly string[],
  sideEffect: boolean,
): RowEnd {
  const allWarnings = [...warnings, ...warnOfStatuses(transforms)].map((each) => boundText(each, longestText));
  const told = { importSet, transforms: [...transforms], warnings: allWarnings };
  switch (judgeTransforms(transforms)) {
    case 'loaded':
      return { imported: { ...told, kind }, failure: undefined, sideEffect };
    case 'failed':
      return { imported: { ...told, kind: 'failed' }, failure: transformFailure(transforms), sideEffect };
    case 'pending': {
      const message = 'the row is in the staging table, and what its transform came to is not told';
      const found = failure('outcome-unknown', message, pendingRemedy);
      return { imported: { ...told, kind }, failure: found, sideEffect };
    }
  }
}

const pendingRemedy =
  'Look at the row in its import set: whether it was transformed, and whether the integration user may read the columns sys_import_state and sys_target_sys_id.';

function transformFailure(transforms: readonly TransformOutcome[]): Failure {
  const remedy =
    transforms.length === 0
      ? 'Define a transform map for the staging table (System Import Sets, Transform Maps) and see that it is active; the row itself is in the staging table.'
      : 'Correct the row, or the transform map that refuses it, and submit it again; the other rows need not be repeated.';
  return failure('import-row-failed', describeFailed(transforms), remedy);
}

function failedRow(found: Failure, sideEffect: boolean): RowEnd {
  return {
    imported: { kind: 'failed', importSet: '', transforms: [], warnings: [boundText(found.message, longestText)] },
    failure: found,
    sideEffect,
  };
}

function oddAnswer({ name }: StagingTable, reason: string): Refused {
  const found = failure(
    'servicenow-undecodable',
    `POST import into ${name} answered success, and ${reason}`,
    'See in the staging table what became of the row.',
  );
  return { kind: 'failed', failure: found, landed: 'maybe', status: 201 };
}

/** The row was taken, and rights hide what came of it (trap 47): the staging table may be readable all the same. */
async function readInstead(load: Load, sent: SentRow): Promise<RowEnd> {
  const seen = await lookFor(load, sent);
  if (seen.kind === 'found') {
    load.tally.found(seen.row);
    const warning = 'the answer was empty, so the outcome was read from the staging table';
    return concludeRow('loaded', readStagingRow(seen.row, load.calls.context.target), [warning], true);
  }
  load.tally.loaded(sent);
  const why = seen.kind === 'failed' ? seen.failure.message : seen.kind === 'unsure' ? seen.reason : 'it is not shown';
  const warning = `ServiceNow took the row and answered nothing, which it does when the user may not read the target record; nor did the staging table tell what came of the row: ${why}`;
  const remedy = `Let the integration user read the target table of the transform map, or the staging table ${load.table.name} (the role import_transformer). The row was loaded: see in its import set what came of it before you load it again.`;
  return {
    imported: { kind: 'loaded', importSet: '', transforms: [], warnings: [boundText(warning, longestText)] },
    failure: failure('outcome-unknown', warning, remedy),
    sideEffect: true,
  };
}

/** A refusal that has been seen beside a committed record (trap 7), or a log-in page: one look settles it. */
async function lookOnce(load: Load, sent: SentRow, refusal: Failure): Promise<RowEnd> {
  const seen = await lookFor(load, sent);
  switch (seen.kind) {
    case 'found':
      return foundAfterLoss(load, seen.row, refusal);
    case 'absent':
      return failedRow(refusal, false);
    case 'unsure':
      load.tally.perhapsLoaded(sent);
      return failedRow(extendMessage(refusal, `whether the row was loaded all the same: ${seen.reason}`), true);
    case 'failed':
      if (seen.failure.code !== refusal.code)
        return unknownRow(load, sent, `${refusal.message}; looking for it did not tell: ${seen.failure.message}`);
      load.tally.perhapsLoaded(sent);
      return failedRow(extendMessage(refusal, 'looking for the row was refused as well'), true);
  }
}

/** The request may have been carried out: *found* is conclusive when it is transformed, *not found* when it is settled. */
async function lookUntilKnown(load: Load, sent: SentRow, lost: Refused, settledAtMs: number): Promise<RowEnd> {
  const { context } = load.calls;
  noteLine(context, `${lost.failure.message}; looking for the row in ${load.table.name}`);
  const settled = await lookUntilSettled<RowSighting>(context, settledAtMs, async () => {
    const seen = await lookFor(load, sent);
    if (seen.kind === 'failed') return seen;
    const isDone = seen.kind === 'found' && !isPending(load, seen.row);
    return isDone ? { kind: 'conclusive', value: seen } : { kind: 'not-yet', value: seen };
  });
  const { message } = lost.failure;
  if (settled.kind === 'unknown')
    return unknownRow(load, sent, `${message}; looking for it did not tell: ${settled.reason}`);
  if (settled.kind === 'interrupted') {
    load.tally.perhapsLoaded(sent);
    return failedRow(extendMessage(settled.failure, `the row may have been loaded: ${message}`), true);
  }
  const seen = settled.value;
  switch (seen.kind) {
    case 'found':
      return foundAfterLoss(load, seen.row, lost.failure);
    case 'unsure':
      return unknownRow(load, sent, `${message}; looking for it did not tell: ${seen.reason}`);
    case 'absent':
      if (lost.status === 201)
        return unknownRow(load, sent, `${message}; ServiceNow said that it took the row, and it is not to be found`);
      noteLine(context, 'the row is not there: nothing was loaded');
      return failedRow(extendMessage(lost.failure, 'looked for the row afterwards: it was not loaded'), false);
  }
}

function foundAfterLoss(load: Load, row: Row, lost: Failure): RowEnd {
  const text = `the request ended with "${lost.message}", and the row was in the staging table all the same`;
  noteLine(load.calls.context, text);
  return foundRow(load, row, [text], true);
}

function isPending({ calls }: Load, row: Row): boolean {
  return judgeTransforms(readStagingRow(row, calls.context.target).transforms) === 'pending';
}

async function lookFor({ calls, table, columns, startedMs, tally, untold, tellOwnName }: Load, sent: SentRow) {
  if (untold !== undefined) return { kind: 'unsure', reason: untold } satisfies RowSighting;
  const withinMs = () => calls.context.clock.monotonicMs() - startedMs;
  const view = await viewOwnRows(calls, { table, columns, withinMs, tellOwnName });
  switch (view.kind) {
    case 'failed':
      return view;
    case 'unreadable':
      return { kind: 'unsure', reason: view.reason } satisfies RowSighting;
    case 'seen':
      return believe(sightRow(sent, view.rows, table, tally.accounted(sent)), view.doubt);
  }
}

/** That a row is not there counts only when nothing is hidden. */
export function believe(sighting: RowSighting, doubt: string | undefined): RowSighting {
  return sighting.kind === 'absent' && doubt !== undefined ? { kind: 'unsure', reason: doubt } : sighting;
}
