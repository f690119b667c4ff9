import type { CloseName } from '#protocol/close-codes.ts';
import type { AssignmentKey, ManagerMessage } from '#protocol/messages.ts';
import type { Candidate, Demand } from './delegates.ts';
import { rank } from './selection.ts';

/** A delegate's welcomed conversation with this manager, as core sees it. */
export interface DelegateSession {
  readonly sessionId: string;
  readonly delegateId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly taskTypes: readonly string[];
  readonly capacity: number;
  /** The session's X25519 public key, base64. */
  readonly sealKey: string;
  send(message: ManagerMessage): void;
  close(name: CloseName, reason: string): void;
}

/** A slot of a session, held for a task that is being claimed. Whoever reserved it releases it or fills it, once. */
export interface Seat {
  readonly session: DelegateSession;
  release(): void;
  /** The slot is the assignment's from now on. */
  fill(key: AssignmentKey): void;
}

interface Member {
  readonly session: DelegateSession;
  readonly inFlight: Set<string>;
  reserved: number;
  draining: boolean;
}

/** The sessions of this manager and the slots of each. */
export class Roster {
  readonly #members = new Map<string, Member>();
  readonly #lastChosen = new Map<string, number>();
  #choices = 0;

  /** Adds a session with what its delegate still has in flight. */
  add(session: DelegateSession, inFlight: readonly AssignmentKey[]): void {
    this.#members.set(session.sessionId, {
      session,
      inFlight: new Set(inFlight.map(nameAssignment)),
      reserved: 0,
      draining: false,
    });
  }

  remove(session: DelegateSession): void {
    this.#members.delete(session.sessionId);
    this.#lastChosen.delete(session.delegateId);
  }

  has(session: DelegateSession): boolean {
    return this.#members.has(session.sessionId);
  }

  drain(session: DelegateSession): void {
    const member = this.#members.get(session.sessionId);
    if (member) member.draining = true;
  }

  sessions(): DelegateSession[] {
    return [...this.#members.values()].map(({ session }) => session);
  }

  sessionOf(delegateId: string): DelegateSession | undefined {
    return this.sessions().find((session) => session.delegateId === delegateId);
  }

  /** Takes a slot of the best session for the demand; undefined when none is free. */
  reserve(demand: Demand, avoid: ReadonlySet<string> = new Set()): Seat | undefined {
    const candidates = [...this.#members.values()].map((member) => ({ ...candidateOf(member), member }));
    const [best] = rank(demand, candidates, { avoid, lastChosen: this.#lastChosen });
    if (!best) return undefined;
    const { member } = best;
    const before = this.#lastChosen.get(best.id);
    member.reserved += 1;
    this.#choices += 1;
    this.#lastChosen.set(best.id, this.#choices);
    let held = true;
    return {
      session: member.session,
      release: () => {
        if (!held) return;
        held = false;
        member.reserved -= 1;
        // A slot that was not used does not count as a turn: else idle claims would shuffle the round-robin.
        if (before !== undefined) this.#lastChosen.set(best.id, before);
        else this.#lastChosen.delete(best.id);
      },
      fill: (key) => {
        if (!held) return;
        held = false;
        member.reserved -= 1;
        member.inFlight.add(nameAssignment(key));
      },
    };
  }

  /** Takes what a delegate has been found to have for what it has in flight. */
  sync(session: DelegateSession, keys: readonly AssignmentKey[]): void {
    const member = this.#members.get(session.sessionId);
    if (!member) return;
    member.inFlight.clear();
    for (const key of keys) member.inFlight.add(nameAssignment(key));
  }

  /** Frees the slot of an assignment that is over. */
  vacate(session: DelegateSession, key: AssignmentKey): void {
    this.#members.get(session.sessionId)?.inFlight.delete(nameAssignment(key));
  }

  hasInFlight(delegateId: string, taskId: string, attempt: number): boolean {
    const name = nameAssignment({ taskId, attempt });
    return [...this.#members.values()].some(
      (member) => member.session.delegateId === delegateId && member.inFlight.has(name),
    );
  }

  inFlight(session: DelegateSession): number {
    return this.#members.get(session.sessionId)?.inFlight.size ?? 0;
  }
}

export function nameAssignment({ taskId, attempt }: AssignmentKey): string {
  return `${taskId}/${attempt}`;
}

function candidateOf(member: Member): Candidate {
  const { session } = member;
  return {
    id: session.delegateId,
    name: session.name,
    state: member.draining ? 'draining' : 'online',
    tags: session.tags,
    taskTypes: session.taskTypes,
    freeSlots: session.capacity - member.inFlight.size - member.reserved,
    lastSeenAt: 0,
  };
}
