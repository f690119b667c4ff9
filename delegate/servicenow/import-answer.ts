import { longestName, longestText, type TransformOutcome } from '#protocol/import-set.ts';
import type { OpenTarget } from '../core/handler.ts';
import { isRow, type Row } from './answer.ts';
import { maskSecrets } from './mask-secrets.ts';
import { cleanText } from './page.ts';
import { boundText } from './report-size.ts';
import { linkTo, readField } from './row.ts';

/** What the answer for one row says. */
export type ImportAnswer =
  | { readonly kind: 'told'; readonly importSet: string; readonly transforms: readonly TransformOutcome[] }
  /** The row was taken, and nothing may be said of it. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'odd'; readonly reason: string };

/** Reads the answer of the Import Set API for one row: one outcome for each transform map. */
export function readImportAnswer(answer: Row, target: OpenTarget): ImportAnswer {
  if (Object.keys(answer).length === 0) return { kind: 'silent' };
  const { result } = answer;
  if (!Array.isArray(result) || !result.every(isRow))
    return { kind: 'odd', reason: 'the answer has no list of transform outcomes' };
  return {
    kind: 'told',
    importSet: tell(readField(answer, 'import_set').value, longestName, target),
    transforms: result.map((outcome) => readOutcome(outcome, target)),
  };
}

/** Reads from a row of the staging table what its answer would have said; such a row holds what its last map came to. */
export function readStagingRow(row: Row, target: OpenTarget): Extract<ImportAnswer, { kind: 'told' }> {
  const transform = tellTransform(target, {
    transformMap: readField(row, 'sys_transform_map').displayValue,
    table: readField(row, 'sys_target_table').value,
    status: readField(row, 'sys_import_state').value,
    displayName: '',
    displayValue: '',
    sysId: readField(row, 'sys_target_sys_id').value,
    message: quote(readField(row, 'sys_import_state_comment').value, target),
  });
  const importSet = tell(readField(row, 'sys_import_set').displayValue, longestName, target);
  return { kind: 'told', importSet, transforms: [transform] };
}

/** `loaded`: with a status that is known to be good, or one that a script of the instance made up. */
export type Verdict = 'loaded' | 'failed' | 'pending';

export function judgeTransforms(transforms: readonly TransformOutcome[]): Verdict {
  // Without a transform map nothing comes of the row.
  if (transforms.length === 0 || transforms.some(({ status }) => failedStatuses.has(status))) return 'failed';
  return transforms.some(({ status }) => pendingStatuses.has(status)) ? 'pending' : 'loaded';
}

/** Says of which transforms it is not known whether they are good. */
export function warnOfStatuses(transforms: readonly TransformOutcome[]): string[] {
  return transforms
    .filter(({ status }) => !goodStatuses.has(status) && !failedStatuses.has(status) && !pendingStatuses.has(status))
    .map((each) => `${nameMap(each)} told the status ${each.status}, whose meaning is not known`);
}

/** Writes why a row has failed. */
export function describeFailed(transforms: readonly TransformOutcome[]): string {
  if (transforms.length === 0) return 'ServiceNow took the row and has no active transform map for it';
  return transforms
    .filter(({ status }) => failedStatuses.has(status))
    .map((each) => `${nameMap(each)}: ${each.message === '' ? `status ${each.status} without a reason` : each.message}`)
    .join(', ');
}

const goodStatuses: ReadonlySet<string> = new Set(['inserted', 'updated', 'ignored']);
const failedStatuses: ReadonlySet<string> = new Set(['error', 'canceled', 'cancelled']);
/** Of a row of the staging table alone: nothing has come of it yet; empty, it may not be read. */
const pendingStatuses: ReadonlySet<string> = new Set(['pending', '']);

function readOutcome(outcome: Row, target: OpenTarget): TransformOutcome {
  const words = ['error_message', 'status_message'].map((field) => quote(readField(outcome, field).value, target));
  return tellTransform(target, {
    transformMap: readField(outcome, 'transform_map').value,
    table: readField(outcome, 'table').value,
    status: readField(outcome, 'status').value,
    displayName: readField(outcome, 'display_name').value,
    displayValue: readField(outcome, 'display_value').value,
    sysId: readField(outcome, 'sys_id').value,
    message: words.filter((text) => text !== '').join('; '),
  });
}

function tellTransform(target: OpenTarget, said: Omit<TransformOutcome, 'link'>): TransformOutcome {
  return {
    transformMap: tell(said.transformMap, longestName, target),
    table: tell(said.table, longestName, target),
    status: tell(said.status.trim().toLowerCase(), longestName, target),
    displayName: tell(said.displayName, longestName, target),
    displayValue: tell(said.displayValue, longestText, target),
    sysId: tell(said.sysId, longestName, target),
    link: linkToTarget(target, said.table.toWellFormed(), said.sysId),
    message: tell(said.message, longestText, target),
  };
}

/** Not the `record_link` of the answer: it carries the instance's own host (trap 59). */
function linkToTarget({ baseUrl }: OpenTarget, table: string, sysId: string): string {
  if (table === '' || sysId === '') return '';
  const link = linkTo(baseUrl, table, sysId);
  return link.length > longestText ? '' : link;
}

function tell(text: string, mostCharacters: number, target: OpenTarget): string {
  return boundText(maskSecrets(text, target), mostCharacters);
}

function quote(text: string, target: OpenTarget): string {
  return cleanText(maskSecrets(text, target), 500);
}

function nameMap({ transformMap, table }: TransformOutcome): string {
  const into = table === '' ? '' : ` into ${table}`;
  return cleanText(`transform map ${transformMap === '' ? '(none named)' : transformMap}${into}`, 200);
}
