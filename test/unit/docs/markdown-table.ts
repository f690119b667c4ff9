/** A table of a page, under the nearest heading above it. Cells are trimmed; code marks are taken off whole cells. */
export interface Table {
  readonly heading: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Reads every table of a Markdown page, in order. */
export function readTables(markdown: string): Table[] {
  const tables: Table[] = [];
  let heading = '';
  let lines: string[] = [];
  const flush = () => {
    const [header, rule, ...rows] = lines.map(readCells);
    if (header && rule?.every((cell) => /^:?-+:?$/.test(cell))) tables.push({ heading, header, rows });
    lines = [];
  };
  for (const line of [...withoutCodeBlocks(markdown).split('\n'), '']) {
    if (line.startsWith('|')) {
      lines.push(line);
      continue;
    }
    flush();
    if (/^#+ /.test(line)) heading = line.replace(/^#+ /, '').trim();
  }
  return tables;
}

/** The only table under a heading. Throws when there is none, or more than one. */
export function tableUnder(markdown: string, heading: string): Table {
  const found = readTables(markdown).filter((table) => table.heading === heading);
  const [table] = found;
  if (!table || found.length > 1)
    throw new Error(`${found.length} tables under the heading "${heading}", expected one`);
  return table;
}

/** The page without its fenced blocks, whose lines are no Markdown. */
export function withoutCodeBlocks(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, '');
}

/** The fenced blocks of one language, or of none. */
export function codeBlocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(.*?)\n(.*?)^```$/gms)]
    .filter(([, info]) => info === language)
    .map(([, , body]) => body ?? '');
}

function readCells(line: string): string[] {
  const inner = line.trim().replace(/^\|/, '').replace(/\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => readCode(cell.trim().replaceAll('\\|', '|')));
}

function readCode(cell: string): string {
  return /^`[^`]*`$/.test(cell) ? cell.slice(1, -1) : cell;
}
