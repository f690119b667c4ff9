import type { TaskType } from '#protocol/task-types.ts';

/** online: heard of within the last `heartbeatTimeoutMs`. draining: finishes what it has. offline: neither. */
export type DelegateState = 'online' | 'draining' | 'offline';

/** A delegate as every manager knows it, through Redis. */
export interface DelegateEntry {
  readonly id: string;
  readonly name: string;
  readonly instanceId: string;
  readonly hostname: string;
  readonly version: string;
  /** Canonical. */
  readonly tags: readonly string[];
  readonly taskTypes: readonly string[];
  readonly capacity: number;
  readonly tokenId: string;
  readonly managerId: string;
  readonly sessionId: string;
  readonly connectedAt: number;
  readonly lastSeenAt: number;
  readonly inFlight: number;
  /** What the delegate or its manager last said of it; whether that still holds is told by lastSeenAt. */
  readonly standing: 'connected' | 'draining' | 'gone';
}

export interface DelegateDirectory {
  write(entry: DelegateEntry): Promise<void>;
  read(delegateId: string): Promise<DelegateEntry | undefined>;
  /** Every delegate that connected within the last seven days. */
  list(): Promise<DelegateEntry[]>;
  /** Updates what a heartbeat tells. False when a newer session of the delegate has replaced this one. */
  touch(delegateId: string, sessionId: string, seen: { at: number; inFlight: number }): Promise<boolean>;
  /** Records how a session ended, unless a newer one has replaced it. */
  leave(delegateId: string, sessionId: string, standing: 'draining' | 'gone'): Promise<void>;
}

/** Tells what an entry means now. */
export function stateOf(entry: DelegateEntry, now: number, timeoutMs: number): DelegateState {
  if (entry.standing === 'gone' || now - entry.lastSeenAt > timeoutMs) return 'offline';
  return entry.standing === 'draining' ? 'draining' : 'online';
}

/** What selection needs to know of a delegate, whether it is on this manager or on another. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly state: DelegateState;
  readonly tags: readonly string[];
  readonly taskTypes: readonly string[];
  readonly freeSlots: number;
  readonly lastSeenAt: number;
}

export function candidateOf(entry: DelegateEntry, now: number, timeoutMs: number): Candidate {
  return {
    id: entry.id,
    name: entry.name,
    state: stateOf(entry, now, timeoutMs),
    tags: entry.tags,
    taskTypes: entry.taskTypes,
    freeSlots: Math.max(0, entry.capacity - entry.inFlight),
    lastSeenAt: entry.lastSeenAt,
  };
}

/** What a task demands of a delegate. */
export interface Demand {
  readonly type: TaskType;
  readonly selectors: readonly string[];
}
