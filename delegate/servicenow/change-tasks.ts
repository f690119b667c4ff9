import { failure } from '#protocol/failure.ts';
import type { Judged, Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { buildQuery } from './encoded-query.ts';
import type { Asked } from './refusal.ts';
import { boundText } from './report-size.ts';
import { hasField, readField } from './row.ts';
import { readTotalCount } from './table-api.ts';

export interface ChangeTask {
  readonly number: string;
  readonly sysId: string;
  readonly type: { readonly value: string; readonly displayValue: string };
}

export type ChangeTasks =
  | {
      readonly kind: 'listed';
      readonly tasks: readonly ChangeTask[];
      /** The labels of the types of all that are shown, also of those that are not wanted. */
      readonly types: readonly string[];
      /** How many more there are that the user may not read; undefined when the instance does not say. */
      readonly hidden: number | undefined;
    }
  | Refused;

/**
 * Lists the change tasks of a change, page by page by their sys_id until a page is empty: a short page need not be the
 * last (traps 9 to 11). `changeTaskType` is compared here, with value and label, since a query by a label finds nothing.
 */
export async function listChangeTasks(
  calls: Calls,
  changeId: string,
  changeTaskType: string | undefined,
): Promise<ChangeTasks> {
  const tasks: ChangeTask[] = [];
  let total: number | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const after = tasks.at(-1)?.sysId ?? '';
    const judged = await readPage(calls, changeId, after, changeTaskType !== undefined);
    if (judged.kind === 'failed') return judged;
    total ??= readTotalCount(judged);
    tasks.push(...judged.value);
    if (judged.value.length === 0) return listTasks(tasks, total, changeTaskType);
  }
  return refuse('servicenow-undecodable', `the list has not ended after ${mostPages} pages of ${pageSize}`);
}

function listTasks(
  tasks: readonly ChangeTask[],
  total: number | undefined,
  wantedType: string | undefined,
): ChangeTasks {
  const wanted = tasks.filter((task) => wantedType === undefined || isOfType(task, wantedType));
  return {
    kind: 'listed',
    // In the order that people expect.
    tasks: wanted.toSorted((one, other) => one.number.localeCompare(other.number, 'en', { numeric: true })),
    types: [...new Set(tasks.map(({ type }) => type.displayValue || type.value))],
    hidden: total === undefined ? undefined : Math.max(0, total - tasks.length),
  };
}

const table = 'change_task';
export const typeField = 'change_task_type';
const pageSize = 1_000;
const mostPages = 50;
const asked: Asked = { method: 'GET', subject: `table ${table}`, addressesRecord: false };

async function readPage(
  calls: Calls,
  changeId: string,
  after: string,
  needsType: boolean,
): Promise<Judged<readonly ChangeTask[]>> {
  const query = buildQuery([{ field: 'change_request', operator: '=', value: changeId }]);
  if (query.kind === 'refused')
    return refuse('servicenow-bad-request', `the sys_id of the change is odd: ${query.reason}`);
  const paged = `${query.text}${after === '' ? '' : `^sys_id>${after}`}^ORDERBYsys_id`;
  const parameters = new URLSearchParams({
    sysparm_query: paged,
    sysparm_fields: `sys_id,number,change_request,${typeField}`,
    sysparm_limit: String(pageSize),
    sysparm_display_value: 'all',
    sysparm_exclude_reference_link: 'true',
  });
  const judged = await calls.readRows(asked, `api/now/table/${table}?${parameters}`);
  if (judged.kind === 'failed') return judged;
  let last = after;
  for (const row of judged.value) {
    const fault = findFault(row, changeId, last, needsType);
    if (fault !== undefined) return fault;
    last = readField(row, 'sys_id').value;
  }
  return { ...judged, value: judged.value.map(toChangeTask) };
}

/** A condition or order that ServiceNow dropped would give other rows (trap 1), or the same ones for ever. */
function findFault(row: Row, changeId: string, after: string, needsType: boolean): Refused | undefined {
  const sysId = readField(row, 'sys_id').value;
  if (!/^[0-9a-f]{32}$/.test(sysId) || sysId <= after)
    return refuse('servicenow-undecodable', 'the rows are not in the order of sys_id that was asked for');
  const missing = ['change_request', ...(needsType ? [typeField] : [])].find((field) => !hasField(row, field));
  if (missing !== undefined)
    return refuse('field-unknown', `the rows have no field ${missing}, so they cannot be chosen by it`);
  return readField(row, 'change_request').value === changeId
    ? undefined
    : refuse('servicenow-undecodable', 'a row belongs to another change than was asked for');
}

function toChangeTask(row: Row): ChangeTask {
  return {
    sysId: readField(row, 'sys_id').value,
    number: boundText(readField(row, 'number').value, 80),
    type: readField(row, typeField),
  };
}

function isOfType({ type }: ChangeTask, wanted: string): boolean {
  return isNamed([type.value, type.displayValue], wanted);
}

/** Whether a text is a value or a label, in any case. */
export function isNamed(names: readonly string[], wanted: string): boolean {
  const folded = wanted.trim().toLowerCase();
  return names.some((name) => name.trim().toLowerCase() === folded);
}

function refuse(code: 'servicenow-bad-request' | 'servicenow-undecodable' | 'field-unknown', why: string): Refused {
  const remedy = `Check that the user may read the table ${table} with its columns change_request and ${typeField}, and query by sys_id.`;
  return { kind: 'failed', failure: failure(code, `${asked.method} ${asked.subject}: ${why}`, remedy), landed: 'no' };
}
