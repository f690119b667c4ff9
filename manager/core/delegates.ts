import type { Policy } from '#protocol/policy.ts';
import type { TaskType } from '#protocol/task-types.ts';
import type { Feature } from '#protocol/version.ts';
import type { Timing } from './timing.ts';

/**
 * online: heard of within `heartbeatTimeoutMs`, and it answered a canary within `onlineMs`. joining: heard of, and its
 * first canary is under way. pending: waits for an administrator's approval. stuck: heard of, and it answers none.
 * draining: finishes what it has. offline: not heard of.
 */
export type DelegateState = 'online' | 'joining' | 'pending' | 'stuck' | 'draining' | 'offline';

/** What an administrator has said of a delegate whose token asks for an approval. */
export type ApprovalStanding = 'not-needed' | 'pending' | 'approved' | 'rejected';

/** An operator's wish that a delegate finishes what it has and leaves. It is of one process: the next one is not asked. */
export interface DrainWish {
  readonly at: number;
  /** The name of the caller's token. */
  readonly by: string;
  readonly runId: string | undefined;
  readonly sessionId: string;
}

/** A delegate as every manager knows it, through Redis. */
export interface DelegateEntry {
  readonly id: string;
  readonly name: string;
  readonly instanceId: string;
  /** Of the process; undefined for a delegate that does not tell. */
  readonly runId: string | undefined;
  readonly hostname: string;
  readonly version: string;
  /** Canonical. */
  readonly tags: readonly string[];
  readonly taskTypes: readonly string[];
  readonly features: readonly string[];
  readonly policy: Policy;
  readonly capacity: number;
  readonly tokenId: string;
  readonly managerId: string;
  readonly sessionId: string;
  readonly connectedAt: number;
  /** The process whose session this one replaced: when it dials again, two processes share one identity. */
  readonly replacedRunId: string | undefined;
  readonly lastSeenAt: number;
  readonly inFlight: number;
  /** When it last answered a canary; 0 when it never did. */
  readonly canaryAt: number;
  /** Since when canaries have gone unanswered: the last answer, or the first session without one. */
  readonly askedSince: number;
  /** What the delegate or its manager last said of it; whether that still holds is told by lastSeenAt. */
  readonly standing: 'connected' | 'draining' | 'gone';
  /** The last time that another process was refused for having the same identity, and from where. */
  readonly conflict: { readonly at: number; readonly hostname: string } | undefined;
  /** The last one, which may be of a process that is gone. */
  readonly drain: DrainWish | undefined;
  readonly approval: ApprovalStanding;
}

/** What a heartbeat changes of an entry. */
export interface Sighting {
  readonly at: number;
  readonly inFlight: number;
  readonly canaryAt: number;
  readonly askedSince: number;
}

/** `drain` is the last wish, as in the entry. */
export type Touched =
  | { readonly kind: 'current'; readonly drain: DrainWish | undefined }
  /** A newer session of the delegate has taken its place, or nothing is known of it. */
  | { readonly kind: 'replaced' };

export interface DelegateDirectory {
  write(entry: DelegateEntry): Promise<void>;
  read(delegateId: string): Promise<DelegateEntry | undefined>;
  /** Every delegate of this name that connected within the last seven days. */
  named(name: string): Promise<DelegateEntry[]>;
  /** Every delegate that connected within the last seven days. */
  list(): Promise<DelegateEntry[]>;
  /** Updates what a heartbeat tells. */
  touch(delegateId: string, sessionId: string, seen: Sighting): Promise<Touched>;
  /** False when the session of the wish is not the delegate's newest. */
  askToDrain(delegateId: string, wish: DrainWish): Promise<boolean>;
  /** Records how a session ended, unless a newer one has replaced it. */
  leave(delegateId: string, sessionId: string, standing: 'draining' | 'gone'): Promise<void>;
  recordApproval(delegateId: string, approval: ApprovalStanding): Promise<void>;
  reportConflict(delegateId: string, conflict: { at: number; hostname: string }): Promise<void>;
}

type Liveness = Pick<DelegateEntry, 'standing' | 'lastSeenAt' | 'canaryAt' | 'askedSince' | 'taskTypes'> &
  Partial<Asked> &
  Partial<Pick<DelegateEntry, 'approval'>>;

type Asked = Pick<DelegateEntry, 'drain' | 'runId' | 'sessionId'>;

/** Whether the last wish is of the process that is connected. One that does not tell its run is known by its session. */
export function isAskedToDrain({ drain, runId, sessionId }: Partial<Asked>): boolean {
  if (!drain) return false;
  return drain.runId === undefined ? drain.sessionId === sessionId : drain.runId === runId;
}

/** Tells what an entry means now. `upSince`: canaries cannot be answered while Redis is away, so that time does not count. */
export function stateOf(entry: Liveness, now: number, timing: Timing, upSince: number): DelegateState {
  if (entry.standing === 'gone' || now - entry.lastSeenAt > timing.heartbeatTimeoutMs) return 'offline';
  if (entry.standing === 'draining' || isAskedToDrain(entry)) return 'draining';
  const isPending = entry.approval === 'pending' || entry.approval === 'rejected';
  if (!entry.taskTypes.includes('canary')) return isPending ? 'pending' : 'online';
  if (now - Math.max(entry.askedSince, upSince) > timing.onlineMs) return 'stuck';
  if (isPending) return 'pending';
  return entry.canaryAt > 0 && entry.canaryAt >= entry.askedSince ? 'online' : 'joining';
}

/** What is known of a delegate's way to one base URL. */
export type Standing =
  /** It succeeded there, or passed a check, within the last six hours. */
  | { readonly kind: 'proven'; readonly at: number }
  /** It reached it, and no live instance answered: not its fault. */
  | { readonly kind: 'not-live'; readonly at: number; readonly because: string }
  /** Its own way there failed. */
  | { readonly kind: 'set-aside'; readonly untilMs: number; readonly because: string }
  /** A check is under way, or will be when there is a task for it. */
  | { readonly kind: 'unchecked' };

/** What selection needs to know of a delegate, whether it is on this manager or on another. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly state: DelegateState;
  readonly tags: readonly string[];
  readonly taskTypes: readonly string[];
  readonly features: readonly string[];
  readonly policy: Policy;
  readonly freeSlots: number;
  readonly lastSeenAt: number;
  /** Of the demand's base URL. */
  readonly standing: Standing;
}

/** What a task demands of a delegate. */
export interface Demand {
  readonly type: TaskType;
  readonly selectors: readonly string[];
  /** Undefined for a task that concerns no instance. */
  readonly baseUrl: string | undefined;
  /** Set when only delegates of this manager will do: its canaries. */
  readonly managerId: string | undefined;
  /** Optional abilities that the delegate must have. */
  readonly features: readonly Feature[];
}
