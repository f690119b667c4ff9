import { failure } from '#protocol/failure.ts';
import type { Params } from '#protocol/task-types.ts';
import type { Refused } from './answer.ts';
import type { Calls, Written } from './calls.ts';
import { type ProveAbsence, postChange, postStandardChange } from './change-api.ts';
import type { FieldValues, ResolveFields } from './field-resolution.ts';
import { findTicketByNumber } from './find-ticket.ts';
import { cleanText } from './page.ts';
import { readField } from './row.ts';
import { prepareFields, type SentFields } from './sent-fields.ts';
import { postRecord } from './table-api.ts';
import type { Columns } from './table-metadata.ts';
import { parseTemplate } from './template-text.ts';
import { findTemplate, readTemplateText } from './templates.ts';

type CreateParams = Params<'ticket.create'>;

/** What is to be sent and how, found out before anything is. */
export interface CreatePlan {
  readonly kind: 'planned';
  readonly fields: SentFields;
  readonly columns: Columns | undefined;
  /** What a success answers; the Change API does not say Created (trap 49). */
  readonly createdStatus: 200 | 201;
  post(body: Readonly<Record<string, string>>, isAbsent: ProveAbsence): Promise<Written>;
}

/** Resolves the fields, the template and the change that a ticket belongs to. */
export async function planCreation(
  calls: Calls,
  params: CreateParams,
  resolveFields: ResolveFields,
): Promise<CreatePlan | Refused> {
  const contradiction = findContradiction(params);
  if (contradiction !== undefined) return refuse(contradiction.message, contradiction.remedy);
  const resolved = await resolveFields(calls, params.table, params.fields);
  if (resolved.kind === 'failed') return resolved;
  const way = await chooseWay(calls, params);
  if (way.kind === 'failed') return way;
  const imposed = await findImposed(calls, params);
  if (imposed.kind === 'failed') return imposed;
  for (const [field, value] of Object.entries(imposed.fields)) {
    const given = resolved.fields[field];
    if (given !== undefined && given !== '' && given !== value) {
      return refuse(
        `field ${field} says ${cleanText(given ?? 'nothing', 80)}, and ${imposed.by} says otherwise`,
        'Give one of the two.',
      );
    }
  }

  const own = withoutOwn(resolved.fields);
  const { columns, names = {} } = resolved;
  const ofTemplate = prepareFields(way.templateFields, columns);
  const ofCaller = prepareFields(own.fields, columns);
  return {
    kind: 'planned',
    fields: {
      plain: { ...ofTemplate.plain, ...ofCaller.plain, ...imposed.fields },
      journals: { ...ofTemplate.journals, ...ofCaller.journals },
      warnings: [...resolved.warnings, ...way.warnings, ...ofCaller.warnings, ...own.warnings],
      names,
    },
    columns,
    createdStatus: params.changeType === undefined ? 201 : 200,
    post: way.post,
  };
}

function findContradiction({ changeRequest, changeType, table, template }: CreateParams): Contradiction | undefined {
  if (changeType !== undefined && table !== 'change_request') {
    return {
      message: `changeType ${changeType} was given for table ${table}: only a change_request has one`,
      remedy: 'Leave changeType (--change-type) out, or create a change_request.',
    };
  }
  if (changeType === 'standard' && template === undefined) {
    return {
      message: 'a standard change was asked for without its template',
      remedy:
        'Give template (--template): the name or sys_id of a standard change template, as metadata.read or "ticketgate metadata templates" lists them.',
    };
  }
  if (changeRequest !== undefined && table !== 'change_task') {
    return {
      message: `changeRequest ${changeRequest} was given for table ${table}: only a change_task belongs to a change`,
      remedy: 'Leave changeRequest (--change-request) out, or create a change_task.',
    };
  }
  return undefined;
}

interface Contradiction {
  readonly message: string;
  readonly remedy: string;
}

interface Way {
  readonly kind: 'way';
  readonly templateFields: FieldValues;
  readonly warnings: readonly string[];
  readonly post: CreatePlan['post'];
}

async function chooseWay(calls: Calls, { changeType, table, template }: CreateParams): Promise<Way | Refused> {
  if (changeType === 'standard' && template !== undefined) {
    const found = await findTemplate(calls, 'standard-change', { wanted: template, table });
    if (found.kind === 'failed') return found;
    if ('correlation_id' in parseTemplate(readTemplateText('standard-change', found.row)).fields) {
      return refuse(
        `the standard change template "${cleanText(template, 100)}" sets correlation_id, by which a change is found whose answer was lost`,
        'Take correlation_id out of the template in ServiceNow, so that no change can be created twice.',
      );
    }
    const producerId = readField(found.row, 'sys_id').value;
    const post: Way['post'] = (body, isAbsent) => postStandardChange(calls, producerId, body, isAbsent);
    return { kind: 'way', templateFields: {}, warnings: [], post };
  }
  const post: Way['post'] =
    changeType === undefined || changeType === 'standard'
      ? (body, isAbsent) => postRecord(calls, table, body, isAbsent)
      : (body, isAbsent) => postChange(calls, changeType, body, isAbsent);
  if (template === undefined) return { kind: 'way', templateFields: {}, warnings: [], post };
  const found = await findTemplate(calls, 'form', { wanted: template, table });
  if (found.kind === 'failed') return found;
  const { fields, unread } = parseTemplate(readTemplateText('form', found.row));
  const own = withoutOwn(fields);
  const warnings = unread.map(
    (part) => `of the template, "${cleanText(part, 80)}" was not sent: only a form can use it`,
  );
  return { kind: 'way', templateFields: own.fields, warnings, post };
}

interface Imposed {
  readonly kind: 'imposed';
  readonly fields: Readonly<Record<string, string>>;
  readonly by: string;
}

/** The fields that other parameters decide. A standard change has its type from its template. */
async function findImposed(calls: Calls, { changeRequest, changeType }: CreateParams): Promise<Imposed | Refused> {
  if (changeType === 'normal' || changeType === 'emergency') {
    return { kind: 'imposed', fields: { type: changeType }, by: `changeType ${changeType}` };
  }
  if (changeRequest === undefined) return { kind: 'imposed', fields: {}, by: '' };
  const change = await findTicketByNumber(calls, 'change_request', changeRequest);
  if (change.kind === 'failed') return change;
  const by = `changeRequest ${changeRequest} (${change.sysId})`;
  return { kind: 'imposed', fields: { change_request: change.sysId }, by };
}

const ownFields: ReadonlySet<string> = new Set(['correlation_id', 'correlation_display']);

function withoutOwn<T>(fields: Readonly<Record<string, T>>): {
  readonly fields: Readonly<Record<string, T>>;
  readonly warnings: readonly string[];
} {
  const entries = Object.entries(fields);
  return {
    fields: Object.fromEntries(entries.filter(([field]) => !ownFields.has(field))),
    warnings: entries
      .filter(([field]) => ownFields.has(field))
      .map(([field]) => `field ${field} is Ticketgate's own and was not sent as given`),
  };
}

function refuse(message: string, remedy: string): Refused {
  const found = failure('servicenow-bad-request', `${message}; nothing was sent`, remedy);
  return { kind: 'failed', failure: found, landed: 'no' };
}
