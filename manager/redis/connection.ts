import { once } from 'node:events';
import { Redis } from 'ioredis';

export type { Redis };

/** Thrown when Redis cannot be reached at start. */
class RedisUnreachableError extends Error {
  override readonly name = 'RedisUnreachableError';
}

interface ConnectOptions {
  readonly connectionName: string;
  readonly lazyConnect?: boolean;
  readonly maxRetriesPerRequest?: null;
  readonly enableAutoPipelining?: boolean;
  readonly retryStrategy: (times: number) => number | null;
}

const readyWithinMs = 15_000;

/** Opens a connection that keeps trying: commands wait while Redis is away. Whoever opens it closes it. */
export async function connectRedis(url: string, name: string, onError: (error: Error) => void): Promise<Redis> {
  const redis = openRedis(url, {
    connectionName: name,
    // BullMQ demands it; our own waits have time-outs of their own.
    maxRetriesPerRequest: null,
    enableAutoPipelining: true,
    retryStrategy: (times) => Math.min(50 * times, 1_000),
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
    onError(error);
  });
  // Not events.once: it would give up at the first error, and Redis may be about to start.
  const ready = new Promise((resolve) => redis.once('ready', resolve));
  const late = once(AbortSignal.timeout(readyWithinMs), 'abort').then(() => 'late' as const);
  if ((await Promise.race([ready, late])) === 'late') {
    redis.disconnect();
    throw new RedisUnreachableError(
      `Redis at ${withoutPassword(url)} did not answer within ${readyWithinMs / 1_000} s (${lastError?.message ?? 'no answer'}): check --redis-url and that Redis runs`,
    );
  }
  return redis;
}

/** `redis://…`, `rediss://…` or `unix:///path`. */
export function openRedis(url: string, options: ConnectOptions): Redis {
  return url.startsWith('unix://')
    ? new Redis({ ...options, path: url.slice('unix://'.length) })
    : new Redis(url, options);
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
