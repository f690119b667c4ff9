import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Finds the Node 24 that the dependency `node` brings, else takes the one that runs this, if it is new enough.
 * @returns {string | undefined}
 */
export function findNode24() {
  const names = ['node', 'node.exe'].map((name) => join(root, 'node_modules', 'node', 'bin', name));
  const bundled = names.find((path) => existsSync(path));
  if (bundled !== undefined) return bundled;
  return Number.parseInt(process.versions.node, 10) >= 24 ? process.execPath : undefined;
}
