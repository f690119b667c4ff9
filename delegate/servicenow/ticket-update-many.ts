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
import { linkTo } from './row.ts';
import type { Columns } from './table-metadata.ts';
import type { Transport } from './transport.ts';

type UpdatedMany = HandlerResult<'ticket.update-many'>;
type UpdatedOne = Result<'ticket.update-many'>['changeTasks'][number];

const table = 'change_task';

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
    if (listed.tasks.length === 0 && listed.hidden > 0) return allHidden(params, listed.hidden);
    const unknownType = listed.tasks.length === 0 ? findUnknownType(params.changeTaskType, columns) : undefined;
    if (unknownType !== undefined) return failed(unknownType, false);

    const tellOwnName = createOwnName(calls);
    const changeTasks: UpdatedOne[] = [];
    let sideEffect = false;
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
        continue;
      }
      const updated = await updateRecord({ table, sysId: task.sysId, calls, fields: sent, columns, tellOwnName });
      sideEffect ||= updated.sideEffect;
      isOver = updated.kind === 'failed' && holdsForAll(updated.failure);
      changeTasks.push({ ...identity, ...describe(updated) });
    }
    const warnings = tellOfOthers(params, listed);
    return conclude(fitIntoReport({ changeTasks, warnings }), sideEffect);
  };
}

function describe(updated: Updated): Omit<UpdatedOne, 'number' | 'sysId' | 'link'> {
  if (updated.kind === 'failed') return { kind: 'failed', failure: updated.failure, warnings: [] };
  const { ticket, warnings } = updated.result;
  return { kind: updated.sideEffect ? 'updated' : 'unchanged', ticket, warnings };
}

/** A report that does not fit into a frame would tell nothing at all. */
function fitIntoReport(result: Result<'ticket.update-many'>): Result<'ticket.update-many'> {
  if (JSON.stringify(result).length <= mostCharacters) return result;
  const changeTasks = result.changeTasks.map(({ ticket, ...rest }) =>
    ticket === undefined ? rest : { ...rest, ticket: { ...ticket, fields: {} } },
  );
  const warning = 'the fields of the change tasks are left out: together they are too large for a report';
  return { changeTasks, warnings: [...result.warnings, warning] };
}

/** In a frame a character may take several bytes. */
const mostCharacters = 1_000_000;

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
    ...(hidden === 0 ? [] : [`${changeRequest} has ${hidden} more change tasks that the user may not read`]),
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
function allHidden({ changeRequest }: Params<'ticket.update-many'>, hidden: number): UpdatedMany {
  const found = failure(
    'servicenow-forbidden',
    `${changeRequest} has ${hidden} change tasks, and the user is shown none that could be updated`,
    'Give the integration user the role itil, or another that may read and write change tasks.',
  );
  return failed(found, false);
}
