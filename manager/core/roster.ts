import type { CloseName } from '#protocol/close-codes.ts';
import type { AssignmentKey, ManagerMessage, SealedSecret } from '#protocol/messages.ts';
import type { Policy } from '#protocol/policy.ts';
import type { DelegateState } from './delegates.ts';
import type { SealContext } from './secrets.ts';

/** A delegate's welcomed conversation with this manager, as core sees it. */
export interface DelegateSession {
  readonly sessionId: string;
  readonly delegateId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly taskTypes: readonly string[];
  readonly features: readonly string[];
  readonly policy: Policy;
  readonly capacity: number;
  /** Seals a value for this session and one field of one attempt. PROTOCOL.md, section 6. */
  seal(plaintext: string, context: SealContext): SealedSecret;
  send(message: ManagerMessage): void;
  close(name: CloseName, reason: string): void;
}

/** A slot of a session, held for a task that is being claimed. Whoever reserved it releases it or fills it, once. */
export interface Seat {
  readonly session: DelegateSession;
  /** True when it was still held: then somebody else may use the slot. */
  release(): boolean;
  /** The slot is the assignment's from now on. */
  fill(key: AssignmentKey): void;
}

/** A session of this manager with its slots. */
export interface Member {
  readonly session: DelegateSession;
  readonly inFlight: ReadonlySet<string>;
  readonly state: Exclude<DelegateState, 'offline'>;
  readonly freeSlots: number;
}

interface OwnMember extends Member {
  readonly inFlight: Set<string>;
  state: Exclude<DelegateState, 'offline'>;
  reserved: number;
  /** Kept, not computed: it is read for every delegate at every choice. */
  freeSlots: number;
}

/** The sessions of this manager, the state of each, and their slots. A canary takes none. */
export class Roster {
  readonly #members = new Map<string, OwnMember>();
  readonly #byDelegate = new Map<string, OwnMember>();
  #version = 0;

  /** Grows with every change of who is here and in which state; slots do not count. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Adds a session with what its delegate still has in flight. */
  add(session: DelegateSession, state: OwnMember['state'], inFlight: readonly AssignmentKey[]): void {
    const own = new Set(inFlight.map(nameAssignment));
    const member: OwnMember = { session, inFlight: own, state, reserved: 0, freeSlots: session.capacity - own.size };
    this.#members.set(session.sessionId, member);
    this.#byDelegate.set(session.delegateId, member);
    this.#version += 1;
  }

  remove(session: DelegateSession): void {
    const member = this.#members.get(session.sessionId);
    if (!member) return;
    this.#members.delete(session.sessionId);
    if (this.#byDelegate.get(session.delegateId) === member) this.#byDelegate.delete(session.delegateId);
    this.#version += 1;
  }

  has(session: DelegateSession): boolean {
    return this.#members.has(session.sessionId);
  }

  /** True when that is a change. A session that drains does so to its end. */
  move(session: DelegateSession, state: OwnMember['state']): boolean {
    const member = this.#members.get(session.sessionId);
    if (!member || member.state === state || member.state === 'draining') return false;
    member.state = state;
    this.#version += 1;
    return true;
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  memberOf(delegateId: string): Member | undefined {
    return this.#byDelegate.get(delegateId);
  }

  /** Holds a slot of a session; `onReleased` hears when it was given back unused. */
  hold(session: DelegateSession, onReleased: () => void): Seat {
    const member = this.#members.get(session.sessionId);
    if (member) member.reserved += 1;
    recount(member);
    let held = true;
    const letGo = () => {
      if (member) member.reserved -= 1;
      held = false;
      recount(member);
    };
    return {
      session,
      release: () => {
        if (!held) return false;
        letGo();
        onReleased();
        return true;
      },
      fill: (key) => {
        if (!held) return;
        member?.inFlight.add(nameAssignment(key));
        letGo();
      },
    };
  }

  /** Takes what a delegate has been found to have for what it has in flight. */
  sync(session: DelegateSession, keys: readonly AssignmentKey[]): void {
    const member = this.#members.get(session.sessionId);
    if (!member) return;
    member.inFlight.clear();
    for (const key of keys) member.inFlight.add(nameAssignment(key));
    recount(member);
  }

  /** Frees the slot of an assignment that is over. */
  vacate(session: DelegateSession, key: AssignmentKey): void {
    const member = this.#members.get(session.sessionId);
    member?.inFlight.delete(nameAssignment(key));
    recount(member);
  }

  inFlight(session: DelegateSession): number {
    return this.#members.get(session.sessionId)?.inFlight.size ?? 0;
  }
}

function recount(member: OwnMember | undefined): void {
  if (member) member.freeSlots = member.session.capacity - member.inFlight.size - member.reserved;
}

export function nameAssignment({ taskId, attempt }: AssignmentKey): string {
  return `${taskId}/${attempt}`;
}
