import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '#runtime/options.ts';
import type { Io } from '../io.ts';

/** A text of declarations: its name in messages, and the folder that its relative paths begin at. */
export interface Source {
  readonly name: string;
  readonly folder: string;
  readonly text: string;
}

/** Reads files, the YAML files of folders, and standard input (`-`). Throws UsageError. */
export async function readSources(paths: readonly string[], io: Io): Promise<Source[]> {
  if (paths.length === 0)
    throw new UsageError('-f is missing: give a file, a folder of files, or - for standard input');
  const sources: Source[] = [];
  for (const path of paths) {
    if (path === '-') sources.push({ name: 'standard input', folder: '', text: await io.readInput() });
    else sources.push(...readPath(path));
  }
  return sources;
}

function readPath(path: string): Source[] {
  try {
    if (!statSync(path).isDirectory()) return [readOne(path)];
    const files = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
    if (files.length > 0) return files.sort().map((name) => readOne(join(path, name)));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`-f ${path} cannot be read: ${reason}`, { cause: error });
  }
  throw new UsageError(`-f ${path}: there is no file in it whose name ends with .yaml or .yml`);
}

function readOne(path: string): Source {
  return { name: path, folder: dirname(path), text: readFileSync(path, 'utf8') };
}
