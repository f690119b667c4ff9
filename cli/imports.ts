import { readFileSync } from 'node:fs';
import type { ImportedRow, TransformOutcome } from '#protocol/import-set.ts';
import { option, UsageError } from '#runtime/options.ts';
import { type Command, clientCommand } from './command.ts';
import { readRows } from './import-rows.ts';
import type { Io } from './io.ts';
import { oneLine } from './one-line.ts';
import { finishTask, idempotencyKey, runTask, taskOptions } from './submit-task.ts';
import { tableOption } from './table-option.ts';

export const importCommand: Command = clientCommand({
  name: 'import',
  summary: 'load rows into a staging table and tell what each one became',
  options: {
    ...taskOptions,
    table: tableOption('the staging table, such as u_release_import'),
    rows: option.requiredText({
      help: 'file with one JSON object or an array of them; - is standard input. For JSON output: ticketgate --json import …',
      placeholder: 'FILE',
    }),
    idempotencyKey,
  },
  flags: { rows: '--json' },
  run: async ({ table, rows: path, ...rest }, _args, context) => {
    const read = readRows(await readText(context.io, path));
    if ('faults' in read) throw new UsageError(read.faults.map((fault) => `--json ${path}: ${fault}`).join('\n'));
    for (const note of read.notes) context.output.progress(`! ${note}`);
    const params = { stagingTable: table, rows: read.rows };
    const { task, result, partialResult } = await runTask(context, { ...rest, type: 'import-set.load', params });
    const known = result ?? partialResult;
    for (const warning of known?.warnings ?? []) context.output.progress(`! ${oneLine(warning)}`);
    return finishTask(context, task, known?.rows.flatMap(renderRow));
  },
});

async function readText(io: Io, path: string): Promise<string> {
  if (path === '-') return io.readInput();
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--json ${path} cannot be read: ${reason}`, { cause: error });
  }
}

function renderRow({ row, kind, importSet, transforms, warnings }: ImportedRow): string[] {
  return [
    `${marks[kind]} row ${row} ${kindTexts[kind]}${importSet === '' ? '' : `, ${oneLine(importSet)}`}`,
    ...transforms.map((transform) => `  ${renderTransform(transform)}`),
    ...warnings.map((warning) => `  ! ${oneLine(warning)}`),
  ];
}

/** `inserted: Gate 42 in u_release_gate by Release gates  https://…`, with ServiceNow's own words behind a colon. */
function renderTransform({
  transformMap,
  table,
  status,
  displayValue,
  sysId,
  link,
  message,
}: TransformOutcome): string {
  const target = displayValue || sysId;
  const words = [
    `${status || 'no status'}:`,
    ...(target === '' ? [] : [target]),
    ...(table === '' ? [] : [`in ${table}`]),
    ...(transformMap === '' ? [] : [`by ${transformMap}`]),
  ];
  const text = [words.join(' '), ...(message === '' ? [] : [message])].join(': ');
  return oneLine(link === '' ? text : `${text}  ${link}`);
}

const marks: Readonly<Record<ImportedRow['kind'], string>> = { loaded: '✓', found: '✓', failed: '✗', 'not-tried': '–' };

const kindTexts: Readonly<Record<ImportedRow['kind'], string>> = {
  loaded: 'loaded',
  found: 'had been loaded before',
  failed: 'failed',
  'not-tried': 'not tried',
};
