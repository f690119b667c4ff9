import { failure } from '#protocol/failure.ts';
import type { Refused } from './answer.ts';
import { type RowsWanted, rowsPath } from './table-api.ts';

export type Chunks = { readonly kind: 'chunked'; readonly requests: readonly RowsWanted[] } | Refused;

/** Splits a list of values over requests whose URLs ServiceNow takes: 8192 bytes is its limit (trap 37). */
export function chunkForUrls(
  baseUrl: string,
  values: readonly string[],
  ask: (chunk: readonly string[]) => RowsWanted,
): Chunks {
  const requests: RowsWanted[] = [];
  let chunk: string[] = [];
  for (const value of values) {
    const longer = [...chunk, value];
    const path = rowsPath(ask(longer));
    if (typeof path !== 'string') return path;
    if (baseUrl.length + path.length <= mostUrlBytes) {
      chunk = longer;
      continue;
    }
    if (chunk.length === 0) return tooLong(ask(longer).table);
    requests.push(ask(chunk));
    chunk = [value];
  }
  if (chunk.length > 0) requests.push(ask(chunk));
  return { kind: 'chunked', requests };
}

/** Below the limit by what a proxy may add. */
const mostUrlBytes = 7_500;

function tooLong(table: string): Refused {
  const found = failure(
    'servicenow-bad-request',
    `table ${table} was not asked: the fields alone make the address longer than ServiceNow takes`,
    'Ask for fewer fields at once.',
  );
  return { kind: 'failed', failure: found, landed: 'no' };
}
