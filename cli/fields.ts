import { readFileSync } from 'node:fs';
import { type Option, option, UsageError } from '#runtime/options.ts';

export type Fields = Readonly<Record<string, string>>;

const expected = 'column=value, such as short_description=Deploy or "Short description=Deploy"';
const assignment = /^([^=]*)=([\s\S]*)$/;
/** A column name, or a label: what the API takes as the name of a field. */
const fieldName = /^[^\s\p{C}]([^\p{C}]{0,158}[^\s\p{C}])?$/u;

type Read<T> = { readonly value: T } | { readonly fault: string };

/**
 * The setting `--field column=value`, given once for each field, by column name or label. The variable holds one on each
 * line; in both `\n`, `\\` and `@FILE` have a meaning. The configuration file holds a mapping, whose values are as they are.
 */
export function fieldsOption(help: string): Option<Fields> {
  return {
    kind: 'list',
    help: `${help}, by column name or label; \\n ends a line, @FILE takes what is in a file; may be given several times`,
    placeholder: 'column=value',
    fallback: {},
    required: false,
    secret: false,
    parse: (raw) => {
      const fields = new Map<string, string>();
      for (const item of readItems(raw)) {
        if ('fault' in item) return item;
        const [name, value] = item.value;
        if (!fieldName.test(name)) return { fault: `expected ${expected}; "${name}" is no name of a field` };
        if (fields.has(name)) return { fault: `gives ${name} twice` };
        fields.set(name, value);
      }
      return { value: Object.fromEntries(fields) };
    },
  };
}

export const clearOption = option.list({ help: 'fields to empty, by column name or label' });

/** What to write and what to empty, as the API takes it. Throws UsageError. */
export function joinFields(field: Fields, clear: readonly string[]): Readonly<Record<string, string | null>> {
  const both = clear.find((name) => Object.hasOwn(field, name));
  if (both !== undefined) throw new UsageError(`--clear: ${both} is given as --field, too; give one of the two`);
  const fields = { ...field, ...Object.fromEntries(clear.map((name) => [name, null])) };
  if (Object.keys(fields).length > 0) return fields;
  throw new UsageError('--field is missing: give what to write, such as --field "work_notes=Deployed", or --clear');
}

type Item = Read<readonly [name: string, value: string]>;

function readItems(raw: unknown): readonly Item[] {
  if (typeof raw === 'string') return readAssignments(raw.split('\n').filter((line) => line.trim() !== ''));
  if (Array.isArray(raw)) return readAssignments(raw);
  if (typeof raw !== 'object' || raw === null) return [{ fault: `expected ${expected}` }];
  return Object.entries(raw).map(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value)
      ? { value: [name.trim(), String(value)] }
      : { fault: `expected a text as the value of ${name}` },
  );
}

function readAssignments(items: readonly unknown[]): Item[] {
  return items.map((item) => {
    const [, name, text] = (typeof item === 'string' && assignment.exec(item)) || [];
    if (name === undefined || text === undefined) return { fault: `expected ${expected}, not "${item}"` };
    const read = readValue(text);
    return 'fault' in read ? { fault: `${name.trim()}: ${read.fault}` } : { value: [name.trim(), read.value] };
  });
}

/** `@FILE` is what is in the file, `@@…` a text that begins with @, `\n` a line end and `\\` a backslash. */
function readValue(text: string): Read<string> {
  if (text.startsWith('@') && !text.startsWith('@@')) return readTextFile(text.slice(1));
  const literal = text.startsWith('@@') ? text.slice(1) : text;
  return { value: literal.replace(/\\([n\\])/g, (_, escaped) => (escaped === 'n' ? '\n' : '\\')) };
}

/** Reads a file of UTF-8 text; one line end at its end is dropped. */
function readTextFile(path: string): Read<string> {
  if (path === '') return { fault: '@ must be followed by a file; a text that begins with @ is written @@' };
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    return { value: text.replace(/\r?\n$/, '') };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { fault: `the file ${path} cannot be read: ${reason} (a text that begins with @ is written @@)` };
  }
}
