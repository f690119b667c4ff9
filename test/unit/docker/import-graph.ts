import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { readPage, root } from '../docs/pages.ts';

export interface Needs {
  /** Files of the repository, by their paths. */
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** Finds what a program needs to run: every file that it imports, directly or not, and every package. */
export function findNeeds(entry: string): Needs {
  const { imports } = JSON.parse(readPage('package.json')) as { imports: Readonly<Record<string, string>> };
  const files = new Set<string>();
  const packages = new Set<string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const specifier of specifiersOf(readPage(path))) {
      const target = specifier.startsWith('.') ? join(dirname(path), specifier) : resolveOwn(specifier, imports);
      if (target !== undefined) waiting.push(normalize(target));
      else if (!isBuiltin(specifier)) packages.add(packageOf(specifier));
    }
  }
  for (const path of files) if (!existsSync(join(root, path))) throw new Error(`${path} is imported and not there`);
  return { files, packages };
}

/** Types are stripped, so what is imported as a type alone is not needed. */
function specifiersOf(source: string): string[] {
  const code = source.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*.*?\*\//gs, '');
  const statements = [...code.matchAll(/^(?:import|export)(?!\s+type\b)\s[^;]*?from\s+'([^']+)'/gms)];
  const others = [...code.matchAll(/^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm)];
  return [...statements, ...others].flatMap(([, first, second]) => first ?? second ?? []);
}

function resolveOwn(specifier: string, imports: Readonly<Record<string, string>>): string | undefined {
  for (const [pattern, target] of Object.entries(imports)) {
    const prefix = pattern.replace('*', '');
    if (specifier.startsWith(prefix)) return target.replace('*', specifier.slice(prefix.length));
  }
  return undefined;
}

function packageOf(specifier: string): string {
  const [first = '', second] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}
