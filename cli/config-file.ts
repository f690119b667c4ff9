import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { UsageError } from '#runtime/options.ts';

/**
 * Reads a YAML configuration file. One file may serve several commands: a key must be a setting of any of them. Throws
 * UsageError.
 */
export function readConfigFile(path: string, knownKeys: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  const document = parseFile(path);
  if (document === null || document === undefined) return {};
  if (typeof document !== 'object' || Array.isArray(document))
    throw new UsageError(
      `--config ${path}: expected a mapping of settings, such as "url: https://ticketgate.example.com"`,
    );
  const unknown = Object.keys(document).filter((key) => !knownKeys.has(key));
  if (unknown.length > 0)
    throw new UsageError(
      `--config ${path}: no such setting: ${unknown.join(', ')} (a key is the flag without its dashes, such as redis-url)`,
    );
  return { ...document };
}

function parseFile(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UsageError(`--config ${path} cannot be read: ${reason}`, { cause: error });
  }
}
