import type { Redis } from 'ioredis';
import { type Script, script } from './script.ts';

/** So many are looked at in one step of Redis, which nobody else can use meanwhile, and in one page. */
const mostInStep = 500;
const mostInPage = 20_000;

/**
 * A step of a search through a sorted set, highest score first. `matches`: the body of a Lua function of `key`, `id` and
 * `filter`. ARGV: where the step before ended, as score and member or '', how many to look at, how many to find, what the
 * records' keys begin with, the filter as JSON.
 */
export function searchScript(matches: string): Script {
  return script(`
  local score, member, prefix, filter = ARGV[1], ARGV[2], ARGV[5], cjson.decode(ARGV[6])
  local most, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
  local function matches(key, id)
    ${matches}
  end
  local start = 0
  if member ~= '' then
    local rank = redis.call('ZREVRANK', KEYS[1], member)
    start = rank and rank + 1 or redis.call('ZCOUNT', KEYS[1], '(' .. score, '+inf')
  end
  local rows = redis.call('ZREVRANGE', KEYS[1], start, start + most - 1, 'WITHSCORES')
  local found, last = {}, ''
  for n = 1, #rows, 2 do
    last = rows[n + 1] .. ':' .. rows[n]
    if matches(prefix .. rows[n], rows[n]) then
      found[#found + 1] = rows[n]
      if #found == limit then return { found, last } end
    end
  end
  return { found, #rows == 2 * most and last or '' }`);
}

interface Search {
  readonly script: Script;
  /** The sorted set, and what the keys of its records begin with. */
  readonly index: string;
  readonly records: string;
  readonly filter: object;
}

/**
 * Finds one page. With a cursor there may be more: also when few were found among so many that the rest is left to the
 * next page.
 */
export async function search(
  redis: Redis,
  { script, index, records, filter }: Search,
  cursor: string | undefined,
  limit: number,
): Promise<{ ids: string[]; cursor: string | undefined }> {
  const ids: string[] = [];
  let at = cursor ?? '';
  for (let looked = 0; looked < mostInPage; looked += mostInStep) {
    const [, score = '', member = ''] = /^(\d+):(.+)$/.exec(at) ?? [];
    const args = [score, member, mostInStep, limit - ids.length, records, JSON.stringify(filter)];
    const [found, last] = (await script.run(redis, [index], args)) as [string[], string];
    ids.push(...found);
    if (last === '') return { ids, cursor: undefined };
    at = last;
    if (ids.length === limit) break;
  }
  return { ids, cursor: at };
}
