import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Reads a file of the repository. */
export function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

const notOurs = new Set(['node_modules', '.git', '.ticketgate', 'coverage']);

/** Lists the files of the repository by their paths, without dependencies and data. */
export function listFiles(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (notOurs.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? listFiles(path) : [relative(root, path)];
  });
}

/** Every Markdown page of the repository. */
export function listPages(): string[] {
  return listFiles().filter((path) => path.endsWith('.md'));
}
