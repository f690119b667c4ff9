import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, visit } from 'yaml';
import { UsageError } from '#runtime/options.ts';
import { describeYamlFault } from './yaml-fault.ts';

/**
 * Reads a YAML configuration file. One file may serve several commands: a key must be a setting of any of them. A message
 * quotes nothing of the file but its keys: a token may stand there. Throws UsageError.
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
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  const refuse = (offset: number, message: string) => {
    const { line, col } = lines.linePos(offset);
    throw new UsageError(`--config ${path}: line ${line}, column ${col} ${message}`);
  };
  const [broken] = document.errors;
  if (broken) refuse(broken.pos[0], describeYamlFault(broken));
  visit(document, {
    Scalar: (_, { value, source, range }) => {
      if (typeof value === 'number' && String(value) !== source)
        refuse(range?.[0] ?? 0, `holds ${source}, which would be read as ${value}: put it in quotes`);
    },
  });
  try {
    return document.toJS();
  } catch (error) {
    throw new UsageError(`--config ${path}: its aliases (*name) stand for too much, or for nothing`, { cause: error });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--config ${path} cannot be read: ${reason}`, { cause: error });
  }
}
