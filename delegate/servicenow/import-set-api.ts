import { type Failure, failure } from '#protocol/failure.ts';
import { isRow, type Refused, type Row } from './answer.ts';
import type { Calls, Written } from './calls.ts';
import { type Asked, tellsClosedTable } from './refusal.ts';
import type { Transport, TransportResult } from './transport.ts';

/**
 * Gives answers of the Import Set API the form of the Table API's, one record in `result`, so that they are judged like all
 * others: its own `result` is a list beside other keys, and a 201 without a body says that rights hide it (trap 47).
 */
export function presentImportAnswers(transport: Transport): Transport {
  return {
    ...transport,
    async send(target, request) {
      const outcome = await transport.send(target, request);
      return request.method === 'POST' && request.path.startsWith(importPath) ? present(outcome) : outcome;
    },
  };
}

/** Sends one row: only so its outcome is told, since `insertMultiple` is asynchronous (trap 48). */
export async function postRow(calls: Calls, table: string, body: Readonly<Record<string, string>>): Promise<Written> {
  const asked: Asked = { method: 'POST', subject: `import into ${table}`, addressesRecord: false };
  const { judged, settledAtMs } = await calls.write(asked, `${importPath}${encodeURIComponent(table)}`, body);
  return { judged: judged.kind === 'failed' ? explainRefusedImport(judged, table) : judged, settledAtMs };
}

const importPath = 'api/now/import/';

function present(outcome: TransportResult): TransportResult {
  if (outcome.kind !== 'answer' || outcome.status < 200 || outcome.status > 299) return outcome;
  if (outcome.status === 201 && outcome.body.trim() === '') {
    const headers = { ...outcome.headers, 'content-type': 'application/json' };
    return { ...outcome, headers, body: JSON.stringify({ result: {} }) };
  }
  const answer = parseObject(outcome.body);
  return answer !== undefined && 'result' in answer && !('error' in answer)
    ? { ...outcome, body: JSON.stringify({ result: answer }) }
    : outcome;
}

function parseObject(body: string): Row | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRow(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function explainRefusedImport(refused: Refused, table: string): Refused {
  const { code, message } = refused.failure;
  if (code === 'servicenow-forbidden' && !tellsClosedTable(message)) {
    const remedy = `The user may not load rows into ${table}: give it the role import_transformer or import_admin, or another that may create rows of this staging table.`;
    return { ...refused, failure: { ...refused.failure, remedy } };
  }
  const isNone =
    code === 'servicenow-table-unknown' ||
    (refused.status === 404 && code === 'servicenow-bad-request') ||
    (refused.status === 400 && /staging table/i.test(message));
  if (!isNone) return refused;
  const remedy = `Check the name ${table}: it must be a staging table, one that extends Import Set Row (sys_import_set_row).`;
  const found: Failure = failure('servicenow-table-unknown', message, remedy);
  return { ...refused, failure: found };
}
