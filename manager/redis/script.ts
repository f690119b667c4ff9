import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A Lua script: one atomic step. Sent by its hash, and whole when Redis does not know it yet. */
export interface Script {
  readonly sha: string;
  run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

export function script(source: string): Script {
  const sha = createHash('sha1').update(source).digest('hex');
  return {
    sha,
    run: async (redis, keys, args) => {
      try {
        return await redis.evalsha(sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        return redis.eval(source, keys.length, ...keys, ...args);
      }
    },
  };
}
