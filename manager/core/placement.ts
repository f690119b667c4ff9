import type { Clock } from './clock.ts';
import type { Demand } from './delegates.ts';
import type { Fleet } from './fleet.ts';
import type { Reachability } from './reachability.ts';
import type { Member, Roster, Seat } from './roster.ts';
import { type Contender, choose, headStartFor, judge } from './selection.ts';
import type { Route } from './task-record.ts';
import type { Timing } from './timing.ts';

interface Deps {
  readonly roster: Roster;
  readonly fleet: Fleet;
  readonly reach: Reachability;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly managerId: string;
}

interface LocalContender extends Contender {
  readonly member: Member;
  readonly share: Share;
}

/** What was found out about a route, until something that it rests on changes. */
interface View {
  readonly route: Route;
  readonly rosterVersion: number;
  readonly reachVersion: number;
  readonly goodUntil: number;
  readonly contenders: readonly LocalContender[];
}

/** What a delegate was given of the tasks of one instance: those that serve it share it equally, whatever else each does. */
interface Share {
  turns: number;
  lastTurn: number;
}

interface Shares {
  readonly byDelegate: Map<string, Share>;
  /** The most that any of them was given. */
  top: number;
}

/** What passes with time alone is noticed within this; every other change at once. */
const viewKeptMs = 5_000;
const viewForgottenMs = 60_000;
const nobody: ReadonlySet<string> = new Set();

/** Chooses a session of this manager for tasks of a route, and knows when to let a better one elsewhere go first. */
export class Placement {
  readonly #deps: Deps;
  readonly #views = new Map<string, View>();
  readonly #shares = new Map<string, Shares>();
  #turn = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Holds a slot of the best session; undefined when none of this manager's can take such a task now. */
  reserve(route: Route, avoid: ReadonlySet<string> = nobody): Seat | undefined {
    const best = choose(this.#viewOf(route).contenders, avoid);
    return best && this.#take(route, best);
  }

  /** The same, only if nobody elsewhere should go first. */
  reserveAtOnce(route: Route): Seat | undefined {
    const best = choose(this.#viewOf(route).contenders, nobody);
    return best && this.#headStartMs(route, best) === 0 ? this.#take(route, best) : undefined;
  }

  /** A seat at one delegate, for a task that is meant for it and takes no slot; undefined when it is not here. */
  seatOf(delegateId: string): Seat | undefined {
    const { roster } = this.#deps;
    const member = roster.memberOf(delegateId);
    return member && member.state !== 'draining' ? seatWithoutSlot(member) : undefined;
  }

  /** How long others may go first; undefined when this manager has nobody for the route at all now. */
  headStartMs(route: Route): number | undefined {
    const best = choose(this.#viewOf(route).contenders, nobody);
    return best && this.#headStartMs(route, best);
  }

  /** Forgets what concerns routes that have not been used for a while. */
  forgetStale(): void {
    const now = this.#deps.clock.now();
    for (const [id, { goodUntil }] of this.#views) if (goodUntil + viewForgottenMs < now) this.#views.delete(id);
  }

  /** A delegate has come online: its way to the instances in use is checked before the next task needs it. */
  prepare(delegateId: string): void {
    const { roster, fleet, reach } = this.#deps;
    const member = roster.memberOf(delegateId);
    if (!member) return;
    for (const { route } of this.#views.values()) {
      if (route.baseUrl === undefined || judge(route, fleet.ownCandidate(member, route, 1)).kind !== 'checking')
        continue;
      this.#shareOf(route, member);
      reach.ensureChecked(route.baseUrl, [member.session]);
    }
  }

  /** The delegate left this manager. When it comes back it is owed nothing. */
  gone(delegateId: string): void {
    for (const { byDelegate } of this.#shares.values()) byDelegate.delete(delegateId);
  }

  #headStartMs(route: Route, best: LocalContender): number {
    if (best.tier === 'proven') return 0;
    const { fleet, timing } = this.#deps;
    const verdicts = fleet.candidates(route).map((candidate) => judge(route, candidate));
    switch (headStartFor(best.tier, verdicts)) {
      case 'none':
        return 0;
      case 'stagger':
        return timing.staggerMs;
      case 'patience':
        return timing.patienceMs;
    }
  }

  #viewOf(route: Route): View {
    const { roster, reach, fleet, clock } = this.#deps;
    const rosterVersion = roster.version;
    const reachVersion = route.baseUrl === undefined ? 0 : reach.versionOf(route.baseUrl);
    const known = this.#views.get(route.id);
    const isGood = known?.rosterVersion === rosterVersion && known.reachVersion === reachVersion;
    if (known && isGood && clock.now() < known.goodUntil) return known;
    const contenders: LocalContender[] = [];
    const unproven: Member[] = [];
    for (const member of this.#membersFor(route)) {
      // Slots come and go all the time: a view is of those that would be eligible with one.
      const verdict = judge(route, fleet.ownCandidate(member, route, 1));
      if (verdict.kind !== 'eligible' && verdict.kind !== 'checking') continue;
      const share = this.#shareOf(route, member);
      const id = member.session.delegateId;
      if (verdict.kind === 'checking') unproven.push(member);
      else
        contenders.push({
          id,
          tier: verdict.tier,
          member: route.type === 'canary' ? alwaysFree(member) : member,
          share,
        });
    }
    if (route.baseUrl !== undefined && unproven.length > 0)
      reach.ensureChecked(
        route.baseUrl,
        unproven.map(({ session }) => session),
      );
    const view = { route, rosterVersion, reachVersion, goodUntil: clock.now() + viewKeptMs, contenders };
    this.#views.set(route.id, view);
    return view;
  }

  #membersFor({ managerId }: Demand): Iterable<Member> {
    const { roster, managerId: own } = this.#deps;
    return managerId === undefined || managerId === own ? roster.members() : [];
  }

  /** A delegate that comes late begins where the others are: it is not owed what it was not there for. */
  #shareOf({ baseUrl = '' }: Demand, { session }: Member): Share {
    const shares = this.#shares.get(baseUrl) ?? { byDelegate: new Map<string, Share>(), top: 0 };
    this.#shares.set(baseUrl, shares);
    const known = shares.byDelegate.get(session.delegateId);
    if (known) return known;
    let least = shares.top;
    for (const { turns } of shares.byDelegate.values()) least = Math.min(least, turns);
    const fresh = { turns: least, lastTurn: 0 };
    shares.byDelegate.set(session.delegateId, fresh);
    return fresh;
  }

  #take(route: Route, { member, share }: LocalContender): Seat {
    const { roster } = this.#deps;
    if (route.type === 'canary') return seatWithoutSlot(member);
    const shares = this.#shares.get(route.baseUrl ?? '');
    const { lastTurn } = share;
    this.#turn += 1;
    const turn = this.#turn;
    // One that was full or away for long is owed at most one full load, or it would get everything for a while.
    const owedFrom = (shares?.top ?? 0) - member.session.capacity;
    share.turns = Math.max(share.turns, owedFrom) + 1;
    share.lastTurn = turn;
    if (shares) shares.top = Math.max(shares.top, share.turns);
    return roster.hold(member.session, () => {
      // A slot that was not used does not count as a turn: else idle claims would shuffle the order.
      share.turns -= 1;
      if (share.lastTurn === turn) share.lastTurn = lastTurn;
    });
  }
}

/** A canary takes no slot. */
function seatWithoutSlot({ session }: Member): Seat {
  return { session, release: () => false, fill: () => {} };
}

function alwaysFree(member: Member): Member {
  return { ...member, freeSlots: 1 };
}
