import type { Io } from './io.ts';

/** Where a command's results and progress go: with --json documents on standard output, else lines for a person. */
export interface Output {
  readonly json: boolean;
  /** A result: the document with --json, else the lines. Streams call it once a line. */
  result(document: unknown, lines: readonly string[]): void;
  /** News while something is under way, for a person, never on standard output. */
  progress(line: string): void;
}

export function createOutput(io: Io, json: boolean): Output {
  return {
    json,
    result: (document, lines) => {
      if (json) io.writeOut(`${JSON.stringify(document)}\n`);
      else if (lines.length > 0) io.writeOut(`${lines.join('\n')}\n`);
    },
    progress: (line) => io.writeErr(`${line}\n`),
  };
}

/** Lays rows out under their headings, in columns as wide as their widest cell. */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  return [headings, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A list as a table, or a sentence when there is nothing to list. */
export function renderList(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  whenEmpty: string,
): string[] {
  return rows.length === 0 ? [whenEmpty] : renderTable(headings, rows);
}

/** A time of the API as people read it, always with its zone: `2026-01-31 12:00:00 UTC`. */
export function renderTime(iso: string | undefined): string {
  if (iso === undefined) return '-';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
