import { promises as fs } from 'node:fs';
import { parse } from 'yaml';
import { Policy } from '#protocol/policy.ts';
import { isTaskType, taskTypeNames } from '#protocol/task-types.ts';
import { closed, compileCheck, type Fault } from '#protocol/validation.ts';
import { UsageError } from '#runtime/options.ts';

/** Hello carries the policy beside the tags, and must stay below the longest frame before welcome. */
const mostBytes = 16_384;

/** Reads what the operator lets this delegate do. Throws UsageError: no delegate runs without a policy that it was given. */
export async function readPolicyFile(path: string): Promise<Policy> {
  const document = await readYaml(path);
  const fail = (faults: readonly string[]) =>
    new UsageError(faults.map((fault) => `--policy ${path}: ${fault}`).join('\n'), { remedy });
  const checked = checkPolicy(document);
  if ('faults' in checked) throw fail(checked.faults.map((fault) => describe(fault, document)));
  const policy = checked.value;
  // An empty file allows everything, and that is not what anybody writes a policy for.
  if (policy.hosts === undefined && policy.taskTypes === undefined) throw fail([`expected ${keys}`]);
  const unknown = (policy.taskTypes ?? []).filter((type) => !isTaskType(type));
  if (unknown.length > 0)
    throw fail(
      unknown.map((type) => `taskTypes: no task type ${JSON.stringify(type)}; expected ${expected.taskTypes}`),
    );
  const bytes = Buffer.byteLength(JSON.stringify(policy));
  if (bytes > mostBytes)
    throw fail([`hosts: ${bytes} bytes; expected at most ${mostBytes}: use patterns such as "*.service-now.com"`]);
  return policy;
}

const remedy = 'Correct the file; its form is in docs/operators.md, "The policy file".';

const checkPolicy = compileCheck(closed(Policy));

const keys = 'the keys hosts and taskTypes, at least one of them';

const expected: Readonly<Record<string, string>> = {
  hosts:
    'a list of at most 256 hosts such as example.service-now.com or "*.service-now.com", with :port where it is not the default',
  taskTypes: `a list of ${taskTypeNames.join(', ')}`,
};

async function readYaml(path: string): Promise<unknown> {
  let text = '';
  try {
    text = await fs.readFile(path, 'utf8');
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    // In YAML a star begins an alias.
    const hint = /^[^#'"]*[-:[,]\s*\*/m.test(text) ? '; a host that begins with * must stand in quotes' : '';
    throw new UsageError(`--policy ${path} cannot be read: ${reason}${hint}`, { cause: error, remedy });
  }
}

/** `/hosts/0` → `hosts: expected a list of …, got "https://example.com" at position 1`. */
function describe({ path, message }: Fault, document: unknown): string {
  const [key = '', index] = path.split('/').slice(1);
  const wanted = expected[key];
  if (wanted === undefined)
    return path === '' && isMapping(document) ? `${message}; expected ${keys}` : `expected ${keys}`;
  const given = isMapping(document) ? document[key] : undefined;
  if (index === undefined || !Array.isArray(given)) return `${key}: expected ${wanted}, got ${show(given)}`;
  return `${key}: expected ${wanted}, got ${show(given[Number(index)])} at position ${Number(index) + 1}`;
}

function isMapping(document: unknown): document is Readonly<Record<string, unknown>> {
  return typeof document === 'object' && document !== null && !Array.isArray(document);
}

function show(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 100);
}
