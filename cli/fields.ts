import type { Option } from '#runtime/options.ts';

export type Fields = Readonly<Record<string, string>>;

const assignment = /^\s*([a-z][a-z0-9_]*)\s*=([\s\S]*)$/;

/**
 * The setting `--field column=value`, given once for each field. The variable holds one on each line; the file holds a
 * mapping.
 */
export function fieldsOption(help: string): Option<Fields> {
  return {
    kind: 'list',
    help,
    placeholder: 'column=value',
    fallback: {},
    required: false,
    secret: false,
    parse: (raw) => {
      const items = readItems(raw);
      if (items === undefined) return { fault: 'expected column=value' };
      const fields: Record<string, string> = {};
      for (const item of items) {
        const [, column, value] = assignment.exec(item) ?? [];
        if (column === undefined || value === undefined)
          return { fault: `expected column=value with a column name such as short_description, not "${item}"` };
        if (column in fields) return { fault: `gives ${column} twice` };
        fields[column] = value;
      }
      return { value: fields };
    },
  };
}

function readItems(raw: unknown): readonly string[] | undefined {
  if (typeof raw === 'string') return raw.split('\n').filter((line) => line.trim() !== '');
  if (Array.isArray(raw)) return raw.every((item) => typeof item === 'string') ? raw : undefined;
  if (typeof raw !== 'object' || raw === null) return undefined;
  const entries = Object.entries(raw);
  return entries.every(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    ? entries.map(([column, value]) => `${column}=${value}`)
    : undefined;
}
