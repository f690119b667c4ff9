import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { isOwn, type OwnName, type TellOwnName } from './own-user.ts';
import { readField } from './row.ts';
import { readAges } from './row-age.ts';
import { findRows, readTotalCount } from './table-api.ts';
import { sameText } from './value-comparison.ts';

/** Which journal texts of a record were found; `unreadable`: what was not found may be there all the same. */
export type JournalSighting =
  | { readonly kind: 'all' }
  | { readonly kind: 'missing'; readonly missing: readonly string[] }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | Refused;

export interface JournalLook {
  readonly sysId: string;
  /** Journal field → text. */
  readonly texts: Readonly<Record<string, string>>;
  /** Older entries do not count, in milliseconds before the answer, by ServiceNow's clock. */
  readonly withinMs: () => number;
  readonly tellOwnName: TellOwnName;
}

/**
 * Looks in sys_journal_field for texts that this user wrote lately. Many users see none or some of it (trap 29), so that
 * a text is missing is believed only when every entry that there is was shown.
 */
export async function lookForJournalTexts(calls: Calls, look: JournalLook): Promise<JournalSighting> {
  const judged = await findRows(calls, {
    table: 'sys_journal_field',
    terms: [
      { field: 'element_id', operator: '=', value: look.sysId },
      { field: 'element', operator: 'IN', values: Object.keys(look.texts) },
    ],
    fields: ['value', 'sys_created_on', 'sys_created_by'],
    limit: mostEntries,
    newestFirstBy: 'sys_created_on',
  });
  if (judged.kind === 'failed') {
    const { code, message } = judged.failure;
    return code === 'servicenow-forbidden' || code === 'field-unknown' || code === 'servicenow-table-unknown'
      ? { kind: 'unreadable', reason: message }
      : judged;
  }
  const ages = readAges(judged, look.withinMs());
  if (ages === undefined) return { kind: 'unreadable', reason: 'the age of the journal entries is not known' };
  const own = await look.tellOwnName();
  if (own.kind === 'failed') return own;
  const recent = ages.created.filter(({ atMs }) => atMs >= ages.sinceMs).map(({ row }) => row);
  const authors = Object.entries(look.texts).map(([element, text]) => {
    const entries = recent.filter((row) => isEntry(row, element, text));
    return { element, byUs: entries.map((row) => isBy(row, own)) };
  });
  const missing = authors.filter(({ byUs }) => !byUs.includes(true));
  if (missing.length === 0) return { kind: 'all' };
  if (missing.some(({ byUs }) => byUs.includes(undefined))) {
    const why = own.kind === 'untold' ? own.reason : 'sys_created_by is hidden';
    return { kind: 'unreadable', reason: `such an entry is there, and who wrote it is not known: ${why}` };
  }
  return readTotalCount(judged) === judged.value.length
    ? { kind: 'missing', missing: missing.map(({ element }) => element) }
    : { kind: 'unreadable', reason: 'the user is not shown every journal entry of the record' };
}

const mostEntries = 1_000;

function isEntry(row: Row, element: string, text: string): boolean {
  return readField(row, 'element').value === element && sameText(readField(row, 'value').value, text);
}

function isBy(row: Row, own: Exclude<OwnName, Refused>): boolean | undefined {
  return isOwn(readField(row, 'sys_created_by').value, own.kind === 'known' ? own.userName : undefined);
}
