import type { Attempt, Outcome } from '#protocol/task.ts';
import type { Operation } from './caller.ts';
import type { FaultKind } from './cells.ts';
import type { StoredRow } from './simulator-client.ts';
import type { UnaskedEnd } from './supervised.ts';

/** A task as one manager shows it. */
export interface ShownTask {
  readonly id: string;
  readonly manager: string;
  readonly type: string;
  readonly state: string;
  readonly pickUpBy: string;
  readonly outcome: Outcome | undefined;
  readonly attempts: readonly Attempt[];
}

export interface ShownDelegate {
  readonly manager: string;
  readonly name: string;
  readonly state: string;
  readonly inFlight: number;
}

export interface RedisKey {
  readonly name: string;
  readonly type: string;
  /** Undefined for a key that stays. */
  readonly ttlMs: number | undefined;
  /** Fields and values of a hash, members of the others; empty for a stream. */
  readonly content: readonly string[];
}

/** What the project says of its keys. */
export interface KeyFamilies {
  readonly known: readonly RegExp[];
  /** One task each. */
  readonly task: RegExp;
  /** May name a task that has ended. */
  readonly mayNameEnded: readonly RegExp[];
  /** BullMQ's. */
  readonly queue: RegExp;
}

/** One look at what may be left of tasks. */
export interface Remains {
  /** Tasks that have ended, in this run or before. */
  readonly ended: ReadonlySet<string>;
  readonly redis: readonly RedisKey[];
  readonly families: KeyFamilies;
  readonly delegates: readonly ShownDelegate[];
  readonly delegateCount: number;
}

/** Everything that a run left, as far as it can be seen from outside. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  readonly takenAt: number;
  readonly operations: readonly Operation[];
  /** Each by each manager. */
  readonly tasks: readonly ShownTask[];
  /** Outcomes of earlier runs in this world, as JSON, by task. */
  readonly earlier: ReadonlyMap<string, string>;
  /** Tasks of earlier runs that nobody was told of and that nobody took, and when they must have ended. */
  readonly unclaimed: ReadonlyMap<string, number>;
  readonly tickets: readonly StoredRow[];
  readonly notes: readonly StoredRow[];
  /** Of all staging tables. */
  readonly importRows: readonly StoredRow[];
  /** Sys_ids of the change tasks that one task updates. */
  readonly changeTasks: readonly string[];
  readonly redis: readonly RedisKey[];
  readonly families: KeyFamilies;
  /** One or several looks, the last one last. */
  readonly remains: readonly Remains[];
  readonly faults: readonly FaultKind[];
  readonly unasked: readonly UnaskedEnd[];
  /** Lines of the programs' logs that tell of a bug. */
  readonly complaints: readonly string[];
  /** What was waited for in vain. */
  readonly overdue: readonly string[];
}
