/** A row as the API takes it. */
type ImportRow = Readonly<Record<string, string | number | boolean>>;

type ReadRows =
  | { readonly rows: readonly ImportRow[]; readonly notes: readonly string[] }
  | { readonly faults: readonly string[] };

const mostRows = 200;
const mostFaults = 20;

/** Reads the rows of an import set: one JSON object or an array of them, with nothing nested. */
export function readRows(text: string): ReadRows {
  const parsed = parseJson(text.replace(/^\uFEFF/, ''));
  if ('faults' in parsed) return parsed;
  const { document } = parsed;
  const items: readonly unknown[] = Array.isArray(document) ? document : [document];
  if (items.length === 0) return { faults: ['there is no row in it'] };
  if (items.length > mostRows)
    return { faults: [`it has ${items.length} rows, and at most ${mostRows} go at once: split it into several files`] };
  const read = items.map((item, index) => readRow(item, `row ${index + 1}`));
  const faults = read.flatMap((row) => row.faults);
  if (faults.length > 0) return { faults: faults.slice(0, mostFaults) };
  return { rows: read.map(({ row }) => row), notes: read.flatMap(({ notes }) => notes) };
}

function parseJson(text: string): { document: unknown } | { faults: readonly string[] } {
  const faults: string[] = [];
  const keepExact = (key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    if (typeof value === 'number' && String(value) !== source)
      faults.push(`${key}: ${source} would arrive as ${value}: put it in quotes`);
    return value;
  };
  try {
    const document: unknown = JSON.parse(text, keepExact);
    return faults.length > 0 ? { faults: faults.slice(0, mostFaults) } : { document };
  } catch (error) {
    return { faults: [`it is not JSON: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

interface Row {
  readonly row: ImportRow;
  readonly notes: readonly string[];
  readonly faults: readonly string[];
}

function readRow(item: unknown, where: string): Row {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { row: {}, notes: [], faults: [`${where} is no object of column and value`] };
  const values: [string, string | number | boolean][] = [];
  const notes: string[] = [];
  const faults: string[] = [];
  for (const [column, value] of Object.entries(item)) {
    if (value === null) notes.push(`${where}: ${column} is null and is left out`);
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      values.push([column, value]);
    else faults.push(`${where}: ${column} holds a nested value; a column takes a text, a number or true or false`);
  }
  if (values.length === 0 && faults.length === 0) faults.push(`${where} has no value`);
  return { row: Object.fromEntries(values), notes, faults };
}
