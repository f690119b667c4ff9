import { rewrite } from './rewrite.ts';

/** A poll group stays with the manager that took it, dead or alive, until it is given back. */
rewrite('manager/redis/poll-group-store.ts', [
  [
    'for _, group in ipairs(due) do',
    "local free = {} for _, group in ipairs(due) do if not redis.call('HGET', KEYS[2], group) then table.insert(free, group) end end due = free for _, group in ipairs(due) do",
  ],
]);
