import { type Failure, failure } from '#protocol/failure.ts';
import type { Params } from '#protocol/task-types.ts';
import type { Handler, HandlerResult, TaskContext } from '../core/handler.ts';
import type { Refused, Row } from './answer.ts';
import { type Calls, openCalls } from './calls.ts';
import { lookUpCorrelation, type Sighting } from './correlation-lookup.ts';
import { type CreatePlan, planCreation } from './create-plan.ts';
import type { ResolveFields } from './field-resolution.ts';
import { extendMessage, failed, noteLine, outcomeUnknown } from './handler-result.ts';
import { readField, toTicket } from './row.ts';
import { describeDifference, findDifferences, journalFields, toNamedColumns } from './sent-fields.ts';
import { lookUntilSettled } from './settling.ts';
import type { Transport } from './transport.ts';

type Created = HandlerResult<'ticket.create'>;

/** Creates exactly one ticket, marked with the task's correlation id, by which it is looked for when an answer is lost. */
export function createTicketCreate(transport: Transport, resolveFields: ResolveFields): Handler<'ticket.create'> {
  return async (params, context) => {
    const { correlationId } = context;
    const { table } = params;
    const search: Search = { table, calls: openCalls(transport, context), context };
    if (context.lookFirst) {
      const sighting = await lookUpCorrelation(search.calls, table, correlationId);
      if (sighting.kind === 'found')
        return foundEarlier(search, sighting.rows, await planCreation(search.calls, params, resolveFields));
      const stop = concludeLookFirst(search, sighting);
      if (stop !== undefined) return stop;
    }
    const ended = await createAnew(search, params, resolveFields);
    return ended.kind === 'failed' && context.lookFirst ? { ...ended, earlier: 'none' } : ended;
  };
}

async function createAnew(
  search: Search,
  params: Params<'ticket.create'>,
  resolveFields: ResolveFields,
): Promise<Created> {
  const { table } = search;
  const { correlationId } = search.context;
  const plan = await planCreation(search.calls, params, resolveFields);
  if (plan.kind === 'failed') return failed(plan.failure, false);
  const creation: Creation = { ...search, plan };
  const body = {
    ...plan.fields.plain,
    ...plan.fields.journals,
    correlation_id: correlationId,
    correlation_display: 'Ticketgate',
  };
  const isAbsent = async () => (await lookUpCorrelation(search.calls, search.table, correlationId)).kind === 'absent';
  const { judged, settledAtMs } = await plan.post(body, isAbsent);
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
}

/** What one looks for a ticket by. */
interface Search {
  readonly table: string;
  readonly calls: Calls;
  readonly context: TaskContext;
}

interface Creation extends Search {
  readonly plan: CreatePlan;
}

function noSysId(table: string): Refused {
  const found = failure(
    'servicenow-undecodable',
    `POST table ${table} answered success with a record that has no sys_id`,
    'Let the integration user read the records that it creates.',
  );
  return { kind: 'failed', failure: found, landed: 'maybe', status: 201 };
}

function concludeLookFirst(
  { context, table }: Search,
  sighting: Exclude<Sighting, { kind: 'found' }>,
): Created | undefined {
  switch (sighting.kind) {
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
      if (saysCreated(lost, creation.plan)) {
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

/** A 200 may also be a page of something in between; its broken JSON is ServiceNow's. */
function saysCreated({ failure: { code }, status }: Refused, { createdStatus }: CreatePlan): boolean {
  return status === 201 || (status === createdStatus && code === 'servicenow-undecodable');
}

function foundAfterLoss(creation: Creation, rows: readonly [Row, ...Row[]], lost: Failure): Created {
  const { context } = creation;
  const text = `the create request ended with "${lost.message}", and the ticket was there all the same: found ${name(rows[0])} by correlation id ${context.correlationId}`;
  noteLine(context, text);
  return created(creation, rows[0], [text, ...describeDuplicates(creation, rows)]);
}

/** Nothing is written to a ticket that is there already: what it does not hold of what was asked is told. */
function foundEarlier(search: Search, rows: readonly [Row, ...Row[]], plan: CreatePlan | Refused): Created {
  const { context, table } = search;
  noteLine(context, `looked for correlation id ${context.correlationId} first: found ${name(rows[0])}`);
  const ticket = toTicket(rows[0], table, context.target.baseUrl, leftOut);
  const warnings = [...describeDuplicates(search, rows), ...compareEarlier(rows[0], plan)];
  return { kind: 'succeeded', result: { ticket, created: false, warnings }, sideEffect: false };
}

function compareEarlier(row: Row, plan: CreatePlan | Refused): readonly string[] {
  if (plan.kind === 'failed') return [`${name(row)} was not compared with what was asked: ${plan.failure.message}`];
  return findDifferences(plan.fields.plain, row, plan.columns).map(
    (each) => `${name(row)} was created earlier, with other values: ${describeDifference(each)}`,
  );
}

function describeDuplicates({ context }: Search, rows: readonly [Row, ...Row[]]): string[] {
  if (rows.length === 1) return [];
  return [
    `several records carry correlation id ${context.correlationId}: ${rows.map(name).join(', ')}; the oldest, ${name(rows[0])}, was taken: close the others`,
  ];
}

/** The Change API adds what it says that it ignored, which may be wrong (trap 50). */
const leftOut: ReadonlySet<string> = new Set([...journalFields, '__meta']);

/** The ticket exists: what ServiceNow did not apply can only be a warning, since a failure would hide the ticket. */
function created({ context, plan, table }: Creation, row: Row, warnings: readonly string[]): Created {
  const { columns, fields } = plan;
  const ignored = findDifferences(fields.plain, row, columns).map((each) => `not applied: ${describeDifference(each)}`);
  const marked = readField(row, 'correlation_id').value === context.correlationId;
  const unmarked = `table ${table} did not keep the correlation id: had the answer been lost, the ticket could not have been looked for`;
  const all = [...fields.warnings, ...warnings, ...ignored, ...(marked ? [] : [unmarked])];
  const ticket = toTicket(row, table, context.target.baseUrl, leftOut);
  return {
    kind: 'succeeded',
    result: { ticket, created: true, ...toNamedColumns(fields), warnings: all },
    sideEffect: true,
  };
}

function unknownCreation({ context, table }: Search, lost: Failure, reason: string): Created {
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
