import type { Params, Result } from '#protocol/task-types.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './clock.ts';
import type { Connectors } from './connectors.ts';
import { Refusal } from './refusal.ts';
import { viewTask } from './task-record.ts';
import type { TaskOrigin, Tasks } from './tasks.ts';

export type MetadataQuery = Params<'metadata.read'>;

/** What one reading told. */
export interface MetadataReading {
  readonly result: Result<'metadata.read'>;
  readonly taskId: string;
  readonly readAt: number;
}

interface Deps {
  readonly connectors: Connectors;
  readonly tasks: Tasks;
  readonly clock: Clock;
}

interface Kept {
  readonly reading: Promise<MetadataReading>;
  /** Undefined while it is under way. */
  until: number | undefined;
}

const keptMs = 300_000;
const mostKept = 500;

/** Reads what can be created at a connector's instance, and remembers it for a while in this manager. */
export class Metadata {
  readonly #deps: Deps;
  readonly #kept = new Map<string, Kept>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Callers who ask for the same at once share one task; `refresh` joins one under way, but takes nothing remembered. */
  async read(caller: Caller, connector: string, query: MetadataQuery, refresh: boolean): Promise<MetadataReading> {
    const { connectors } = this.#deps;
    const origin = await connectors.originFor(caller, connector);
    // An edited connector, or a new value of a secret, may be another user, who sees other things.
    const key = JSON.stringify([origin, await connectors.secretsChangedAt(origin), query]);
    const known = this.#kept.get(key);
    if (known && (known.until === undefined || (!refresh && this.#deps.clock.now() < known.until)))
      return known.reading;
    return this.#begin(key, connector, origin, query);
  }

  #begin(key: string, connector: string, origin: TaskOrigin, query: MetadataQuery): Promise<MetadataReading> {
    const kept: Kept = { reading: this.#run(connector, origin, query), until: undefined };
    this.#kept.delete(key);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= mostKept && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, kept);
    kept.reading.then(
      () => {
        kept.until = this.#deps.clock.now() + keptMs;
      },
      () => {
        if (this.#kept.get(key) === kept) this.#kept.delete(key);
      },
    );
    return kept.reading;
  }

  async #run(connector: string, origin: TaskOrigin, query: MetadataQuery): Promise<MetadataReading> {
    const submission = { type: 'metadata.read', params: query, origin, selectors: [], limits: {} } as const;
    // Several may wait for it: that one of them goes away ends nothing.
    const task = await this.#deps.tasks.run(submission, new AbortController().signal);
    const { outcome } = task;
    const extra = { task: viewTask(task) };
    switch (outcome.kind) {
      case 'succeeded':
        return {
          result: outcome.result as Result<'metadata.read'>,
          taskId: task.spec.id,
          readAt: task.endedAt ?? task.spec.createdAt,
        };
      case 'failed':
      case 'expired':
        throw new Refusal(
          'metadata-unreadable',
          `the ${query.what} of connector "${connector}" could not be read: ${outcome.failure.message}`,
          outcome.failure.remedy,
          { extra },
        );
      case 'cancelled':
        throw new Refusal(
          'metadata-unreadable',
          `the task that read the ${query.what} of connector "${connector}" was cancelled: ${outcome.reason}`,
          'Ask again.',
          { extra },
        );
    }
  }
}
