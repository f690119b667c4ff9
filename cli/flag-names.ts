import { ApiError } from './api-errors.ts';
import type { Problem } from './api-views.ts';

/**
 * How a command calls the parts of what it sends, by their JSON pointers. `*` stands for any one part, which the name may
 * be made of; a pointer covers what lies below it, unless a longer one does.
 */
export type FlagNames = Readonly<Record<string, string | ((...parts: string[]) => string)>>;

/** Lets the faults of a refused request name flags, which the user gave, and not JSON pointers, which the user never saw. */
export async function namingFlags<T>(names: FlagNames, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof ApiError ? new ApiError(nameFlags(names, error.problem)) : error;
  }
}

export function nameFlags(names: FlagNames, { faults = [], ...problem }: Problem): Problem {
  // The longer ones first: a shorter path may be how a longer one begins.
  const byLength = faults.filter(({ path }) => path !== '').sort((a, b) => b.path.length - a.path.length);
  return {
    ...problem,
    detail: byLength.reduce((text, { path }) => text.replaceAll(path, () => nameOf(names, path)), problem.detail),
    ...(faults.length > 0 ? { faults: faults.map((fault) => ({ ...fault, path: nameOf(names, fault.path) })) } : {}),
  };
}

function nameOf(names: FlagNames, path: string): string {
  const parts = readPointer(path);
  const [found] = Object.entries(names)
    .map(([pointer, name]) => ({ name, pattern: readPointer(pointer) }))
    .filter(({ pattern }) => covers(pattern, parts))
    .sort((a, b) => b.pattern.length - a.pattern.length);
  if (!found) return path;
  const { name, pattern } = found;
  return typeof name === 'string' ? name : name(...parts.filter((_, index) => pattern[index] === '*'));
}

function covers(pattern: readonly string[], parts: readonly string[]): boolean {
  return pattern.length <= parts.length && pattern.every((part, index) => part === '*' || part === parts[index]);
}

/** JSON pointers write / and ~ in another way. */
function readPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
