import { type Failure, failure } from '#protocol/failure.ts';
import type { Handler, HandlerResult, TaskContext } from '../core/handler.ts';
import type { Refused, Row } from './answer.ts';
import { type Calls, openCalls } from './calls.ts';
import { lookUpCorrelation, type Sighting } from './correlation-lookup.ts';
import { extendMessage, failed, noteLine, outcomeUnknown } from './handler-result.ts';
import { readField, toTicket } from './row.ts';
import { describeDifference, findDifferences, journalFields, prepareFields, type SentFields } from './sent-fields.ts';
import { lookUntilSettled } from './settling.ts';
import { postRecord } from './table-api.ts';
import type { Transport } from './transport.ts';

type Created = HandlerResult<'ticket.create'>;

/** Creates exactly one ticket, marked with the task's correlation id, by which it is looked for when an answer is lost. */
export function createTicketCreate(transport: Transport): Handler<'ticket.create'> {
  return async ({ table, fields }, context) => {
    const { correlationId } = context;
    const creation: Creation = {
      table,
      calls: openCalls(transport, context),
      context,
      fields: prepareFields(withoutOwn(fields)),
      ownWarnings: ownFields
        .filter((field) => Object.hasOwn(fields, field))
        .map((field) => `field ${field} is Ticketgate's own and was not sent as given`),
    };
    if (context.lookFirst) {
      const earlier = concludeLookFirst(creation, await lookUpCorrelation(creation.calls, table, correlationId));
      if (earlier !== undefined) return earlier;
    }
    const { judged, settledAtMs } = await postRecord(creation.calls, table, {
      ...creation.fields.plain,
      ...creation.fields.journals,
      correlation_id: correlationId,
      correlation_display: 'Ticketgate',
    });
    if (judged.kind === 'ok' && readField(judged.value, 'sys_id').value !== '')
      return created(creation, judged.value, []);

    const lost = judged.kind === 'ok' ? noSysId(table) : judged;
    switch (lost.landed) {
      case 'no':
        return failed(lost.failure, false);
      case 'unlikely':
        return lookOnce(creation, lost.failure);
      case 'maybe':
        return lookUntilKnown(creation, lost, settledAtMs);
    }
  };
}

interface Creation {
  readonly table: string;
  readonly calls: Calls;
  readonly context: TaskContext;
  readonly fields: SentFields;
  readonly ownWarnings: readonly string[];
}

const ownFields = ['correlation_id', 'correlation_display'];

function withoutOwn<T>(fields: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(fields).filter(([field]) => !ownFields.includes(field)));
}

function noSysId(table: string): Refused {
  const found = failure(
    'servicenow-undecodable',
    `POST table ${table} answered success with a record that has no sys_id`,
    'Let the integration user read the records that it creates.',
  );
  return { kind: 'failed', failure: found, landed: 'maybe', status: 201 };
}

function concludeLookFirst(creation: Creation, sighting: Sighting): Created | undefined {
  const { context, table } = creation;
  switch (sighting.kind) {
    case 'found':
      noteLine(context, `looked for correlation id ${context.correlationId} first: found ${name(sighting.rows[0])}`);
      return found(creation, sighting.rows, false, []);
    case 'absent':
      noteLine(context, `looked for correlation id ${context.correlationId} first: not there`);
      return undefined;
    case 'unsure':
      return outcomeUnknown(
        `an earlier attempt may have created the ticket, and it cannot be looked for: ${sighting.reason}`,
        howToCheck(table, context.correlationId),
      );
    case 'failed':
      return failed(
        extendMessage(
          sighting.failure,
          `this was the look for what an earlier attempt may have created (correlation id ${context.correlationId})`,
        ),
        false,
      );
  }
}

/** A refusal that has been seen beside a committed record (trap 7), or a log-in page: one look settles it. */
async function lookOnce(creation: Creation, refusal: Failure): Promise<Created> {
  const { calls, context, table } = creation;
  const sighting = await lookUpCorrelation(calls, table, context.correlationId);
  switch (sighting.kind) {
    case 'found':
      return foundAfterLoss(creation, sighting.rows, refusal);
    case 'absent':
      return failed(refusal, false);
    case 'unsure':
      return failed(extendMessage(refusal, `whether a record was created all the same: ${sighting.reason}`), true);
    case 'failed':
      // A user who may neither write nor read gets the same refusal twice; its remedy is the one that helps.
      return sighting.failure.code === refusal.code || sighting.failure.code === 'servicenow-forbidden'
        ? failed(extendMessage(refusal, `looking for a record was refused as well: ${sighting.failure.message}`), true)
        : unknownCreation(creation, refusal, sighting.failure.message);
  }
}

/** The request may have been carried out: *found* is conclusive at any time, *not found* only when it is settled. */
async function lookUntilKnown(creation: Creation, lost: Refused, settledAtMs: number): Promise<Created> {
  const { calls, context, table } = creation;
  noteLine(context, `${lost.failure.message}; looking for correlation id ${context.correlationId}`);
  const settled = await lookUntilSettled<Exclude<Sighting, Refused>>(context, settledAtMs, async () => {
    const sighting = await lookUpCorrelation(calls, table, context.correlationId);
    switch (sighting.kind) {
      case 'found':
        return { kind: 'conclusive', value: sighting };
      case 'absent':
      case 'unsure':
        return { kind: 'not-yet', value: sighting };
      case 'failed':
        return sighting;
    }
  });
  if (settled.kind === 'unknown') return unknownCreation(creation, lost.failure, settled.reason);
  if (settled.kind === 'interrupted')
    return failed(extendMessage(settled.failure, `the ticket may have been created: ${lost.failure.message}`), true);
  switch (settled.value.kind) {
    case 'found':
      return foundAfterLoss(creation, settled.value.rows, lost.failure);
    case 'unsure':
      return unknownCreation(creation, lost.failure, settled.value.reason);
    case 'absent':
      if (lost.status === 201) {
        return unknownCreation(
          creation,
          lost.failure,
          'ServiceNow said that it created a record, and none is to be found',
        );
      }
      noteLine(context, `correlation id ${context.correlationId} is not there: nothing was created`);
      return failed(extendMessage(lost.failure, 'looked for the ticket afterwards: it was not created'), false);
  }
}

function foundAfterLoss(creation: Creation, rows: readonly [Row, ...Row[]], lost: Failure): Created {
  const { context } = creation;
  const text = `the create request ended with "${lost.message}", and the ticket was there all the same: found ${name(rows[0])} by correlation id ${context.correlationId}`;
  noteLine(context, text);
  return found(creation, rows, true, [text]);
}

function found(
  creation: Creation,
  rows: readonly [Row, ...Row[]],
  byThisAttempt: boolean,
  warnings: readonly string[],
): Created {
  const [oldest, ...later] = rows;
  const duplicates =
    later.length === 0
      ? []
      : [
          `several records carry correlation id ${creation.context.correlationId}: ${rows.map(name).join(', ')}; the oldest, ${name(oldest)}, was taken: close the others`,
        ];
  if (byThisAttempt) return created(creation, oldest, [...warnings, ...duplicates]);
  const ticket = toTicket(oldest, creation.table, creation.context.target.baseUrl, journalFields);
  return { kind: 'succeeded', result: { ticket, created: false, warnings: duplicates }, sideEffect: false };
}

/** The ticket exists: what ServiceNow did not apply can only be a warning, since a failure would hide the ticket. */
function created(creation: Creation, row: Row, warnings: readonly string[]): Created {
  const { context, fields, ownWarnings, table } = creation;
  const ignored = findDifferences(fields.plain, row).map((each) => `not applied: ${describeDifference(each)}`);
  const marked = readField(row, 'correlation_id').value === context.correlationId;
  const unmarked = `table ${table} did not keep the correlation id: had the answer been lost, the ticket could not have been looked for`;
  const all = [...fields.warnings, ...ownWarnings, ...warnings, ...ignored, ...(marked ? [] : [unmarked])];
  const ticket = toTicket(row, table, context.target.baseUrl, journalFields);
  return { kind: 'succeeded', result: { ticket, created: true, warnings: all }, sideEffect: true };
}

function unknownCreation({ context, table }: Creation, lost: Failure, reason: string): Created {
  return outcomeUnknown(
    `the ticket may or may not have been created: ${lost.message}; looking for it did not tell: ${reason}`,
    howToCheck(table, context.correlationId),
  );
}

function howToCheck(table: string, correlationId: string): string {
  return `Look in table ${table} for correlation_id=${correlationId}. If there is a ticket, use it; if there is none, submit again. The integration user must be able to read the table and its column correlation_id.`;
}

function name(row: Row): string {
  const number = readField(row, 'number').value;
  return number === '' ? readField(row, 'sys_id').value : number;
}
