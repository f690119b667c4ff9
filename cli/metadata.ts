import Type from 'typebox';
import { FieldInfo, TableInfo, TemplateInfo } from '#protocol/metadata.ts';
import { option } from '#runtime/options.ts';
import { type ClientContext, type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { oneLine } from './one-line.ts';
import { renderList, renderTable } from './output.ts';
import { readTableName } from './table-option.ts';

const options = {
  connector: option.requiredText({ help: 'name or id of the connector', placeholder: 'NAME' }),
  refresh: option.flag({ help: 'ask the instance again, instead of what was read some minutes ago' }),
};

export const metadataCommands: CommandGroup = {
  name: 'metadata',
  summary: 'what can be created in ServiceNow, and with which fields',
  commands: [
    clientCommand({
      name: 'tables',
      summary: 'list the tables of tickets, and the staging tables of imports',
      options,
      run: async ({ connector, refresh }, _args, context) => {
        const path = pathOf(connector, 'tables');
        const answer = await context.api.call(answerOf(TableInfo), 'GET', path, { query: queryOf(refresh) });
        const rows = answer.items.map(({ name, label, kind }) => [name, label, kind].map(oneLine));
        return finish(context, answer, renderList(['TABLE', 'LABEL', 'KIND'], rows, 'no tables'));
      },
    }),
    clientCommand({
      name: 'fields',
      summary: 'list the fields of a table, with their choices',
      arguments: { table: '<TABLE>' },
      options,
      run: async ({ connector, refresh }, { table }, context) => {
        const path = pathOf(connector, `tables/${encodeURIComponent(readTableName(table))}/fields`);
        const answer = await context.api.call(answerOf(FieldInfo), 'GET', path, { query: queryOf(refresh) });
        return finish(context, answer, renderFieldList(answer.items));
      },
    }),
    clientCommand({
      name: 'templates',
      summary: 'list the form templates, and the templates of standard changes',
      options,
      run: async ({ connector, refresh }, _args, context) => {
        const path = pathOf(connector, 'templates');
        const answer = await context.api.call(answerOf(TemplateInfo), 'GET', path, { query: queryOf(refresh) });
        const rows = answer.items.map(({ name, kind, table, sysId }) => [name, kind, table, sysId].map(oneLine));
        return finish(context, answer, renderList(['NAME', 'KIND', 'TABLE', 'SYS_ID'], rows, 'no templates'));
      },
    }),
  ],
};

function answerOf<Item extends Parameters<typeof Type.Array>[0]>(item: Item) {
  return Type.Object({ items: Type.Array(item), warnings: Type.Array(Type.String()) });
}

function pathOf(connector: string, what: string): string {
  return `/connectors/${encodeURIComponent(connector)}/metadata/${what}`;
}

function queryOf(refresh: boolean): { refresh?: boolean } {
  return refresh ? { refresh } : {};
}

function finish(
  { output }: ClientContext,
  answer: { readonly warnings: readonly string[] },
  lines: readonly string[],
): number {
  for (const warning of answer.warnings) output.progress(`! ${oneLine(warning)}`);
  output.result(answer, lines);
  return exitCodes.done.code;
}

/** A line for each field, and below it one for each of its choices: the stored value and the label. */
function renderFieldList(fields: readonly FieldInfo[]): string[] {
  if (fields.length === 0) return ['no fields'];
  const rows = fields.map(({ name, label, type, ...more }) => [name, label, type, renderTraits(more)].map(oneLine));
  const [headings = '', ...lines] = renderTable(['COLUMN', 'LABEL', 'TYPE', ''], rows);
  return [headings, ...lines.flatMap((line, index) => [line, ...renderChoices(fields[index]?.choices ?? [])])];
}

function renderTraits({
  mandatory,
  readOnly,
  maxLength,
  reference,
}: Omit<FieldInfo, 'name' | 'label' | 'type'>): string {
  const traits = [
    ...(mandatory ? ['mandatory'] : []),
    ...(readOnly ? ['read-only'] : []),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(reference === undefined ? [] : [`of ${reference}`]),
  ];
  return traits.join(', ');
}

function renderChoices(choices: NonNullable<FieldInfo['choices']>): string[] {
  const values = choices.map(({ value }) => oneLine(value));
  const width = Math.max(0, ...values.map((value) => value.length));
  return choices.map(({ label }, index) => `    ${(values[index] ?? '').padEnd(width)}  ${oneLine(label)}`);
}
