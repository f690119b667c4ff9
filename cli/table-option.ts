import { tableNamePattern } from '#protocol/ticket.ts';
import { option, UsageError } from '#runtime/options.ts';

const pattern = new RegExp(tableNamePattern);
const expected = "the table's name, such as incident, not its label";

export function tableOption(help: string) {
  return option.requiredText({ help, placeholder: 'TABLE', pattern, expected });
}

/** Reads a table that is given as an argument. Throws UsageError. */
export function readTableName(text: string): string {
  if (pattern.test(text)) return text;
  throw new UsageError(`TABLE: expected ${expected}, got ${JSON.stringify(text)}`);
}
