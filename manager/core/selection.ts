import { findPolicyRefusal } from '#protocol/policy.ts';
import { missingSelectors } from '#protocol/selectors.ts';
import type { Candidate, Demand, Standing } from './delegates.ts';

/** Why a delegate can or cannot take a task now. */
export type Verdict =
  | { readonly kind: 'eligible'; readonly tier: Tier; readonly standing: Standing }
  | { readonly kind: 'lacks-selectors'; readonly selectors: readonly string[] }
  | { readonly kind: 'task-unsupported' }
  | { readonly kind: 'policy'; readonly because: string }
  | { readonly kind: 'offline'; readonly lastSeenAt: number }
  | { readonly kind: 'draining' }
  | { readonly kind: 'stuck' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'joining'; readonly standing: Standing }
  | { readonly kind: 'checking' }
  | { readonly kind: 'full'; readonly tier: Tier };

/** The order among those that can: those with history, those without, those whose own way failed. */
export type Tier = 'proven' | 'unproven' | 'set-aside';

/** Judges one delegate. What is permanent is told before what passes, so that the reason points at what to change. */
export function judge(demand: Demand, candidate: Candidate): Verdict {
  const missing = missingSelectors(demand.selectors, candidate.tags);
  if (missing.length > 0) return { kind: 'lacks-selectors', selectors: missing };
  const because = findPolicyRefusal(candidate.policy, demand);
  if (because !== undefined) return { kind: 'policy', because };
  if (!candidate.taskTypes.includes(demand.type)) return { kind: 'task-unsupported' };
  if (!demand.features.every((feature) => candidate.features.includes(feature))) return { kind: 'task-unsupported' };
  switch (candidate.state) {
    case 'offline':
      return { kind: 'offline', lastSeenAt: candidate.lastSeenAt };
    case 'draining':
      return { kind: 'draining' };
    case 'stuck':
    case 'pending':
    case 'joining':
      // A canary is how it becomes online, and takes no slot.
      if (demand.type === 'canary') return { kind: 'eligible', tier: 'proven', standing: candidate.standing };
      if (candidate.state !== 'joining') return { kind: candidate.state };
      return { kind: 'joining', standing: candidate.standing };
    case 'online':
      return judgeOnline(demand, candidate);
  }
}

function judgeOnline(demand: Demand, { standing, freeSlots }: Candidate): Verdict {
  if (demand.baseUrl === undefined) {
    if (demand.type === 'canary' || freeSlots > 0) return { kind: 'eligible', tier: 'proven', standing };
    return { kind: 'full', tier: 'proven' };
  }
  if (standing.kind === 'unchecked') return { kind: 'checking' };
  const tier = tierOf(standing);
  return freeSlots > 0 ? { kind: 'eligible', tier, standing } : { kind: 'full', tier };
}

function tierOf(standing: Exclude<Standing, { kind: 'unchecked' }>): Tier {
  switch (standing.kind) {
    case 'proven':
      return 'proven';
    case 'not-live':
      return 'unproven';
    case 'set-aside':
      return 'set-aside';
  }
}

/** What choosing knows of an eligible delegate of this manager. Plain data: it is looked through for every task. */
export interface Contender {
  readonly id: string;
  readonly tier: Tier;
  readonly member: { readonly freeSlots: number };
  /** How many tasks of the instance it has been given, and when the last of them. */
  readonly share: { readonly turns: number; readonly lastTurn: number };
}

/**
 * Chooses who gets a task, among those with a free slot: whoever is set aside last, whoever failed it before behind those
 * that did not, history first, then the one that was given the fewest, then the one whose turn was longest ago.
 * Undefined when there is nobody.
 */
export function choose<C extends Contender>(contenders: readonly C[], avoid: ReadonlySet<string>): C | undefined {
  let best: C | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const contender of contenders) {
    if (contender.member.freeSlots < 1) continue;
    const rank = rankOf(contender.tier, avoid.size > 0 && avoid.has(contender.id));
    if (rank > bestRank) continue;
    if (!best || rank < bestRank || isBefore(contender, best)) {
      best = contender;
      bestRank = rank;
    }
  }
  return best;
}

function rankOf(tier: Tier, isAvoided: boolean): number {
  switch (tier) {
    case 'proven':
      return isAvoided ? 2 : 0;
    case 'unproven':
      return isAvoided ? 3 : 1;
    case 'set-aside':
      return isAvoided ? 5 : 4;
  }
}

function isBefore({ share: a }: Contender, { share: b }: Contender): boolean {
  return a.turns === b.turns ? a.lastTurn < b.lastTurn : a.turns < b.turns;
}

/** How long the best of this manager lets others go first. */
export type HeadStart = 'none' | 'stagger' | 'patience';

/**
 * Decides whether a manager whose best free delegate is of tier `own` claims at once, given the verdicts on all. A proven
 * one elsewhere with a free slot gets a moment; one that is set aside is used when every better one has had time.
 */
export function headStartFor(own: Tier, all: readonly Verdict[]): HeadStart {
  if (own === 'set-aside') return all.some(mayBecomeBetter) ? 'patience' : 'none';
  if (own === 'proven') return 'none';
  return all.some((verdict) => verdict.kind === 'eligible' && verdict.tier === 'proven') ? 'stagger' : 'none';
}

/** Full, being checked, or joining counts: it may take the task soon. */
function mayBecomeBetter(verdict: Verdict): boolean {
  if (verdict.kind === 'eligible' || verdict.kind === 'full') return verdict.tier !== 'set-aside';
  if (verdict.kind === 'joining') return verdict.standing.kind !== 'set-aside';
  return verdict.kind === 'checking';
}
