import { script } from './script.ts';

/**
 * The steps of a task's life; each checks what it relies on, so none can be late, and knows itself again when a broken
 * connection has sent it twice. KEYS: the task's hash; the reminders of waiting tasks, by their next limit; those of
 * assigned ones, by when they count as lost; the ended ones, by when; all of them, by creation; those that are under way
 * at the task's instance, by when they are over at the latest.
 */

/** Whether the instance has a place; \`most\` 0: it has as many as there are delegates. */
const hasPlace = `
  local function hasPlace(a)
    if a.most == 0 then return true end
    redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', a.assignedAt)
    return redis.call('ZCARD', KEYS[6]) < a.most
  end`;

const begin = `
  redis.call('HSET', KEYS[1], 'state', 'assigned', 'attempt', a.attempt, 'delegateId', a.delegateId, 'delegateName',
    a.delegateName, 'assignedAt', a.assignedAt, 'leaseUntil', a.leaseUntil, 'leaseLimit', a.leaseLimit, 'quietMs',
    a.quietMs, 'attempt:' .. a.attempt, a.begun, 'by:' .. a.delegateId, a.attempt)
  redis.call('ZADD', KEYS[3], a.leaseUntil + a.quietMs, id)
  if a.most > 0 then redis.call('ZADD', KEYS[6], a.leaseLimit + a.quietMs, id) end`;
const clearAssignment = `
  redis.call('ZREM', KEYS[6], ARGV[1])
  redis.call('HDEL', KEYS[1], 'delegateId', 'delegateName', 'assignedAt', 'leaseUntil', 'leaseLimit', 'quietMs')`;
/** The first end that a delegate tells of its attempt stays; that it was lost is only what was thought meanwhile. */
const keepEnd = (end: string) => `
  local first = prior and cjson.decode(prior).outcome
  if not first or (first.failure and first.failure.code == 'delegate-lost') then
    redis.call('HSET', KEYS[1], key, ${end})
  end`;
/**
 * ARGV: id, spec, createdAt, next limit, listed, the idempotency key's value or '', how long that is kept, the
 * assignment as JSON or '', and what lists are narrowed by: its type and its connector. KEYS[7]: the idempotency key. Answers with the value that the key has already, else 1; 2 when it
 * was written without the assignment, since the instance has no place; 0 when it is sent again and the assignment is not
 * the task's any more.
 */
export const create = script(`${hasPlace}
  local id, listed = ARGV[1], ARGV[5]
  if ARGV[6] ~= '' then
    local holder = redis.call('GET', KEYS[7])
    if holder then return holder end
    redis.call('SET', KEYS[7], ARGV[6], 'PX', ARGV[7])
  end
  if redis.call('EXISTS', KEYS[1]) == 1 then
    if ARGV[8] == '' then return 1 end
    local a = cjson.decode(ARGV[8])
    local current = redis.call('HMGET', KEYS[1], 'attempt', 'delegateId', 'assignedAt')
    return (tonumber(current[1]) == a.attempt and current[2] == a.delegateId and tonumber(current[3]) == a.assignedAt)
      and 1 or 0
  end
  redis.call('HSET', KEYS[1], 'spec', ARGV[2], 'state', 'queued', 'attempt', 0, 'type', ARGV[9], 'connectorId', ARGV[10])
  if listed == '1' then redis.call('ZADD', KEYS[5], ARGV[3], id) end
  local a = ARGV[8] ~= '' and cjson.decode(ARGV[8])
  if a and hasPlace(a) then
    ${begin}
    return 1
  end
  redis.call('ZADD', KEYS[2], ARGV[4], id)
  return a and 2 or 1`);

/** ARGV: id, the assignment as JSON. Answers with 2 when the instance has no place. */
export const assign = script(`${hasPlace}
  local id, a = ARGV[1], cjson.decode(ARGV[2])
  local current = redis.call('HMGET', KEYS[1], 'attempt', 'outcome', 'delegateId', 'assignedAt')
  if not current[1] or current[2] then return 0 end
  if current[3] then
    if tonumber(current[1]) == a.attempt and current[3] == a.delegateId and tonumber(current[4]) == a.assignedAt then
      return 1
    end
    return 0
  end
  if tonumber(current[1]) + 1 ~= a.attempt then return 0 end
  if not hasPlace(a) then return 2 end
  ${begin}
  redis.call('ZREM', KEYS[2], id)
  return 1`);

const isNewestAndLive = `
  local current = redis.call('HMGET', KEYS[1], 'attempt', 'outcome', 'delegateId')
  local live = current[1] and not current[2] and current[3] and tonumber(current[1]) == tonumber(ARGV[2])`;

/** ARGV: id, attempt. */
export const accept = script(`${isNewestAndLive}
  if not live then return 0 end
  redis.call('HSET', KEYS[1], 'state', 'running')
  return 1`);

/**
 * ARGV: id, attempt, delegateId, leaseUntil, now. Answers with the lease and the reason to cancel, or ''. A lease never gets
 * shorter, and ends at its limit at the latest: a delegate that never reports must not keep a task for ever. One that
 * counts as lost is not extended any more: somebody may be giving the task to another.
 */
export const extendLease = script(`${isNewestAndLive}
  if not live or current[3] ~= ARGV[3] then return 0 end
  local lease = redis.call('HMGET', KEYS[1], 'leaseUntil', 'leaseLimit', 'quietMs', 'cancelReason')
  local before, limit, now = tonumber(lease[1]), tonumber(lease[2]), tonumber(ARGV[5])
  if now >= limit or now >= before + tonumber(lease[3]) then return 0 end
  local granted = math.min(tonumber(ARGV[4]), limit)
  if granted > before then
    redis.call('HSET', KEYS[1], 'leaseUntil', string.format('%d', granted))
    redis.call('ZADD', KEYS[3], granted + tonumber(lease[3]), ARGV[1])
  end
  return { string.format('%d', math.max(granted, before)), lease[4] or '' }`);

/** ARGV: id, attempt, its end, notBefore, next limit, the request to cancel that is known of or '', the lease that was seen or ''. */
export const requeue = script(`
  if redis.call('EXISTS', KEYS[1]) == 0 then return 'superseded' end
  local key = 'attempt:' .. ARGV[2]
  local prior = redis.call('HGET', KEYS[1], key)
  ${isNewestAndLive}
  if live and (redis.call('HGET', KEYS[1], 'cancelReason') or '') ~= ARGV[6] then return 'cancel-asked' end
  if live and ARGV[7] ~= '' and redis.call('HGET', KEYS[1], 'leaseUntil') ~= ARGV[7] then return 'superseded' end
  ${keepEnd('ARGV[3]')}
  if not live then
    local isAgain = not current[2] and not current[3] and tonumber(current[1]) == tonumber(ARGV[2]) and prior == ARGV[3]
    return isAgain and 'requeued' or 'superseded'
  end
  redis.call('HSET', KEYS[1], 'state', 'queued', 'notBefore', ARGV[4])
  ${clearAssignment}
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
  return 'requeued'`);

/**
 * ARGV: id, outcome, its kind, endedAt, keptMs, listed, attempt, the attempt's end or '', the lease that was seen or '',
 * the request to cancel that is known of or ''.
 */
export const finish = script(`
  local id, endedAt, keptMs, listed = ARGV[1], ARGV[4], ARGV[5], ARGV[6]
  local current = redis.call('HMGET', KEYS[1], 'spec', 'attempt', 'outcome', 'leaseUntil', 'cancelReason')
  if not current[1] then return 'unknown-task' end
  local prior = false
  if ARGV[8] ~= '' then
    local key = 'attempt:' .. ARGV[7]
    prior = redis.call('HGET', KEYS[1], key)
    if not current[3] and tonumber(current[2]) == tonumber(ARGV[7]) and ARGV[3] ~= 'succeeded'
      and (current[5] or '') ~= ARGV[10] then return 'cancel-asked' end
    if ARGV[9] ~= '' and not current[3] and current[4] ~= ARGV[9] then return 'superseded' end
    ${keepEnd('ARGV[8]')}
  end
  if current[3] then
    return (current[3] == ARGV[2] and (ARGV[8] == '' or prior == ARGV[8])) and 'recorded' or 'already-ended'
  end
  if tonumber(current[2]) ~= tonumber(ARGV[7]) then return 'superseded' end
  if ARGV[8] == '' and (current[4] or '') ~= ARGV[9] then return 'superseded' end
  redis.call('HSET', KEYS[1], 'outcome', ARGV[2], 'state', ARGV[3], 'endedAt', endedAt)
  ${clearAssignment}
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('PEXPIRE', KEYS[1], keptMs)
  if listed == '1' then redis.call('ZADD', KEYS[4], endedAt, id) end
  return 'recorded'`);

/** ARGV: id, attempt, reason. */
export const requestCancel = script(`${isNewestAndLive}
  if not live then return 0 end
  redis.call('HSET', KEYS[1], 'cancelReason', ARGV[3])
  return 1`);

/** ARGV: id. Drops the reminders that a task does not need, whatever has become of it since somebody looked. */
export const forget = script(`
  local current = redis.call('HMGET', KEYS[1], 'spec', 'outcome', 'delegateId')
  local isOver = not current[1] or current[2]
  if isOver or current[3] then redis.call('ZREM', KEYS[2], ARGV[1]) end
  if isOver or not current[3] then redis.call('ZREM', KEYS[3], ARGV[1]) end
  return 1`);
