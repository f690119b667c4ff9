import type { Redis } from 'ioredis';

export interface SafetyReport {
  /** Why this Redis must not be used. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/** Tells what would make this Redis lose tasks. */
export async function inspectRedis(redis: Redis): Promise<SafetyReport> {
  const refusals: string[] = [];
  const warnings: string[] = [];
  const info = await redis.info();
  const read = (field: string) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = read('redis_version');
  if (Number.parseFloat(version) < 6.2) refusals.push(`Redis ${version} is too old: 6.2 or later is needed`);
  const policy = read('maxmemory_policy');
  if (policy !== '' && policy !== 'noeviction')
    refusals.push(`maxmemory-policy is ${policy}: Redis would drop tasks when memory is short; set it to noeviction`);
  if (read('aof_enabled') === '0')
    warnings.push('append-only persistence is off: a crash of Redis loses what it had accepted; set appendonly yes');
  if (read('role') === 'slave') refusals.push('this Redis is a replica: give the address of its primary');
  return { refusals, warnings };
}
