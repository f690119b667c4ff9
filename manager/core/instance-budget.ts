import type { TaskType } from '#protocol/task-types.ts';
import type { Clock } from './clock.ts';
import {
  changeOf,
  type Hold,
  type InstanceLoad,
  judgeLoad,
  type LoadChange,
  type LoadNews,
  unloaded,
} from './instance-load.ts';
import type { Log } from './log.ts';
import type { Notices } from './waiters.ts';

/** Where the loads of instances are shared by all managers. */
export interface LoadStore {
  load(baseUrl: string): Promise<InstanceLoad>;
  change(baseUrl: string, change: LoadChange, now: number): Promise<InstanceLoad>;
}

/** What of a task the budget looks at. */
export interface Share {
  readonly baseUrl: string | undefined;
  readonly isBackground: boolean;
  readonly type?: TaskType;
}

interface Deps {
  readonly store: LoadStore;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly log: Log;
  /** Something may begin now that was held before. */
  readonly onFreed: () => void;
}

interface Known {
  load: InstanceLoad;
  readUntil: number;
  /** Until when all places at the instance are taken to be full: those of background work, and all. */
  backgroundFullUntil: number;
  fullUntil: number;
}

/** What another manager learnt is told by notices; one that was lost is made up for by reading again. */
const keptMs = 2_000;
/** Places that other managers' tasks leave are looked for this often; those that our own leave, at once. */
const fullMs = 250;
const mostKnown = 10_000;

/**
 * Keeps what all delegates of an instance together ask of it within what ServiceNow bears: a pause after 429, the polls
 * of gates below a rate limit, and so many tasks at once. docs/decisions/0015.
 */
export class InstanceBudget {
  readonly #deps: Deps;
  readonly #known = new Map<string, Known>();
  readonly #unsubscribe: () => void;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#unsubscribe = deps.notices.subscribe((notice) => {
      if (notice.kind !== 'instance-load-changed') return;
      const known = this.#known.get(notice.baseUrl);
      if (known) this.#read(notice.baseUrl, known);
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Tells whether a task must wait, by what is known here now. */
  holdFor({ baseUrl, isBackground, type }: Share): Hold | undefined {
    if (baseUrl === undefined) return undefined;
    const { clock } = this.#deps;
    const now = clock.now();
    const known = this.#knownOf(baseUrl);
    if (known.readUntil <= now) this.#read(baseUrl, known);
    // Whoever looks for what is wrong at an instance may ask it at any time.
    const asked = type === 'connection.test' ? undefined : judgeLoad(known.load, isBackground, now);
    if (asked) return asked;
    const untilMs = isBackground ? Math.max(known.fullUntil, known.backgroundFullUntil) : known.fullUntil;
    return untilMs > now
      ? { kind: 'full', untilMs, because: 'as many of its tasks are under way as may be at once' }
      : undefined;
  }

  /** All places at the instance were taken when a task was to begin. */
  foundFull({ baseUrl, isBackground }: Share): void {
    if (baseUrl === undefined) return;
    const known = this.#knownOf(baseUrl);
    const until = this.#deps.clock.now() + fullMs;
    if (isBackground) known.backgroundFullUntil = until;
    else known.fullUntil = until;
  }

  /** A task of the instance left its place. */
  left(baseUrl: string): void {
    const known = this.#known.get(baseUrl);
    if (!known) return;
    known.fullUntil = 0;
    known.backgroundFullUntil = 0;
  }

  /** Learns from what an attempt met; what cannot be written is learnt again by the next one. */
  learn(baseUrl: string, news: LoadNews): void {
    const { store, notices, clock, log, onFreed } = this.#deps;
    const known = this.#knownOf(baseUrl);
    const now = clock.now();
    const change = changeOf(known.load, news, now);
    if (!change) return;
    if (news.rateLimited) log.warn({ baseUrl, pausedUntil: change.pausedUntil }, 'instance limits requests');
    // At once for this manager: the next task must not go out before Redis has answered.
    known.load = { ...known.load, pausedUntil: Math.max(known.load.pausedUntil, change.pausedUntil ?? 0) };
    store
      .change(baseUrl, change, now)
      .then((load) => {
        keep(known, load);
        if (change.pausedUntil !== undefined) notices.publish({ kind: 'instance-load-changed', baseUrl });
        else onFreed();
      })
      .catch((error: unknown) => log.warn({ err: error, baseUrl }, 'load of an instance could not be written'));
  }

  #read(baseUrl: string, known: Known): void {
    const { store, clock, log } = this.#deps;
    known.readUntil = clock.now() + keptMs;
    store
      .load(baseUrl)
      .then((load) => keep(known, load))
      .catch((error: unknown) => log.warn({ err: error, baseUrl }, 'load of an instance could not be read'));
  }

  #knownOf(baseUrl: string): Known {
    const present = this.#known.get(baseUrl);
    if (present) return present;
    if (this.#known.size >= mostKnown) this.#known.clear();
    const fresh = { load: unloaded, readUntil: 0, backgroundFullUntil: 0, fullUntil: 0 };
    this.#known.set(baseUrl, fresh);
    return fresh;
  }
}

/** What was read may be older than a pause that was learnt here meanwhile. No pause gets shorter. */
function keep(known: Known, load: InstanceLoad): void {
  known.load = { ...load, pausedUntil: Math.max(load.pausedUntil, known.load.pausedUntil) };
}
