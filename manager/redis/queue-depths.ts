import type { Redis } from 'ioredis';
import type { QueueDepths } from '../core/system.ts';
import type { Route } from '../core/task-record.ts';
import type { Keys } from './keys.ts';
import { script } from './script.ts';

/** Nobody else can use Redis while it counts. */
const mostRoutes = 2_000;

/** Counts what waits in the queues of BullMQ, route by route, those that have been there longest first. */
export async function readQueueDepths(redis: Redis, keys: Keys): Promise<QueueDepths> {
  const args = [`${keys.queues()}:`, mostRoutes];
  const [all, rows] = (await depthScript.run(redis, [keys.routes(), keys.routeUse()], args)) as [number, Row[]];
  const routes = rows.map(([text, waiting, later, oldestAt]) => ({
    route: JSON.parse(text) as Route,
    waiting,
    later,
    oldestAt: oldestAt === '' ? undefined : Number(oldestAt),
  }));
  return { routes: routes.filter(({ route }) => route.type !== 'canary'), leftOut: Math.max(0, all - mostRoutes) };
}

type Row = [route: string, waiting: number, later: number, oldestAt: string];

/** ARGV: what the queues' keys begin with, how many routes to look at. The job that is next is the last of its list. */
const depthScript = script(`
  local rows = {}
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, ARGV[2] - 1)) do
    local queue = ARGV[1] .. id .. ':'
    local waiting = redis.call('LLEN', queue .. 'wait') + redis.call('ZCARD', queue .. 'prioritized')
    local later = redis.call('ZCARD', queue .. 'delayed')
    local route = waiting + later > 0 and redis.call('HGET', KEYS[1], id)
    if route then
      local next = redis.call('LINDEX', queue .. 'wait', -1) or redis.call('ZRANGE', queue .. 'delayed', 0, 0)[1]
      local at = next and redis.call('HGET', queue .. next, 'timestamp')
      rows[#rows + 1] = { route, waiting, later, at or '' }
    end
  end
  return { redis.call('ZCARD', KEYS[2]), rows }`);
