import { type Failure, failure } from '#protocol/failure.ts';
import { isRow, type Judged, judgeJson, type Refused, type Row } from './answer.ts';
import type { Calls, Written } from './calls.ts';
import { type Asked, tellsClosedTable } from './refusal.ts';
import type { TransportResult } from './transport.ts';

/** Sends one row: only so its outcome is told, since `insertMultiple` is asynchronous (trap 48). */
export async function postRow(calls: Calls, table: string, body: Readonly<Record<string, string>>): Promise<Written> {
  const asked: Asked = { method: 'POST', subject: `import into ${table}`, addressesRecord: false };
  const path = `api/now/import/${encodeURIComponent(table)}`;
  const { judged, settledAtMs } = await calls.write(asked, path, body, { judgedBy: judgeImport });
  return { judged: judged.kind === 'failed' ? explainRefusedImport(judged, table) : judged, settledAtMs };
}

/** Its list of outcomes has keys beside it, so the whole answer is told; rights can leave a 201 without a body (trap 47). */
function judgeImport(asked: Asked, outcome: TransportResult): Judged<Row> {
  if (outcome.kind === 'answer' && outcome.status === 201 && outcome.body.trim() === '')
    return { kind: 'ok', value: {}, headers: outcome.headers };
  return judgeJson(asked, outcome, (parsed) =>
    isRow(parsed) && 'result' in parsed ? { value: parsed } : { fault: 'JSON without "result"' },
  );
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
