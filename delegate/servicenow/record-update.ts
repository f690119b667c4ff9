import { type Failure, failure } from '#protocol/failure.ts';
import type { Earlier } from '#protocol/task.ts';
import type { HandlerResult } from '../core/handler.ts';
import type { Refused, Row } from './answer.ts';
import { type Calls, findStop } from './calls.ts';
import type { FieldValues, ResolveFields } from './field-resolution.ts';
import { extendMessage, failed, noteLine, outcomeUnknown } from './handler-result.ts';
import { lookForJournalTexts } from './journal.ts';
import type { TellOwnName } from './own-user.ts';
import { readField, toTicket } from './row.ts';
import { earlierAttemptMs } from './row-age.ts';
import {
  describeDifference,
  findDifferences,
  holdsAll,
  journalFields,
  prepareFields,
  type SentFields,
  toNamedColumns,
} from './sent-fields.ts';
import { type Look, lookUntilSettled } from './settling.ts';
import { explainStateMove } from './state-move.ts';
import { getRecord, patchRecord } from './table-api.ts';
import type { Columns } from './table-metadata.ts';

export type Updated = HandlerResult<'ticket.update'>;

/** One record, and what it is to hold. */
export interface Update {
  readonly table: string;
  readonly sysId: string;
  readonly calls: Calls;
  readonly fields: SentFields;
  /** What the comparison of a reply goes by; absent when it is not known. */
  readonly columns: Columns | undefined;
  readonly tellOwnName: TellOwnName;
}

/** Turns what a caller gave into what is sent, before anything is written. */
export async function resolveSentFields(
  calls: Calls,
  resolve: ResolveFields,
  table: string,
  given: FieldValues,
): Promise<{ readonly kind: 'resolved'; readonly sent: SentFields; readonly columns: Columns | undefined } | Refused> {
  const resolved = await resolve(calls, table, given);
  if (resolved.kind === 'failed') return resolved;
  const { columns, names = {} } = resolved;
  const sent = prepareFields(resolved.fields, columns);
  return { kind: 'resolved', sent: { ...sent, warnings: [...resolved.warnings, ...sent.warnings], names }, columns };
}

/**
 * Updates one record, and looks at it first when an earlier attempt may have done it. Of a first attempt there is none: a
 * note with the same text would be another task's.
 */
export async function updateRecord(update: Update): Promise<Updated> {
  if (Object.keys(bodyOf(update.fields)).length === 0) return readInstead(update);
  const { lookFirst, attempt } = update.calls.context;
  return lookFirst && attempt > 1 ? updateAfterEarlierAttempt(update) : write(update);
}

function bodyOf({ plain, journals }: SentFields): Record<string, string> {
  return { ...plain, ...journals };
}

async function readInstead(update: Update): Promise<Updated> {
  const judged = await getRecord(update.calls, update.table, update.sysId);
  if (judged.kind === 'failed') return failed(judged.failure, false);
  return succeeded(update, judged.value, ['no field was left to send: nothing was written'], false);
}

/** An earlier attempt may have written all of it, but not a part: one PATCH is one transaction. */
async function updateAfterEarlierAttempt(update: Update): Promise<Updated> {
  const { calls, fields, sysId, table } = update;
  const { context } = calls;
  const judged = await getRecord(calls, table, sysId);
  if (judged.kind === 'failed') {
    return failed(extendMessage(judged.failure, 'this was the look for what an earlier attempt may have done'), false);
  }
  // What cannot be compared is written again: a plain value twice is a plain value.
  const holds = holdsAll(fields.plain, judged.value, update.columns) === 'holds';
  if (Object.keys(fields.journals).length === 0) {
    if (!holds) return afterLook('told', await write(update));
    noteLine(context, 'looked at the ticket first: it holds every field already; nothing was written');
    return succeeded(update, judged.value, [], false);
  }
  const seen = await lookForJournalTexts(calls, {
    sysId,
    texts: fields.journals,
    withinMs: () => earlierAttemptMs,
    tellOwnName: update.tellOwnName,
  });
  switch (seen.kind) {
    case 'all': {
      const text = `${Object.keys(fields.journals).join(' and ')} with the same text was found, written by this user in the last day: taken for an earlier attempt's and not written again`;
      noteLine(context, text);
      const rest = { ...update, fields: { ...fields, journals: {}, warnings: [...fields.warnings, text] } };
      return holds ? succeeded(rest, judged.value, [], false) : afterLook('told', await write(rest));
    }
    case 'missing': {
      const missing = Object.entries(fields.journals).filter(([field]) => seen.missing.includes(field));
      noteLine(context, `looked for ${seen.missing.join(' and ')} of an earlier attempt first: not there`);
      // One PATCH is one transaction: without its note, an earlier attempt has written nothing.
      const found = missing.length === Object.keys(fields.journals).length ? 'none' : 'told';
      return afterLook(found, await write({ ...update, fields: { ...fields, journals: Object.fromEntries(missing) } }));
    }
    case 'unreadable':
      return outcomeUnknown(
        `an earlier attempt may have written ${Object.keys(fields.journals).join(' and ')}, and it cannot be looked for: ${seen.reason}`,
        howToCheck(update),
      );
    case 'failed':
      return failed(
        extendMessage(seen.failure, 'this was the look for a note that an earlier attempt may have written'),
        false,
      );
  }
}

function afterLook(earlier: Earlier, updated: Updated): Updated {
  return updated.kind === 'failed' ? { ...updated, earlier } : updated;
}

async function write(update: Update): Promise<Updated> {
  const { calls, fields, sysId, table } = update;
  const { context } = calls;
  const startedMs = context.clock.monotonicMs();
  const looks: Look<Seen>[] = [];
  const isMissing = async (): Promise<boolean> => {
    const look = await lookAgain(update, startedMs);
    looks.push(look);
    return look.kind === 'not-yet';
  };
  const mayRepeat = Object.keys(fields.journals).length === 0 ? undefined : isMissing;
  const { judged, settledAtMs } = await patchRecord(calls, table, sysId, bodyOf(fields), mayRepeat);
  if (judged.kind === 'ok') return conclude(update, await readBack(update, judged.value));
  // A refusal of a PATCH rolls it back; only inserts have been seen to survive one (trap 7).
  const isThere = looks.some(({ kind }) => kind === 'conclusive');
  if (judged.landed !== 'maybe' && !isThere) return failed(await explainRefusal(update, judged.failure), false);

  const lost = judged.failure;
  noteLine(context, `${lost.message}; looking at the ticket again`);
  const settled = await lookUntilSettled(context, settledAtMs, () => lookAgain(update, startedMs));
  if (settled.kind === 'unknown') return unknownUpdate(update, lost, settled.reason);
  if (settled.kind === 'interrupted')
    return failed(extendMessage(settled.failure, `the ticket may have been updated: ${lost.message}`), true);
  const { row, verdict } = settled.value;
  switch (verdict) {
    case 'applied': {
      const text = `the update ended with "${lost.message}", and the ticket shows that it was carried out`;
      noteLine(context, text);
      return conclude(update, { row, warnings: [text] });
    }
    case 'not-applied': {
      const without = extendMessage(lost, 'looked at the ticket afterwards: it does not hold what was sent');
      // Without a journal to prove it, ServiceNow may have applied some fields and ignored others.
      return failed(without, Object.keys(fields.journals).length === 0);
    }
    case 'unreadable':
      return unknownUpdate(update, lost, settled.value.reason);
  }
}

interface Seen {
  readonly row: Row;
  readonly verdict: 'applied' | 'not-applied' | 'unreadable';
  readonly reason: string;
}

async function lookAgain(update: Update, startedMs: number): Promise<Look<Seen>> {
  const { calls, fields, sysId, table } = update;
  const judged = await getRecord(calls, table, sysId);
  if (judged.kind === 'failed') return judged;
  const row = judged.value;
  if (Object.keys(fields.journals).length === 0) {
    switch (holdsAll(fields.plain, row, update.columns)) {
      case 'holds':
        return { kind: 'conclusive', value: { row, verdict: 'applied', reason: '' } };
      case 'differs':
        return { kind: 'not-yet', value: { row, verdict: 'not-applied', reason: '' } };
      case 'unknown':
        return {
          kind: 'conclusive',
          value: { row, verdict: 'unreadable', reason: 'a field of it is never given back' },
        };
    }
  }
  const journal = await lookForJournalTexts(calls, {
    sysId,
    texts: fields.journals,
    withinMs: () => calls.context.clock.monotonicMs() - startedMs,
    tellOwnName: update.tellOwnName,
  });
  switch (journal.kind) {
    case 'all':
      return { kind: 'conclusive', value: { row, verdict: 'applied', reason: '' } };
    case 'missing':
      return { kind: 'not-yet', value: { row, verdict: 'not-applied', reason: '' } };
    case 'unreadable':
      return { kind: 'conclusive', value: { row, verdict: 'unreadable', reason: journal.reason } };
    case 'failed':
      return journal;
  }
}

interface ReadBack {
  readonly row: Row;
  readonly warnings: readonly string[];
}

/** Reads what the answer to the write only says: rules that run after it may have changed a value back (trap 24). */
async function readBack({ calls, fields, sysId, table }: Update, answered: Row): Promise<ReadBack> {
  if (Object.keys(fields.plain).length === 0 || findStop(calls.context) !== undefined)
    return { row: answered, warnings: [] };
  const judged = await getRecord(calls, table, sysId);
  if (judged.kind === 'ok') return { row: judged.value, warnings: [] };
  return { row: answered, warnings: [`the ticket could not be read after the update: ${judged.failure.message}`] };
}

/** Compares what a record holds with what was sent: ServiceNow answers success and ignores fields (traps 24 and 27). */
async function conclude(update: Update, { row, warnings }: ReadBack): Promise<Updated> {
  const ignored = findDifferences(update.fields.plain, row, update.columns);
  if (ignored.length === 0) return succeeded(update, row, warnings, true);
  const names = ignored.map(({ field }) => field).join(', ');
  const found = failure(
    'field-ignored',
    `ServiceNow answered success and did not apply ${names} (${ignored.map(describeDifference).join('; ')})`,
    'Check that each column exists, that the user may write it, that the value is one that the column takes, and that no business rule changes it back. Other fields of this update were applied.',
  );
  const isStateIgnored = ignored.some(({ field }) => field === 'state');
  return failed(isStateIgnored ? await explainStateMove(update, found, row) : found, true);
}

/** A business rule that aborts an update does not say which states are legal (trap 25). */
async function explainRefusal(update: Update, refusal: Failure): Promise<Failure> {
  return refusal.code === 'servicenow-aborted' ? explainStateMove(update, refusal) : refusal;
}

function succeeded(update: Update, row: Row, warnings: readonly string[], sideEffect: boolean): Updated {
  // It is known which record this is, though the answer may leave it out.
  const known = readField(row, 'sys_id').value === '' ? { ...row, sys_id: update.sysId } : row;
  const ticket = toTicket(known, update.table, update.calls.context.target.baseUrl, journalFields);
  const all = [...update.fields.warnings, ...warnings];
  return { kind: 'succeeded', result: { ticket, ...toNamedColumns(update.fields), warnings: all }, sideEffect };
}

function unknownUpdate(update: Update, lost: Failure, reason: string): Updated {
  return outcomeUnknown(
    `the ticket may or may not have been updated: ${lost.message}; looking at it did not tell: ${reason}`,
    howToCheck(update),
  );
}

function howToCheck({ fields, sysId, table }: Update): string {
  const names = Object.keys(bodyOf(fields)).join(', ');
  return `Open the record ${sysId} of table ${table} and see whether it holds what was sent (${names}); submit again what is missing. If the integration user may read sys_journal_field, Ticketgate can tell by itself.`;
}
