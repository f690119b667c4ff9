import type { Watch } from './watch.ts';

/** When a waiting approval of a group must be read next. */
export interface Due {
  readonly approvalId: string;
  readonly dueAt: number;
}

/** What a reading changes in its group: when the approval is read next, and which ticket it is of. */
export interface Reread extends Due {
  readonly sysId: string | undefined;
}

/** How many approvals wait in a group, and the shortest interval among them. */
export interface GroupSize {
  readonly members: number;
  readonly intervalMs: number;
}

/** When a group is due again, whatever its approvals are. */
export interface Bounds {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A group as somebody sees it who does not hold it. */
export interface GroupStanding extends GroupSize {
  readonly groupId: string;
  /** When it is due; of one that is held, when its holder's lease ends. */
  readonly nextAt: number;
  /** One of its approvals, most likely the one that was read last. */
  readonly sampleId: string;
  readonly watch: Watch;
}

/** For people to see. */
export interface PollGroupStandings {
  /** How many groups there are, and so many of them, those first that are due first. */
  standings(most: number): Promise<{ readonly total: number; readonly standings: readonly GroupStanding[] }>;
}

/**
 * The poll groups: gates of one instance, user and table. One manager at a time holds a group, while it looks at it; one
 * that dies loses it when its lease is over. An approval joins and leaves its group in the step that starts or ends it.
 * docs/decisions/0017.
 */
export interface PollGroups {
  /** Takes groups that are due, until `until`. */
  take(managerId: string, now: number, until: number, most: number): Promise<string[]>;
  /** Holds a group on; false when another manager has taken it. */
  keep(groupId: string, managerId: string, until: number): Promise<boolean>;
  /** Gives a group back: it is due when its first approval is, within these bounds. */
  giveBack(groupId: string, managerId: string, bounds: Bounds): Promise<void>;
  /** Undefined when nobody waits in it. */
  sizeOf(groupId: string): Promise<GroupSize | undefined>;
  /** Those that are due first, the most pressing first. */
  firstDue(groupId: string, most: number): Promise<Due[]>;
  /** Takes out one whose approval is not there. */
  drop(groupId: string, approvalId: string): Promise<void>;
  /** Makes the approvals of these tickets due. */
  hasten(groupId: string, sysIds: readonly string[], now: number): Promise<void>;
  /** Makes all due within `withinMs`, one after the other. */
  hastenAll(groupId: string, now: number, withinMs: number): Promise<void>;
  /** Without effect when another manager has taken the group meanwhile: it may know better. */
  reschedule(groupId: string, managerId: string, rereads: readonly Reread[]): Promise<void>;
  watchOf(groupId: string): Promise<Watch>;
  /** Without effect on a group in which nobody waits any more. */
  saveWatch(groupId: string, watch: Watch): Promise<void>;
}
