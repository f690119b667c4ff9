import type { Clock } from './clock.ts';
import { type Candidate, type DelegateDirectory, type DelegateEntry, type Demand, stateOf } from './delegates.ts';
import type { Log } from './log.ts';
import type { Reachability } from './reachability.ts';
import type { Roster } from './roster.ts';
import type { StoreHealth } from './store-health.ts';
import type { Timing } from './timing.ts';

interface Deps {
  readonly directory: DelegateDirectory;
  readonly roster: Roster;
  readonly reach: Reachability;
  readonly health: StoreHealth;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
}

/** Every delegate, of this manager and of the others, as a candidate for a demand. */
export class Fleet {
  readonly #deps: Deps;
  /** Of the directory, at most a poll interval old. */
  #entries: readonly DelegateEntry[] = [];
  #cancelTimer = () => {};
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Resolves when the directory has been looked at once. */
  async start(): Promise<void> {
    const { clock, health, log, timing } = this.#deps;
    try {
      if (health.state() === 'up') await this.refresh();
    } catch (error) {
      log.warn({ err: error }, 'the delegates could not be listed');
    }
    if (!this.#closed) this.#cancelTimer = clock.setTimer(timing.pollMs, () => this.start());
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  async refresh(): Promise<void> {
    this.#entries = await this.#deps.directory.list();
  }

  /** All known delegates; what is said of another manager's may be a poll interval old. */
  candidates(demand: Demand): Candidate[] {
    return this.#entries.map((entry) => this.#candidateOf(entry, demand));
  }

  /** The same, after a look at the directory. */
  async freshCandidates(demand: Demand): Promise<Candidate[]> {
    await this.refresh();
    if (demand.baseUrl !== undefined) await this.#deps.reach.read(demand.baseUrl);
    return this.candidates(demand);
  }

  entries(): readonly DelegateEntry[] {
    return this.#entries;
  }

  stateOf(entry: DelegateEntry): Candidate['state'] {
    const { roster, health, clock, timing } = this.#deps;
    const own = roster.memberOf(entry.id);
    return own ? own.state : stateOf(entry, clock.now(), timing, health.upSince());
  }

  #candidateOf(entry: DelegateEntry, demand: Demand): Candidate {
    const { roster, reach } = this.#deps;
    const own = roster.memberOf(entry.id);
    return {
      id: entry.id,
      name: entry.name,
      state: this.stateOf(entry),
      tags: entry.tags,
      taskTypes: entry.taskTypes,
      policy: entry.policy,
      freeSlots: own ? own.freeSlots : Math.max(0, entry.capacity - entry.inFlight),
      lastSeenAt: entry.lastSeenAt,
      standing: demand.baseUrl === undefined ? { kind: 'unchecked' } : reach.standingOf(demand.baseUrl, entry),
    };
  }
}
