import { missingSelectors } from '#protocol/selectors.ts';
import type { Candidate, Demand } from './delegates.ts';

/** Why a delegate can or cannot take a task now. */
export type Verdict =
  | { readonly kind: 'eligible' }
  | { readonly kind: 'offline'; readonly lastSeenAt: number }
  | { readonly kind: 'draining' }
  | { readonly kind: 'lacks-selectors'; readonly selectors: readonly string[] }
  | { readonly kind: 'task-unsupported' }
  | { readonly kind: 'full' };

/** Judges one delegate. What is permanent is told before what passes, so that the reason points at what to change. */
export function judge(demand: Demand, candidate: Candidate): Verdict {
  const missing = missingSelectors(demand.selectors, candidate.tags);
  if (missing.length > 0) return { kind: 'lacks-selectors', selectors: missing };
  if (!candidate.taskTypes.includes(demand.type)) return { kind: 'task-unsupported' };
  if (candidate.state === 'offline') return { kind: 'offline', lastSeenAt: candidate.lastSeenAt };
  if (candidate.state === 'draining') return { kind: 'draining' };
  if (candidate.freeSlots < 1) return { kind: 'full' };
  return { kind: 'eligible' };
}

/**
 * Orders the eligible candidates, best first: those not to be avoided before those that are, then the one that was
 * chosen longest ago.
 */
export function rank<C extends Candidate>(
  demand: Demand,
  candidates: readonly C[],
  preference: { avoid: ReadonlySet<string>; lastChosen: ReadonlyMap<string, number> },
): C[] {
  const key = (candidate: C): [number, number] => [
    preference.avoid.has(candidate.id) ? 1 : 0,
    preference.lastChosen.get(candidate.id) ?? 0,
  ];
  return candidates
    .filter((candidate) => judge(demand, candidate).kind === 'eligible')
    .map((candidate) => ({ candidate, key: key(candidate) }))
    .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1])
    .map(({ candidate }) => candidate);
}
