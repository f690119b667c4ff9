import type { FailureCode } from '#protocol/failure.ts';
import type { FieldInfo } from '#protocol/metadata.ts';
import { isRow, type Refused, type Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { readField } from './row.ts';

export type Choices = NonNullable<FieldInfo['choices']>;

export type FormMetadata =
  | { readonly kind: 'read'; readonly columns: ReadonlyMap<string, FieldInfo> }
  /** `fault`: what came was no answer of an instance that lacks it. */
  | { readonly kind: 'not-offered'; readonly reason: string; readonly fault?: Refused }
  | Refused;

/** Reads `api/now/ui/meta/{table}`: undocumented, so whatever is wrong with it alone is no failure. */
export async function readFormMetadata(calls: Calls, table: string): Promise<FormMetadata> {
  const asked = { method: 'GET', subject: `the form metadata of table ${table}`, addressesRecord: false } as const;
  const judged = await calls.readRecord(asked, `api/now/ui/meta/${encodeURIComponent(table)}`);
  if (judged.kind === 'failed') return judgeRefused(judged, calls);
  const columns = parseColumns(judged.value);
  return columns.size > 0
    ? { kind: 'read', columns }
    : { kind: 'not-offered', reason: `${asked.method} ${asked.subject} answered without columns` };
}

const columnName = /^[a-z][a-z0-9_]{0,79}$/;

/** What says nothing of this path: the table, the log-in, the instance or the way to it is at fault, or the task is stopped. */
const failures: ReadonlySet<FailureCode> = new Set([
  'servicenow-table-unknown',
  'servicenow-unauthenticated',
  'servicenow-rate-limited',
  'servicenow-unreachable',
  'servicenow-tls',
  'servicenow-reset',
  'servicenow-timeout',
  'servicenow-hibernating',
  'servicenow-maintenance',
  'task-timeout',
  'lease-lost',
]);

function judgeRefused(refused: Refused, { context }: Calls): FormMetadata {
  const { failure, otherShape, status } = refused;
  // An API key is admitted to each API by a policy of its own.
  const isLockedOut = status === 401 && context.target.authentication.kind === 'api-key';
  // Without a status nothing was answered at this path: the log-in or the way to it is at fault.
  if (status === undefined || (failures.has(failure.code) && !isLockedOut)) return refused;
  const isRefused = status !== undefined && status >= 400 && status < 500;
  return { kind: 'not-offered', reason: failure.message, ...(!isRefused && !otherShape && { fault: refused }) };
}

/** Takes what can be read of an answer whose shape nobody promises. */
export function parseColumns({ columns }: Row): ReadonlyMap<string, FieldInfo> {
  const parsed = new Map<string, FieldInfo>();
  if (!isRow(columns)) return parsed;
  for (const [name, column] of Object.entries(columns)) {
    if (columnName.test(name) && isRow(column)) parsed.set(name, parseColumn(name, column));
  }
  return parsed;
}

function parseColumn(name: string, column: Row): FieldInfo {
  return fieldInfo(name, {
    label: readField(column, 'label').value,
    type: readField(column, 'type').value || readField(column, 'internal_type').value,
    mandatory: readField(column, 'mandatory').value,
    readOnly: readField(column, 'read_only').value,
    maxLength: readField(column, 'max_length').value,
    reference: readField(column, 'reference').value,
    choices: parseChoices(column.choices),
  });
}

function parseChoices(choices: unknown): Choices {
  if (!Array.isArray(choices)) return [];
  return choices.filter(isRow).map((choice) => ({
    value: readField(choice, 'value').value,
    label: readField(choice, 'label').value,
  }));
}

/** Makes a column of the texts that describe it. Choices without a value are the "none" of a form. */
export function fieldInfo(
  name: string,
  told: {
    readonly label: string;
    readonly type: string;
    readonly mandatory: string;
    readonly readOnly: string;
    readonly maxLength: string;
    readonly reference: string;
    readonly choices: Choices;
  },
): FieldInfo {
  const byValue = new Map<string, string>();
  for (const { value, label } of told.choices) {
    if (value !== '' && !byValue.has(value)) byValue.set(value, label === '' ? value : label);
  }
  return {
    name,
    label: told.label.trim() || name,
    type: told.type || 'string',
    mandatory: told.mandatory === 'true',
    readOnly: told.readOnly === 'true',
    ...(/^\d{1,9}$/.test(told.maxLength) ? { maxLength: Number(told.maxLength) } : {}),
    ...(columnName.test(told.reference) ? { reference: told.reference } : {}),
    ...(byValue.size > 0 ? { choices: [...byValue].map(([value, label]) => ({ value, label })) } : {}),
  };
}
