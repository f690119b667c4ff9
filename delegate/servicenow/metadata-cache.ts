import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { OpenTarget, TaskContext } from '../core/handler.ts';
import type { Refused } from './answer.ts';
import { type Calls, findStop } from './calls.ts';
import type { MetadataReading, ReadTableMetadata } from './table-metadata.ts';

/**
 * Keeps what was read of tables, for each base URL and each way to log in, and reads a table once for all that ask at the
 * same time. A failure is not kept, nor what is unknown because of one.
 */
export function createMetadataCache(clock: Clock, read: ReadTableMetadata): ReadTableMetadata {
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<MetadataReading>>();
  // Log-ins are told apart without being kept: a secret lives in memory only while its task runs.
  const hashKey = randomBytes(32);

  async function readAndKeep(key: string, calls: Calls, table: string): Promise<MetadataReading> {
    const reading = await read(calls, table);
    if (reading.kind === 'known' || (reading.kind === 'unknown' && reading.fault === undefined)) {
      kept.delete(key);
      kept.set(key, { reading, untilMs: clock.monotonicMs() + keepMs[reading.kind] });
      const [oldest] = kept.keys();
      if (kept.size > mostTables && oldest !== undefined) kept.delete(oldest);
    }
    return reading;
  }

  return async (calls, table) => {
    const { context } = calls;
    const key = `${identify(context.target, hashKey)} ${table}`;
    for (;;) {
      const found = kept.get(key);
      if (found !== undefined && found.untilMs > clock.monotonicMs()) return found.reading;
      const others = underWay.get(key);
      if (others === undefined) {
        const own = readAndKeep(key, calls, table).finally(() => underWay.delete(key));
        underWay.set(key, own);
        return own;
      }
      const reading = await orStop(context, others);
      // The task that was reading may have been stopped, which is no answer for this one.
      if (reading.kind !== 'failed' || findStop(context) !== undefined || !isStop(reading)) return reading;
    }
  };
}

interface Kept {
  readonly reading: MetadataReading;
  readonly untilMs: number;
}

const keepMs = { known: 600_000, unknown: 60_000 } as const;

const mostTables = 100;

function identify({ baseUrl, authentication }: OpenTarget, hashKey: Buffer): string {
  const identity = createHmac('sha256', hashKey).update(JSON.stringify(authentication)).digest('base64');
  return `${baseUrl} ${identity}`;
}

function isStop({ failure: { code } }: Refused): boolean {
  return code === 'task-timeout' || code === 'lease-lost';
}

/** Waits for another task's reading, no longer than this one may run. */
async function orStop(context: TaskContext, reading: Promise<MetadataReading>): Promise<MetadataReading> {
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = (): void => resolve(undefined);
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    return findStop(context) ?? (await Promise.race([reading, stopped])) ?? findStop(context) ?? (await reading);
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
}
