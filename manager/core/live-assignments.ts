import type { AssignmentKey } from '#protocol/messages.ts';
import { type DelegateSession, nameAssignment } from './roster.ts';
import type { TaskRecord } from './task-record.ts';

/** An assignment that a session of this manager has in flight. */
export interface Live {
  readonly key: AssignmentKey;
  readonly session: DelegateSession;
  /** The task as it was when it was assigned here; undefined when another manager assigned it. */
  readonly record: TaskRecord | undefined;
  readonly cancelAcceptTimer: () => void;
  answered: boolean;
  /** How much was told of it while it runs. */
  told: number;
  /** Its end has arrived and is being written. */
  isEnding: boolean;
}

/** The assignments of this manager's sessions, by name and by session. */
export class LiveAssignments {
  readonly #all = new Map<string, Live>();
  readonly #bySession = new Map<DelegateSession, Set<Live>>();

  get(key: AssignmentKey): Live | undefined {
    return this.#all.get(nameAssignment(key));
  }

  of(session: DelegateSession): Live[] {
    return [...(this.#bySession.get(session) ?? [])];
  }

  ofTask(taskId: string): Live[] {
    return [...this.#all.values()].filter(({ key }) => key.taskId === taskId);
  }

  has(live: Live): boolean {
    return this.get(live.key) === live;
  }

  /** Takes the place of what has the same name. */
  set(live: Live): void {
    const before = this.get(live.key);
    if (before) this.delete(before);
    this.#all.set(nameAssignment(live.key), live);
    const own = this.#bySession.get(live.session) ?? new Set();
    this.#bySession.set(live.session, own.add(live));
  }

  /** Ends its timer as well. */
  delete(live: Live): void {
    live.cancelAcceptTimer();
    if (this.has(live)) this.#all.delete(nameAssignment(live.key));
    const own = this.#bySession.get(live.session);
    own?.delete(live);
    if (own?.size === 0) this.#bySession.delete(live.session);
  }
}
