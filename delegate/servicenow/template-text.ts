export interface TemplateFields {
  /** Column → stored value. */
  readonly fields: Readonly<Record<string, string>>;
  /** The parts that could not be read, or only by a form. */
  readonly unread: readonly string[];
}

/** Reads what a form template keeps its values in: `short_description=…^category=…^EQ`, a caret within a value doubled. */
export function parseTemplate(text: string): TemplateFields {
  const fields: [string, string][] = [];
  const unread: string[] = [];
  for (const part of text.split(/(?<!\^)\^(?!\^)/)) {
    if (part === '' || part === 'EQ') continue;
    const [, column, value] = /^(?!sys_)([a-z][a-z0-9_]*)=(.*)$/s.exec(part) ?? [];
    // A form would run a script; ServiceNow would store its text.
    if (column === undefined || value === undefined || /^\s*javascript:/i.test(value)) unread.push(part);
    else if (value !== '') fields.push([column, value.replaceAll('^^', '^')]);
  }
  return { fields: Object.fromEntries(fields), unread };
}
