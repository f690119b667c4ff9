import { rewrite } from './rewrite.ts';

/** An assignment is given out again while its delegate may be at work on it, and whichever attempt reports decides. */
rewrite('manager/redis/task-scripts.ts', [
  ["redis.call('ZADD', KEYS[3], a.leaseUntil + a.quietMs, id)", "redis.call('ZADD', KEYS[3], a.assignedAt, id)"],
  ["if tonumber(current[2]) ~= tonumber(ARGV[7]) then return 'superseded' end", ''],
]);
rewrite('manager/core/claim-policy.ts', [
  ['return leaseUntil + (taskTypes[type].sideEffect ? settleMs : 0);', 'return 0;'],
]);
