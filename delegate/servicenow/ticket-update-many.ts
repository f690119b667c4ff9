import { type Failure, failure } from '#protocol/failure.ts';
import type { Params, Result } from '#protocol/task-types.ts';
import type { Handler, HandlerResult } from '../core/handler.ts';
import { findStop, openCalls } from './calls.ts';
import { type ChangeTasks, isNamed, listChangeTasks, typeField } from './change-tasks.ts';
import { describeChoices } from './choice-text.ts';
import type { ResolveFields } from './field-resolution.ts';
import { findTicketByNumber } from './find-ticket.ts';
import { failed } from './handler-result.ts';
import { holdsForAll, joinFailures } from './many-failures.ts';
import { createOwnName } from './own-user.ts';
import { cleanText } from './page.ts';
import { resolveSentFields, type Updated, updateRecord } from './record-update.ts';
import { boundText, fitsIntoReport } from './report-size.ts';
import { linkTo } from './row.ts';
import type { Columns } from './table-metadata.ts';
import type { Transport } from './transport.ts';

type UpdatedMany = HandlerResult<'ticket.update-many'>;
type UpdatedOne = Result<'ticket.update-many'>['changeTasks'][number];

const table = 'change_task';
/** What each came to must fit into one report. */
const mostTasks = 1_000;

/** Updates the change tasks of a change one after the other, each with the care of a single update. */
export function createTicketUpdateMany(transport: Transport, resolve: ResolveFields): Handler<'ticket.update-many'> {
  return async (params, context) => {
    const calls = openCalls(transport, context);
    const change = await findTicketByNumber(calls, 'change_request', params.changeRequest);
    if (change.kind === 'failed') return failed(change.failure, false);
    const fields = await resolveSentFields(calls, resolve, table, params.fields);
    if (fields.kind === 'failed') return failed(fields.failure, false);
    const { sent, columns } = fields;
    const listed = await listChangeTasks(calls, change.sysId, params.changeTaskType);
    if (listed.kind === 'failed') return failed(listed.failure, false);
    if (listed.tasks.length === 0 && listed.hidden !== 0) return failed(noneShown(params, listed.hidden), false);
    const unknownType = listed.tasks.length === 0 ? findUnknownType(params.changeTaskType, columns) : undefined;
    if (unknownType !== undefined) return failed(unknownType, false);
    if (listed.tasks.length > mostTasks) return failed(tooMany(params, listed.tasks.length), false);

    const tellOwnName = createOwnName(calls);
    const changeTasks: UpdatedOne[] = [];
    let sideEffect = false;
    let isKnown = context.lookFirst;
    let isOver = false;
    for (const task of listed.tasks) {
      const identity = {
        number: task.number,
        sysId: task.sysId,
        link: linkTo(context.target.baseUrl, table, task.sysId),
      };
      const stop = isOver ? undefined : findStop(context);
      if (isOver || stop !== undefined) {
        changeTasks.push({ ...identity, kind: 'not-tried', ...(stop && { failure: stop.failure }), warnings: [] });
        isOver = true;
        isKnown = false;
        continue;
      }
      const updated = await updateRecord({ table, sysId: task.sysId, calls, fields: sent, columns, tellOwnName });
      sideEffect ||= updated.sideEffect;
      isKnown &&= updated.kind === 'succeeded' || updated.earlier !== undefined;
      isOver = updated.kind === 'failed' && holdsForAll(updated.failure);
      changeTasks.push({ ...identity, ...describe(updated) });
    }
    const warnings = tellOfOthers(params, listed);
    const ended = conclude(fitIntoReport({ changeTasks, warnings }), sideEffect);
    return ended.kind === 'failed' && isKnown ? { ...ended, earlier: 'told' } : ended;
  };
}

function describe(updated: Updated): Omit<UpdatedOne, 'number' | 'sysId' | 'link'> {
  if (updated.kind === 'failed') return { kind: 'failed', failure: updated.failure, warnings: [] };
  const { ticket, warnings } = updated.result;
  return { kind: updated.sideEffect ? 'updated' : 'unchanged', ticket, warnings };
}

/** A report that does not fit into a frame would tell nothing at all. */
function fitIntoReport(result: Result<'ticket.update-many'>): Result<'ticket.update-many'> {
  if (fitsIntoReport(result)) return result;
  const withoutFields = result.changeTasks.map((each) =>
    each.ticket === undefined ? each : { ...each, ticket: { ...each.ticket, fields: {} } },
  );
  const warning = 'the fields of the change tasks are left out: together they are too large for a report';
  const smaller = { changeTasks: withoutFields, warnings: [...result.warnings, warning] };
  if (fitsIntoReport(smaller)) return smaller;
  return { ...smaller, changeTasks: withoutFields.map(cutTexts) };
}

function cutTexts({ ticket: _, failure: found, warnings, ...rest }: UpdatedOne): UpdatedOne {
  const cut = (text: string) => boundText(text, 200);
  const base = { ...rest, warnings: warnings.length === 0 ? [] : [cut(warnings.join('; '))] };
  if (found === undefined) return base;
  const { code, message, remedy, retry } = found;
  return { ...base, failure: { code, message: cut(message), remedy: cut(remedy), retry } };
}

function conclude(result: Result<'ticket.update-many'>, sideEffect: boolean): UpdatedMany {
  const { changeTasks } = result;
  const short = changeTasks.filter(({ kind }) => kind === 'failed' || kind === 'not-tried');
  if (short.length === 0) return { kind: 'succeeded', result, sideEffect };
  const named = short.map(({ number, failure: found }) => ({ name: number, failure: found }));
  const ofAll = `${short.length} of ${changeTasks.length} change tasks were not updated`;
  return failed(joinFailures(named, ofAll, result), sideEffect);
}

function tellOfOthers(
  { changeRequest, changeTaskType }: Params<'ticket.update-many'>,
  { tasks, types, hidden }: Extract<ChangeTasks, { kind: 'listed' }>,
): string[] {
  const ofType = changeTaskType === undefined ? '' : ` of type ${changeTaskType}`;
  const others =
    types.length === 0 ? '' : `; it has some of type ${types.map((type) => cleanText(type, 40)).join(', ')}`;
  return [
    ...(tasks.length === 0 ? [`${changeRequest} has no change task${ofType}: nothing was updated${others}`] : []),
    ...(hidden === undefined || hidden === 0
      ? []
      : [`${changeRequest} has ${hidden} more change tasks that the user may not read`]),
  ];
}

/** A type that no change task can have is a typo, and not a change without such tasks. */
function findUnknownType(wanted: string | undefined, columns: Columns | undefined): Failure | undefined {
  const choices = columns?.get(typeField)?.choices;
  if (wanted === undefined || choices === undefined) return undefined;
  if (choices.some(({ value, label }) => isNamed([value, label], wanted))) return undefined;
  return failure(
    'value-unknown',
    `"${cleanText(wanted, 80)}" is no type of change tasks: legal are ${describeChoices(choices)}; nothing was sent`,
    'Give one of these types, by its value or its label.',
  );
}

/** That the user is shown none would read as that there is none (trap 8). */
function noneShown(
  { changeRequest, changeTaskType }: Params<'ticket.update-many'>,
  hidden: number | undefined,
): Failure {
  const shown = `the user is shown none${changeTaskType === undefined ? '' : ` of type ${changeTaskType}`}`;
  const remedy = 'Give the integration user the role itil, or another that may read and write change tasks.';
  return hidden === undefined
    ? failure(
        'servicenow-forbidden',
        `it is not known whether ${changeRequest} has such change tasks: ${shown}, and ServiceNow does not say how many there are (no X-Total-Count)`,
        `${remedy} If it may read them, see whether a proxy removes the header X-Total-Count.`,
      )
    : failure(
        'servicenow-forbidden',
        `${changeRequest} has ${hidden} change tasks that are hidden, and ${shown}`,
        remedy,
      );
}

function tooMany({ changeRequest }: Params<'ticket.update-many'>, count: number): Failure {
  return failure(
    'result-too-large',
    `${changeRequest} has ${count} such change tasks, and at most ${mostTasks} can be updated at once: nothing was written`,
    'Choose fewer by changeTaskType.',
  );
}
