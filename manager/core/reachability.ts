import { type Failure, failure } from '#protocol/failure.ts';
import type { ReachFinding } from '#protocol/messages.ts';
import type { Clock, NewId } from './clock.ts';
import type { Standing } from './delegates.ts';
import type { Log } from './log.ts';
import type { DelegateSession } from './roster.ts';
import type { Timing } from './timing.ts';
import type { Notices } from './waiters.ts';

/** Keeps what is known of each delegate's way to each base URL; shared by all managers. */
export interface ReachStore {
  load(baseUrl: string): Promise<Map<string, Standing>>;
  save(baseUrl: string, delegateId: string, standing: Standing, keptMs: number): Promise<void>;
  /** Forgets delegates whose standing is over. */
  drop(baseUrl: string, delegateIds: readonly string[]): Promise<void>;
}

interface Deps {
  readonly store: ReachStore;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly timing: Timing;
  /** Somebody may take what waited until now. */
  readonly onChange: (baseUrl: string) => void;
}

interface Check {
  readonly session: DelegateSession;
  readonly baseUrl: string;
  readonly cancelTimer: () => void;
}

interface Place {
  version: number;
  history: 'unread' | 'being-read' | 'read';
  readonly standings: Map<string, Standing>;
  /** When each success was last written: they are many, and each need not be. */
  readonly savedAt: Map<string, number>;
  readonly checking: Set<string>;
  /** Set while another look at the history is planned. */
  cancelReload: (() => void) | undefined;
}

/** Failures that are the delegate's own way's; whatever else ServiceNow or the request does sets nobody aside. */
const ownFaults: ReadonlySet<string> = new Set(['servicenow-unreachable', 'servicenow-tls']);

/** How often a delegate's continuing success is written. */
const savedEveryMs = 300_000;
const coalesceMs = 100;

/**
 * The history of delegates against base URLs: who succeeded in the last six hours, whose own way failed in the last five
 * minutes, and, before a first use, a check by the delegate itself.
 */
export class Reachability {
  readonly #deps: Deps;
  readonly #places = new Map<string, Place>();
  readonly #checks = new Map<string, Check>();
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#unsubscribe = deps.notices.subscribe((notice) => {
      if (notice.kind === 'reach-changed' && this.#places.has(notice.baseUrl)) this.#reloadSoon(notice.baseUrl);
    });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    for (const { cancelTimer } of this.#checks.values()) cancelTimer();
    this.#checks.clear();
    for (const { cancelReload } of this.#places.values()) cancelReload?.();
  }

  /** Grows with every change that matters for choosing. */
  versionOf(baseUrl: string): number {
    return this.#placeOf(baseUrl).version;
  }

  /** A delegate that is too old to be checked is trusted until its way fails. */
  standingOf(baseUrl: string, delegate: { readonly id: string; readonly features: readonly string[] }): Standing {
    const { clock, timing } = this.#deps;
    const place = this.#placeOf(baseUrl);
    const standing = place.standings.get(delegate.id);
    const now = clock.now();
    if (standing && !isOver(standing, now, timing)) return standing;
    if (place.history === 'read' && !delegate.features.includes('reach-check')) return { kind: 'proven', at: now };
    return { kind: 'unchecked' };
  }

  /** Reads what all managers know of a base URL, for an explanation. */
  async read(baseUrl: string): Promise<void> {
    await this.#load(baseUrl);
  }

  /** Checks the way of those delegates of this manager of which nothing is known. */
  ensureChecked(baseUrl: string, sessions: Iterable<DelegateSession>): void {
    const place = this.#placeOf(baseUrl);
    if (this.#closed) return;
    if (place.history === 'unread') this.#refresh(baseUrl);
    if (place.history !== 'read') return;
    for (const session of sessions) {
      const { delegateId: id, features } = session;
      if (place.checking.has(id) || this.standingOf(baseUrl, { id, features }).kind !== 'unchecked') continue;
      this.#check(place, baseUrl, session);
    }
  }

  /** A delegate has answered a check. */
  answered(session: DelegateSession, checkId: string, found: ReachFinding): void {
    const check = this.#checks.get(checkId);
    if (check?.session !== session) return;
    this.#endCheck(checkId, check);
    this.#set(check.baseUrl, session, this.#standingFrom(found));
  }

  /** The session is over: what it was asked is not answered any more. */
  gone(session: DelegateSession): void {
    for (const [checkId, check] of this.#checks) if (check.session === session) this.#endCheck(checkId, check);
  }

  succeeded(baseUrl: string, session: DelegateSession): void {
    const place = this.#placeOf(baseUrl);
    const now = this.#deps.clock.now();
    const before = place.standings.get(session.delegateId);
    const isFresh = now - (place.savedAt.get(session.delegateId) ?? 0) < savedEveryMs;
    if (before?.kind === 'proven' && isFresh) place.standings.set(session.delegateId, { kind: 'proven', at: now });
    else this.#set(baseUrl, session, { kind: 'proven', at: now });
  }

  failed(baseUrl: string, session: DelegateSession, reason: Failure): void {
    if (!ownFaults.has(reason.code)) return;
    this.#set(baseUrl, session, this.#setAside(reason));
  }

  #standingFrom(found: ReachFinding): Standing {
    const at = this.#deps.clock.now();
    switch (found.kind) {
      case 'live':
        return { kind: 'proven', at };
      case 'not-live':
        return { kind: 'not-live', at, because: found.failure.message };
      case 'refused':
        return this.#setAside(found.failure);
      case 'unreachable':
        // A delegate that was too busy to look says so here: its way may be well.
        if (!ownFaults.has(found.failure.code)) return { kind: 'not-live', at, because: found.failure.message };
        return this.#setAside(found.failure);
    }
  }

  #setAside({ message }: Failure): Standing {
    return {
      kind: 'set-aside',
      untilMs: this.#deps.clock.now() + this.#deps.timing.setAsideMs,
      because: message.slice(0, 300),
    };
  }

  #check(place: Place, baseUrl: string, session: DelegateSession): void {
    const { clock, newId, timing } = this.#deps;
    const checkId = newId('chk');
    const cancelTimer = clock.setTimer(timing.reachCheckTimeoutMs, () =>
      this.answered(session, checkId, { kind: 'unreachable', failure: noAnswer(timing.reachCheckTimeoutMs) }),
    );
    place.checking.add(session.delegateId);
    this.#checks.set(checkId, { session, baseUrl, cancelTimer });
    session.send({ type: 'reach.check', checkId, baseUrl });
  }

  #endCheck(checkId: string, { baseUrl, session, cancelTimer }: Check): void {
    cancelTimer();
    this.#checks.delete(checkId);
    this.#placeOf(baseUrl).checking.delete(session.delegateId);
  }

  #set(baseUrl: string, { delegateId, name }: DelegateSession, standing: Standing): void {
    const { store, notices, clock, log, timing, onChange } = this.#deps;
    const place = this.#placeOf(baseUrl);
    const before = place.standings.get(delegateId);
    place.standings.set(delegateId, standing);
    place.savedAt.set(delegateId, clock.now());
    if (before?.kind !== standing.kind)
      log.info({ delegateId, delegateName: name, baseUrl, ...standing }, 'way to an instance is judged anew');
    store
      .save(baseUrl, delegateId, standing, timing.provenMs)
      .then(() => notices.publish({ kind: 'reach-changed', baseUrl }))
      .catch((error: unknown) => log.warn({ err: error, baseUrl }, 'history could not be saved'));
    place.version += 1;
    onChange(baseUrl);
  }

  #placeOf(baseUrl: string): Place {
    const known = this.#places.get(baseUrl);
    if (known) return known;
    const fresh: Place = {
      version: 0,
      history: 'unread',
      standings: new Map(),
      savedAt: new Map(),
      checking: new Set(),
      cancelReload: undefined,
    };
    this.#places.set(baseUrl, fresh);
    return fresh;
  }

  #forget(place: Place, delegateId: string): void {
    place.standings.delete(delegateId);
    place.savedAt.delete(delegateId);
  }

  /** Many delegates may be judged at once. */
  #reloadSoon(baseUrl: string): void {
    const place = this.#placeOf(baseUrl);
    if (this.#closed) return;
    place.cancelReload ??= this.#deps.clock.setTimer(coalesceMs, () => {
      place.cancelReload = undefined;
      this.#refresh(baseUrl);
    });
  }

  #refresh(baseUrl: string): void {
    this.#load(baseUrl).catch((error: unknown) =>
      this.#deps.log.warn({ err: error, baseUrl }, 'history could not be read'),
    );
  }

  async #load(baseUrl: string): Promise<void> {
    const { store, clock, timing, onChange } = this.#deps;
    const place = this.#placeOf(baseUrl);
    const isFirst = place.history === 'unread';
    if (isFirst) place.history = 'being-read';
    let changed = isFirst;
    try {
      const now = clock.now();
      const loaded = [...(await store.load(baseUrl))];
      const over = loaded.filter(([, standing]) => isOver(standing, now, timing)).map(([id]) => id);
      if (over.length > 0) await store.drop(baseUrl, over);
      for (const [id, standing] of place.standings) if (isOver(standing, now, timing)) this.#forget(place, id);
      for (const [id, standing] of loaded) {
        if (isOver(standing, now, timing)) continue;
        // What this manager knows of its own delegates is younger than what it wrote.
        const own = place.standings.get(id);
        if (own && !isNewer(standing, own, timing)) continue;
        place.standings.set(id, standing);
        changed = true;
      }
    } catch (error) {
      if (isFirst) place.history = 'unread';
      throw error;
    }
    place.history = 'read';
    if (!changed || this.#closed) return;
    place.version += 1;
    onChange(baseUrl);
  }
}

function isOver(standing: Standing, now: number, timing: Timing): boolean {
  switch (standing.kind) {
    case 'proven':
      return now - standing.at > timing.provenMs;
    case 'not-live':
      // Looked at again as soon as a delegate that is set aside would be.
      return now - standing.at > timing.setAsideMs;
    case 'set-aside':
      return now >= standing.untilMs;
    case 'unchecked':
      return true;
  }
}

function isNewer(a: Standing, b: Standing, timing: Timing): boolean {
  return madeAt(a, timing) > madeAt(b, timing);
}

function madeAt(standing: Standing, timing: Timing): number {
  switch (standing.kind) {
    case 'proven':
    case 'not-live':
      return standing.at;
    case 'set-aside':
      return standing.untilMs - timing.setAsideMs;
    case 'unchecked':
      return 0;
  }
}

function noAnswer(ms: number): Failure {
  return failure(
    'servicenow-unreachable',
    `the delegate did not answer within ${ms / 1_000} s whether it reaches the instance`,
    'Look at its log and its way to ServiceNow.',
  );
}
