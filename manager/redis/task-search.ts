import type { Redis } from 'ioredis';
import type { TaskFilter } from '../core/task-store.ts';
import type { Keys } from './keys.ts';
import { search, searchScript } from './search.ts';

/** A task that an earlier version wrote names neither type nor connector nor delegates beside its spec. */
const tasksScript = searchScript(`
    if filter.text and not string.find(id, filter.text, 1, true) then return false end
    local known = redis.call('HMGET', key, 'state', 'type', 'connectorId', 'by:' .. (filter.delegateId or ''))
    if not known[1] then return false end
    if filter.states and not filter.states[known[1]] then return false end
    if filter.type and known[2] ~= filter.type then return false end
    if filter.connectorId and known[3] ~= filter.connectorId then return false end
    return not filter.delegateId or known[4]`);

/** Finds listed tasks, newest first. */
export function searchTasks(
  redis: Redis,
  keys: Keys,
  { states, ...rest }: TaskFilter,
  cursor: string | undefined,
  limit: number,
): Promise<{ ids: string[]; cursor: string | undefined }> {
  const filter = { ...rest, ...(states ? { states: asSet(states) } : {}) };
  return search(redis, { script: tasksScript, index: keys.taskIndex(), records: keys.task(''), filter }, cursor, limit);
}

export function asSet(names: readonly string[]): Record<string, true> {
  return Object.fromEntries(names.map((name) => [name, true]));
}
