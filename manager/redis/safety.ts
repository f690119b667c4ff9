import type { Redis } from 'ioredis';
import type { RedisFacts } from '../core/system.ts';

export interface SafetyReport {
  /** Why this Redis must not be used. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

type Read = (field: string) => string;

/** Tells what would make this Redis lose tasks. */
export async function inspectRedis(redis: Redis): Promise<SafetyReport> {
  return judge(readerOf(await redis.info()));
}

/** Tells how Redis is, for people to see. */
export async function readRedisFacts(redis: Redis): Promise<RedisFacts> {
  const read = readerOf(await redis.info());
  const { refusals, warnings } = judge(read);
  const maxMemoryBytes = Number(read('maxmemory'));
  return {
    version: read('redis_version'),
    usedMemoryBytes: Number(read('used_memory')),
    ...(maxMemoryBytes > 0 ? { maxMemoryBytes } : {}),
    connectedClients: Number(read('connected_clients')),
    isAppendOnly: read('aof_enabled') === '1',
    isSaving: read('aof_last_write_status') !== 'err' && read('rdb_last_bgsave_status') !== 'err',
    warnings: [...refusals, ...warnings],
  };
}

function readerOf(info: string): Read {
  return (field) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}

function judge(read: Read): SafetyReport {
  const refusals: string[] = [];
  const warnings: string[] = [];
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
