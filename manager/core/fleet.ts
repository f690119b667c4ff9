import type { Clock } from './clock.ts';
import {
  type Candidate,
  type DelegateDirectory,
  type DelegateEntry,
  type Demand,
  isAskedToDrain,
  type Standing,
  stateOf,
} from './delegates.ts';
import type { Log } from './log.ts';
import type { Reachability } from './reachability.ts';
import type { Member, Roster } from './roster.ts';
import type { StoreHealth } from './store-health.ts';
import type { Timing } from './timing.ts';
import type { Notices } from './waiters.ts';

interface Deps {
  readonly directory: DelegateDirectory;
  readonly roster: Roster;
  readonly reach: Reachability;
  readonly health: StoreHealth;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
}

const unknown: Standing = { kind: 'unchecked' };

/** Many delegates may come and go at once. */
const coalesceMs = 250;

/** Every delegate, of this manager and of the others, as a candidate for a demand. */
export class Fleet {
  readonly #deps: Deps;
  /** Of the directory, at most a poll interval old. */
  #entries: readonly DelegateEntry[] = [];
  #cancelTimer = () => {};
  #isSoon = false;
  #closed = false;
  readonly #unsubscribe: () => void;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#unsubscribe = deps.notices.subscribe((notice) => {
      if (notice.kind === 'fleet-changed') this.#lookSoon();
    });
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Resolves when the directory has been looked at once. */
  async start(): Promise<void> {
    const { health, log } = this.#deps;
    this.#isSoon = false;
    try {
      if (health.state() === 'up') await this.refresh();
    } catch (error) {
      log.warn({ err: error }, 'the delegates could not be listed');
    }
    this.#plan(this.#deps.timing.pollMs);
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#cancelTimer();
  }

  async refresh(): Promise<void> {
    this.#entries = await this.#deps.directory.list();
  }

  /** All known delegates; what is said of another manager's may be a poll interval old. By name. */
  candidates(demand: Demand): Candidate[] {
    const { roster } = this.#deps;
    const elsewhere = this.#entries.filter(({ id }) => !roster.memberOf(id));
    return [
      ...[...roster.members()].map((member) => this.ownCandidate(member, demand, member.freeSlots)),
      ...elsewhere.map((entry) => this.#candidateOf(entry, demand)),
    ].sort((a, b) => a.name.localeCompare(b.name));
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
    if (own) return isAskedToDrain(entry) ? 'draining' : own.state;
    return stateOf(entry, clock.now(), timing, health.upSince());
  }

  #lookSoon(): void {
    if (this.#isSoon) return;
    this.#isSoon = true;
    this.#plan(coalesceMs);
  }

  #plan(ms: number): void {
    this.#cancelTimer();
    if (!this.#closed)
      this.#cancelTimer = this.#deps.clock.setTimer(this.#isSoon ? coalesceMs : ms, () => this.start());
  }

  /** A delegate of this manager; made without copying, since it is made for each of them whenever one changes. */
  ownCandidate({ session, state }: Member, { baseUrl }: Demand, freeSlots: number): Candidate {
    return {
      id: session.delegateId,
      name: session.name,
      state,
      tags: session.tags,
      taskTypes: session.taskTypes,
      features: session.features,
      policy: session.policy,
      freeSlots,
      lastSeenAt: this.#deps.clock.now(),
      standing:
        baseUrl === undefined
          ? unknown
          : this.#deps.reach.standingOf(baseUrl, { id: session.delegateId, features: session.features }),
    };
  }

  #candidateOf(entry: DelegateEntry, { baseUrl }: Demand): Candidate {
    const { id, name, tags, taskTypes, features, policy, lastSeenAt, capacity, inFlight } = entry;
    return {
      ...{ id, name, tags, taskTypes, features, policy, lastSeenAt },
      state: this.stateOf(entry),
      freeSlots: Math.max(0, capacity - inFlight),
      standing: baseUrl === undefined ? unknown : this.#deps.reach.standingOf(baseUrl, entry),
    };
  }
}
