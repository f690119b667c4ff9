import type { Redis } from 'ioredis';
import { Keys } from '../../manager/redis/keys.ts';
import type { KeyFamilies, RedisKey } from './snapshot.ts';

const prefix = 'ticketgate';
const documentKinds = ['api-tokens', 'delegate-tokens', 'connectors', 'secrets'];

/** Reads every key with what it holds. */
export async function readRedis(redis: Redis): Promise<RedisKey[]> {
  const names: string[] = [];
  for (let cursor = '0'; ; ) {
    const [next, found] = await redis.scan(cursor, 'COUNT', 1_000);
    names.push(...found);
    cursor = next;
    if (cursor === '0') break;
  }
  const keys = await Promise.all([...new Set(names)].map((name) => readKey(redis, name)));
  return keys.filter((key) => key.type !== 'none');
}

async function readKey(redis: Redis, name: string): Promise<RedisKey> {
  const [type, ttl] = await Promise.all([redis.type(name), redis.pttl(name)]);
  return { name, type, ttlMs: ttl < 0 ? undefined : ttl, content: await readContent(redis, name, type) };
}

async function readContent(redis: Redis, name: string, type: string): Promise<string[]> {
  switch (type) {
    case 'string': {
      const value = await redis.get(name);
      return value === null ? [] : [value];
    }
    case 'hash':
      return Object.entries(await redis.hgetall(name)).flat();
    case 'list':
      return redis.lrange(name, 0, -1);
    case 'set':
      return redis.smembers(name);
    case 'zset':
      return redis.zrange(name, '0', '-1');
    default:
      return [];
  }
}

/** Takes the families of keys from the one place where the manager names them. */
export function keyFamilies(): KeyFamilies {
  const { documents, documentNames, queues, ...families } = new Keys(prefix);
  const patterns = new Map(
    Object.entries(families).map(([name, keyOf]: [string, (part: string) => string]) => [name, patternOf(keyOf)]),
  );
  const queue = new RegExp(`^${escapePattern(queues())}:`);
  const ofDocuments = documentKinds.flatMap((kind) => [documents(kind), documentNames(kind)]);
  const named = (names: readonly string[]) => names.flatMap((name) => patterns.get(name) ?? []);
  const [task] = named(['task']);
  if (!task) throw new Error('Keys names no tasks');
  return {
    known: [...patterns.values(), ...ofDocuments.map((name) => new RegExp(`^${escapePattern(name)}$`)), queue],
    task,
    mayNameEnded: named(['task', 'taskIndex', 'tasksEnded', 'taskIdempotency', 'taskProgress']),
    queue,
  };
}

const part = 'PART';

function patternOf(keyOf: (part: string) => string): RegExp {
  return new RegExp(`^${escapePattern(keyOf(part)).replace(part, '.+')}$`);
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
