import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Roster } from './roster.ts';

/** A manager as every other one knows it, through Redis. */
export interface ManagerEntry {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly startedAt: number;
  readonly lastSeenAt: number;
  /** Delegates that are connected to it, and how many tasks these have. */
  readonly sessions: number;
  readonly inFlight: number;
}

export interface ManagerDirectory {
  /** Writes it, to be forgotten `keptMs` after it was seen last. */
  write(entry: ManagerEntry, keptMs: number): Promise<void>;
  leave(managerId: string): Promise<void>;
  /** Those that are alive, at most so many, by when they started. */
  list(most: number): Promise<ManagerEntry[]>;
}

interface Deps {
  readonly directory: ManagerDirectory;
  readonly roster: Pick<Roster, 'size' | 'members'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly managerId: string;
  readonly hostname: string;
  readonly version: string;
  readonly everyMs: number;
  readonly isDue: () => boolean;
}

/** A manager that was not heard of for so many beats has died. */
const missedBeats = 3;

/** Tells the others, and whoever looks, that this manager is alive. Nothing is decided by it. */
export class ManagerHeart {
  readonly #deps: Deps;
  readonly #startedAt: number;
  #cancelTimer = () => {};
  #beating: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
  }

  start(): void {
    if (this.#closed) return;
    this.#beating = this.#beat().finally(() => {
      if (!this.#closed) this.#cancelTimer = this.#deps.clock.setTimer(this.#deps.everyMs, () => this.start());
    });
  }

  async close(): Promise<void> {
    const { directory, log, managerId, isDue } = this.#deps;
    this.#closed = true;
    this.#cancelTimer();
    await this.#beating;
    if (!isDue()) return;
    await directory.leave(managerId).catch((error: unknown) => log.warn({ err: error }, 'manager could not sign off'));
  }

  async #beat(): Promise<void> {
    const { directory, roster, clock, log, managerId, hostname, version, everyMs, isDue } = this.#deps;
    if (!isDue()) return;
    const inFlight = [...roster.members()].reduce((sum, member) => sum + member.inFlight.size, 0);
    const seen = { startedAt: this.#startedAt, lastSeenAt: clock.now(), sessions: roster.size, inFlight };
    await directory
      .write({ id: managerId, hostname, version, ...seen }, missedBeats * everyMs)
      .catch((error: unknown) => log.warn({ err: error }, 'heartbeat of the manager could not be written'));
  }
}
