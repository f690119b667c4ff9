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
  for (const part of splitParts(text)) {
    if (part === '' || part === 'EQ') continue;
    const [, column, value] = /^(?!sys_)([a-z][a-z0-9_]*)=(.*)$/s.exec(part) ?? [];
    // A form would run a script; ServiceNow would store its text.
    if (column === undefined || value === undefined || /^\s*javascript:/i.test(value)) unread.push(part);
    else if (value !== '') fields.push([column, value.replaceAll('^^', '^')]);
  }
  return { fields: Object.fromEntries(fields), unread };
}

/** Splits from left to right, since three carets are a doubled one that ends a value, and a separator. */
function splitParts(text: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (const [token] of text.matchAll(/\^\^|\^|[^^]+/g)) {
    if (token === '^') {
      parts.push(part);
      part = '';
    } else part += token;
  }
  return [...parts, part];
}
