import type { Refused, Row } from './answer.ts';
import type { Calls } from './calls.ts';
import { readField } from './row.ts';
import { sameText } from './sent-fields.ts';
import { findRows, readTotalCount } from './table-api.ts';

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
  const answeredAt = Date.parse(judged.headers.date ?? '');
  if (Number.isNaN(answeredAt)) {
    return { kind: 'unreadable', reason: 'the answer has no Date, so the age of journal entries is not known' };
  }
  const sinceMs = answeredAt - look.withinMs() - clockMarginMs;
  const { authentication } = calls.context.target;
  const username = 'username' in authentication ? authentication.username : '';
  const recent = judged.value.filter((row) => createdAtMs(row) >= sinceMs && isBy(row, username));
  const missing = Object.entries(look.texts)
    .filter(([element, text]) => !recent.some((row) => isEntry(row, element, text)))
    .map(([element]) => element);
  if (missing.length === 0) return { kind: 'all' };
  return readTotalCount(judged) === judged.value.length
    ? { kind: 'missing', missing }
    : { kind: 'unreadable', reason: 'the user is not shown every journal entry of the record' };
}

const mostEntries = 1_000;

/** `Date` has whole seconds, and the edge that writes it need not have the clock of the node that stores the entry. */
const clockMarginMs = 5_000;

function isEntry(row: Row, element: string, text: string): boolean {
  return readField(row, 'element').value === element && sameText(readField(row, 'value').value, text);
}

function isBy(row: Row, username: string): boolean {
  const author = readField(row, 'sys_created_by').value;
  return author === '' || username === '' || author.toLowerCase() === username.toLowerCase();
}

/** ServiceNow's date-times are UTC without saying so (trap 31). */
function createdAtMs(row: Row): number {
  return Date.parse(`${readField(row, 'sys_created_on').value.replace(' ', 'T')}Z`);
}
