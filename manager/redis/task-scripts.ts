import { script } from './script.ts';

/** The steps of a task's life, each on its one hash KEYS[1]; each checks what it relies on, so none can be late. */

const clearAssignment = `redis.call('HDEL', KEYS[1], 'delegateId', 'delegateName', 'assignedAt', 'leaseUntil')`;
const isNewestAndLive = `
  local current = redis.call('HMGET', KEYS[1], 'attempt', 'outcome', 'delegateId')
  local live = current[1] and not current[2] and current[3] and tonumber(current[1]) == tonumber(ARGV[1])`;

/** ARGV: spec, deadlineAt. */
export const create = script(`
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
  redis.call('HSET', KEYS[1], 'spec', ARGV[1], 'state', 'queued', 'attempt', 0, 'deadlineAt', ARGV[2])
  return 1`);

/** ARGV: attempt, delegateId, delegateName, assignedAt, leaseUntil, the begun attempt. */
export const assign = script(`
  local current = redis.call('HMGET', KEYS[1], 'attempt', 'outcome', 'delegateId')
  if not current[1] or current[2] or current[3] or tonumber(current[1]) + 1 ~= tonumber(ARGV[1]) then return 0 end
  redis.call('HSET', KEYS[1], 'state', 'assigned', 'attempt', ARGV[1], 'delegateId', ARGV[2], 'delegateName', ARGV[3],
    'assignedAt', ARGV[4], 'leaseUntil', ARGV[5], 'attempt:' .. ARGV[1], ARGV[6])
  return 1`);

/** ARGV: attempt. */
export const accept = script(`${isNewestAndLive}
  if not live then return 0 end
  redis.call('HSET', KEYS[1], 'state', 'running')
  return 1`);

/**
 * ARGV: attempt, leaseUntil, graceMs. Answers with the reason to cancel, or ''. A lease never gets shorter, and ends at
 * the latest some grace after the deadline: a delegate that never reports must not keep a task for ever.
 */
export const extendLease = script(`${isNewestAndLive}
  if not live then return 0 end
  local before = tonumber(redis.call('HGET', KEYS[1], 'leaseUntil'))
  local last = tonumber(redis.call('HGET', KEYS[1], 'deadlineAt')) + tonumber(ARGV[3])
  local lease = math.min(tonumber(ARGV[2]), last)
  if lease <= before and tonumber(ARGV[2]) > before then return 0 end
  if lease > before then redis.call('HSET', KEYS[1], 'leaseUntil', string.format('%d', lease)) end
  return redis.call('HGET', KEYS[1], 'cancelReason') or ''`);

/** ARGV: attempt, its end, notBefore. */
export const requeue = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  redis.call('HSET', KEYS[1], 'attempt:' .. ARGV[1], ARGV[2])
  ${isNewestAndLive}
  if not live then return 0 end
  redis.call('HSET', KEYS[1], 'state', 'queued', 'notBefore', ARGV[3])
  ${clearAssignment}
  return 1`);

/** ARGV: outcome, its kind, endedAt, keptMs, attempt, the attempt's end or '', else the lease that was seen or ''. */
export const finish = script(`
  local current = redis.call('HMGET', KEYS[1], 'spec', 'attempt', 'outcome', 'leaseUntil')
  if not current[1] then return 'unknown-task' end
  if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'attempt:' .. ARGV[5], ARGV[6]) end
  if current[3] then return 'already-ended' end
  if tonumber(current[2]) ~= tonumber(ARGV[5]) then return 'superseded' end
  if ARGV[6] == '' and (current[4] or '') ~= ARGV[7] then return 'superseded' end
  redis.call('HSET', KEYS[1], 'outcome', ARGV[1], 'state', ARGV[2], 'endedAt', ARGV[3])
  ${clearAssignment}
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  return 'recorded'`);

/** ARGV: outcome, reason, endedAt, keptMs. */
export const cancel = script(`
  local current = redis.call('HMGET', KEYS[1], 'spec', 'outcome', 'delegateId')
  if not current[1] then return 'unknown-task' end
  if current[2] then return 'already-ended' end
  if current[3] then
    redis.call('HSET', KEYS[1], 'cancelReason', ARGV[2])
    return 'requested'
  end
  redis.call('HSET', KEYS[1], 'outcome', ARGV[1], 'state', 'cancelled', 'endedAt', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  return 'ended'`);
