import type { Redis } from 'ioredis';
import type { ApprovalFilter } from '../core/approval-store.ts';
import type { Keys } from './keys.ts';
import { search, searchScript } from './search.ts';
import { asSet } from './task-search.ts';

/**
 * What is not beside the spec is in it, or in the last reading: an earlier version wrote it so, and of a ticket that was
 * named by its sys_id the number comes with the reading.
 */
const approvalsScript = searchScript(`
    local known = redis.call('HMGET', key, 'state', 'connectorId', 'number')
    if not known[2] and redis.call('EXISTS', key) == 0 then return false end
    if filter.states then
      local state = known[1]
      if not state then
        local told = redis.call('HGET', key, 'end')
        state = told and cjson.decode(told).state or 'waiting'
      end
      if not filter.states[state] then return false end
    end
    local spec
    local function ofSpec()
      spec = spec or cjson.decode(redis.call('HGET', key, 'spec') or '{"origin":{},"ticket":{}}')
      return spec
    end
    if filter.connectorId and (known[2] or ofSpec().origin.connectorId) ~= filter.connectorId then return false end
    if filter.number then
      local number = known[3] or ofSpec().ticket.number
      if not number then
        local progress = redis.call('HGET', key, 'progress')
        local reading = progress and cjson.decode(progress).reading
        number = reading and reading.ticket.number or ''
      end
      if string.upper(number) ~= filter.number then return false end
    end
    return true`);

/** Finds approvals, newest first. */
export function searchApprovals(
  redis: Redis,
  keys: Keys,
  { states, number, ...rest }: ApprovalFilter,
  cursor: string | undefined,
  limit: number,
): Promise<{ ids: string[]; cursor: string | undefined }> {
  const filter = {
    ...rest,
    ...(states ? { states: asSet(states) } : {}),
    ...(number === undefined ? {} : { number: number.toUpperCase() }),
  };
  return search(
    redis,
    { script: approvalsScript, index: keys.approvalIndex(), records: keys.approval(''), filter },
    cursor,
    limit,
  );
}
