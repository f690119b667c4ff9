import { hostname } from 'node:os';
import type { Logger } from '#runtime/logger.ts';
import type { Clock } from './core/clock.ts';
import { ManagerHeart } from './core/managers.ts';
import type { Roster } from './core/roster.ts';
import { SystemStanding } from './core/system.ts';
import { RedisManagerDirectory } from './redis/manager-directory.ts';
import { readQueueDepths } from './redis/queue-depths.ts';
import { readRedisFacts } from './redis/safety.ts';
import type { StoreSettings, Stores } from './stores.ts';

export interface SystemSettings extends StoreSettings {
  /** Of the manager's own making, or one that its operator runs. */
  readonly redisMode: 'embedded' | 'own';
  readonly version: string;
}

interface Deps {
  readonly settings: SystemSettings;
  readonly stores: Stores;
  readonly roster: Roster;
  readonly isDue: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly managerId: string;
}

/** Wires what shows operators how the whole stands. */
export function createSystem({ settings, stores, roster, isDue, clock, log, managerId }: Deps) {
  const { redis, redisMode, version, instanceConcurrency, timing } = settings;
  const managers = new RedisManagerDirectory(redis, stores.keys);
  const heart = new ManagerHeart({
    directory: managers,
    roster,
    clock,
    log,
    managerId,
    hostname: hostname(),
    version,
    everyMs: timing.heartbeatMs,
    isDue,
  });
  const system = new SystemStanding({
    managers,
    readRedis: () => readRedisFacts(redis),
    redisMode,
    readDepths: () => readQueueDepths(redis, stores.keys),
    groups: stores.pollGroups,
    approvals: stores.approvals,
    loads: stores.loads,
    instanceConcurrency,
    connectors: stores.connectors,
    clock,
    managerId,
  });
  return { heart, system };
}
