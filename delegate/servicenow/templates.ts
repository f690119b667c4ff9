import { failure } from '#protocol/failure.ts';
import type { TemplateInfo } from '#protocol/metadata.ts';
import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import type { QueryTerm } from './encoded-query.ts';
import { isSysId } from './field-value.ts';
import { cleanText } from './page.ts';
import { readField } from './row.ts';
import { type AllRows, readAllRows } from './row-pages.ts';
import { findRows } from './table-api.ts';

export type TemplateKind = TemplateInfo['kind'];

/** Where the templates are. What is posted of a standard change is the id of its record producer (trap 51). */
const sources = {
  form: { table: 'sys_template', nameColumn: 'name', title: 'form template' },
  'standard-change': {
    table: 'std_change_record_producer',
    nameColumn: 'sys_name',
    title: 'standard change template',
  },
} as const;

/** Reads the active templates of one kind; of one table, when it is named. */
export function listTemplates(calls: Calls, kind: TemplateKind, table?: string): Promise<AllRows | Refused> {
  const source = sources[kind];
  return readAllRows(calls, {
    table: source.table,
    terms: [{ field: 'active', operator: '=', value: 'true' }, ...tableTerms(kind, table)],
    fields: [source.nameColumn, ...(kind === 'form' ? ['table'] : [])],
  });
}

export function toTemplateInfo(kind: TemplateKind, row: Row): TemplateInfo {
  return {
    name: readField(row, sources[kind].nameColumn).value,
    sysId: readField(row, 'sys_id').value,
    kind,
    table: kind === 'form' ? readField(row, 'table').value : 'change_request',
  };
}

export type FoundTemplate = { readonly kind: 'found'; readonly row: Row } | Refused;

/** Finds the one active template that a caller names, or by its sys_id, for a table. */
export async function findTemplate(
  calls: Calls,
  kind: TemplateKind,
  { wanted, table }: { wanted: string; table: string },
): Promise<FoundTemplate> {
  const { nameColumn, table: source, title } = sources[kind];
  const named: QueryTerm = { field: isSysId(wanted) ? 'sys_id' : nameColumn, operator: '=', value: wanted };
  const judged = await findRows(calls, {
    table: source,
    terms: [named, ...tableTerms(kind, table)],
    fields: [nameColumn, 'active', textColumns[kind]],
    limit: mostNamesakes,
  });
  if (judged.kind === 'failed') return judged;
  const active = judged.value.filter((row) => readField(row, 'active').value !== 'false');
  const [first, second] = active;
  const what = `${title} "${cleanText(wanted, 100)}" of table ${table}`;
  if (second !== undefined) {
    const sysIds = active.map((row) => readField(row, 'sys_id').value).join(', ');
    return refuse(
      `there are several active ones named ${what}: ${sysIds}`,
      'Give the sys_id of the one that is meant.',
    );
  }
  if (first !== undefined) return { kind: 'found', row: first };
  if (judged.value.length > 0) return refuse(`the ${what} is inactive`, 'Activate it in ServiceNow, or name another.');
  const listed = await listTemplates(calls, kind, table);
  if (listed.kind === 'failed') return listed;
  return refuse(
    `the user is shown no ${what}${describeOthers(kind, listed.rows, wanted)}`,
    `Check the name (metadata.read or "ticketgate metadata templates" lists them), and that the user may read ${source}: the role itil, and for form templates that they are not another user's or group's own.`,
  );
}

/** The fields that a template sets, as an encoded text; empty where the user may not read it. */
export function readTemplateText(kind: TemplateKind, row: Row): string {
  return readField(row, textColumns[kind]).value;
}

const textColumns = { form: 'template', 'standard-change': 'template.template' } as const;

const mostNamesakes = 10;
const mostOthers = 6;

function tableTerms(kind: TemplateKind, table: string | undefined): readonly QueryTerm[] {
  return kind === 'form' && table !== undefined ? [{ field: 'table', operator: '=', value: table }] : [];
}

/** The templates that have a word of the name; any, when none has. */
function describeOthers(kind: TemplateKind, rows: readonly Row[], wanted: string): string {
  const names = rows.map((row) => toTemplateInfo(kind, row).name);
  const words = wanted
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 2);
  const similar = names.filter((name) => words.some((word) => name.toLowerCase().includes(word)));
  const offered = (similar.length > 0 ? similar : names).slice(0, mostOthers).map((name) => `"${cleanText(name, 80)}"`);
  if (offered.length === 0) return ', nor any other';
  return `; ${similar.length > 0 ? 'similar are' : 'there are'} ${offered.join(', ')}`;
}

function refuse(message: string, remedy: string): Refused {
  return { kind: 'failed', failure: failure('template-unknown', `${message}; nothing was sent`, remedy), landed: 'no' };
}
