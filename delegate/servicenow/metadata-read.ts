import type { TableInfo, TemplateInfo } from '#protocol/metadata.ts';
import type { Result } from '#protocol/task-types.ts';
import type { Handler, HandlerResult } from '../core/handler.ts';
import type { Refused } from './answer.ts';
import { type Calls, openCalls } from './calls.ts';
import { mayNotRead } from './dictionary.ts';
import { failed } from './handler-result.ts';
import { readDescendants, readTableRows } from './table-descendants.ts';
import type { ReadTableMetadata } from './table-metadata.ts';
import { listTemplates, type TemplateKind, toTemplateInfo } from './templates.ts';
import type { Transport } from './transport.ts';

/** Tells what can be created and with which fields; what the user may not see is a warning and never an empty list. */
export function createMetadataRead(transport: Transport, readMetadata: ReadTableMetadata): Handler<'metadata.read'> {
  return async (params, context): Promise<HandlerResult<'metadata.read'>> => {
    const calls = openCalls(transport, context);
    switch (params.what) {
      case 'tables':
        return conclude(await readTables(calls));
      case 'fields':
        return conclude(await readFields(calls, params.table, readMetadata));
      case 'templates':
        return conclude(await readTemplates(calls));
    }
  };
}

type Found = { readonly kind: 'found'; readonly result: Result<'metadata.read'> } | Refused;

function conclude(found: Found): HandlerResult<'metadata.read'> {
  return found.kind === 'failed'
    ? failed(found.failure, false)
    : { kind: 'succeeded', result: found.result, sideEffect: false };
}

/** What every instance has. */
const standardTables: readonly TableInfo[] = [
  { name: 'change_request', label: 'Change Request', kind: 'ticket' },
  { name: 'change_task', label: 'Change Task', kind: 'ticket' },
  { name: 'incident', label: 'Incident', kind: 'ticket' },
  { name: 'problem', label: 'Problem', kind: 'ticket' },
  { name: 'task', label: 'Task', kind: 'ticket' },
];

/** What staging tables extend; its label is "Import Set Row". */
const stagingParent = 'sys_import_set_row';

const tablesRole = 'give it the role itil, or another that reads sys_db_object';

async function readTables(calls: Calls): Promise<Found> {
  const parents = standardTables.map(({ name }) => name);
  const themselves = await readTableRows(calls, 'name', parents);
  if (themselves.kind === 'failed') return withoutTables(themselves);
  const below = await readDescendants(calls, [...parents, stagingParent]);
  if (below.kind === 'failed') return withoutTables(below);
  const tables = new Map<string, TableInfo>();
  // A table comes after the one that it extends.
  for (const { name, label, parent } of [...themselves.tables, ...below.tables]) {
    const staging = parent === stagingParent || tables.get(parent)?.kind === 'staging';
    tables.set(name, { name, label, kind: staging ? 'staging' : 'ticket' });
  }
  if (tables.size === 0) return onlyStandardTables('the user is shown no row of sys_db_object');
  const complete = themselves.complete && below.complete;
  return found({
    tables: [...tables.values()].toSorted((one, other) => one.name.localeCompare(other.name, 'en')),
    warnings: complete ? [] : [`the user may not be shown every table: ${tablesRole}`],
  });
}

function withoutTables(refused: Refused): Found {
  return mayNotRead(refused) ? onlyStandardTables(refused.failure.message) : refused;
}

function onlyStandardTables(reason: string): Found {
  const text = `only the tables that every instance has are listed: ${reason}; ${tablesRole}`;
  return found({ tables: [...standardTables], warnings: [text] });
}

async function readFields(calls: Calls, table: string, readMetadata: ReadTableMetadata): Promise<Found> {
  const metadata = await readMetadata(calls, table);
  switch (metadata.kind) {
    case 'failed':
      return metadata;
    case 'unknown':
      return metadata.fault ?? found({ warnings: [`the fields of table ${table} are not known: ${metadata.reason}`] });
    case 'known': {
      const hidden = `the user may not be shown every field of table ${table}`;
      const warnings = metadata.whole ? metadata.warnings : [...metadata.warnings, hidden];
      return found({ fields: [...metadata.columns.values()], warnings: [...warnings] });
    }
  }
}

async function readTemplates(calls: Calls): Promise<Found> {
  const templates: TemplateInfo[] = [];
  const warnings: string[] = [];
  for (const kind of ['form', 'standard-change'] as const) {
    const listed = await listTemplates(calls, kind);
    if (listed.kind === 'failed') {
      if (!mayNotRead(listed)) return listed;
      warnings.push(describeUnseen(kind, `cannot be read: ${listed.failure.message}`));
      continue;
    }
    templates.push(...listed.rows.map((row) => toTemplateInfo(kind, row)).toSorted(byName));
    if (!listed.complete) {
      const seen = listed.rows.length === 0 ? 'are not shown to the user' : 'may not all be shown to the user';
      warnings.push(describeUnseen(kind, seen));
    }
  }
  return found(templates.length === 0 && warnings.length > 0 ? { warnings } : { templates, warnings });
}

function describeUnseen(kind: TemplateKind, what: string): string {
  const title =
    kind === 'form' ? 'form templates (sys_template)' : 'standard change templates (std_change_record_producer)';
  return `${title} ${what}; give the user the role itil`;
}

function byName(one: TemplateInfo, other: TemplateInfo): number {
  return one.name.localeCompare(other.name, 'en');
}

function found(result: Result<'metadata.read'>): Found {
  return { kind: 'found', result };
}
