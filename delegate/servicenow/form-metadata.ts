import type { FieldInfo } from '#protocol/metadata.ts';
import { isRow, type Refused, type Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { readField } from './row.ts';

export type Choices = NonNullable<FieldInfo['choices']>;

export type FormMetadata =
  | { readonly kind: 'read'; readonly columns: ReadonlyMap<string, FieldInfo> }
  | { readonly kind: 'not-offered'; readonly reason: string }
  | Refused;

/** Reads `api/now/ui/meta/{table}`: undocumented, so its absence and any other shape of it are no failures. */
export async function readFormMetadata(calls: Calls, table: string): Promise<FormMetadata> {
  const asked = { method: 'GET', subject: `the form metadata of table ${table}`, addressesRecord: false } as const;
  const judged = await calls.readRecord(asked, `api/now/ui/meta/${encodeURIComponent(table)}`);
  if (judged.kind === 'failed') {
    return isOffered(judged, calls) ? judged : { kind: 'not-offered', reason: judged.failure.message };
  }
  const columns = parseColumns(judged.value);
  return columns.size > 0
    ? { kind: 'read', columns }
    : { kind: 'not-offered', reason: `${asked.method} ${asked.subject} answered without columns` };
}

const columnName = /^[a-z][a-z0-9_]{0,79}$/;

/** Whether a failure is about the request or the instance, and not about this path. */
function isOffered({ failure: { code }, otherShape, status }: Refused, { context }: Calls): boolean {
  if (otherShape === true) return false;
  if (code === 'servicenow-table-unknown' || status === undefined) return true;
  // An API key is admitted to each API by a policy of its own.
  if (status === 401) return context.target.authentication.kind !== 'api-key';
  return status < 400 || status >= 500 || status === 407 || status === 408 || status === 429;
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
