import { distance } from 'fastest-levenshtein';
import type { Candidate, Demand } from './delegates.ts';
import { judge, type Verdict } from './selection.ts';

/** The answer to "why does this task wait": every delegate considered, and what to change. */
export interface Explanation {
  readonly summary: string;
  readonly remedy: string;
  readonly missingSelectors: MissingSelector[];
  readonly delegates: {
    readonly id: string;
    readonly name: string;
    readonly verdict: Verdict;
    readonly text: string;
  }[];
}

export interface MissingSelector {
  readonly selector: string;
  /** Whether any known delegate, connected or not, holds it: then it is down, not misspelt. */
  readonly everConnected: boolean;
  /** The most similar tag that a delegate does hold. */
  readonly nearest: string | undefined;
}

/** Explains who could take a task, and why the others cannot. */
export function explain(demand: Demand, candidates: readonly Candidate[], now: number): Explanation {
  const delegates = candidates.map((candidate) => {
    const verdict = judge(demand, candidate);
    const gone = candidate.state === 'offline' && verdict.kind !== 'offline' ? ', and is offline' : '';
    return { id: candidate.id, name: candidate.name, verdict, text: `${describeVerdict(verdict, now)}${gone}` };
  });
  const live = candidates.filter(({ state }) => state === 'online');
  const missingSelectors = demand.selectors
    .filter((selector) => !live.some(({ tags }) => tags.includes(selector)))
    .map((selector) => ({
      selector,
      everConnected: candidates.some(({ tags }) => tags.includes(selector)),
      nearest: nearestTag(
        selector,
        candidates.flatMap(({ tags }) => tags),
      ),
    }));
  return { ...summarise(demand, delegates, missingSelectors), missingSelectors, delegates };
}

function summarise(
  demand: Demand,
  delegates: Explanation['delegates'],
  missing: readonly MissingSelector[],
): { summary: string; remedy: string } {
  const considered = delegates.map(({ name, text }) => `${name} (${text})`).join(', ');
  if (delegates.length === 0)
    return {
      summary: 'no delegate has ever connected',
      remedy:
        'Install a delegate: create a token with "ticketgate delegate-token create" and start "ticketgate delegate".',
    };
  if (delegates.some(({ verdict }) => verdict.kind === 'eligible'))
    return {
      summary: `a delegate can take it; considered: ${considered}`,
      remedy: 'Nothing to change.',
    };
  if (missing.length > 0)
    return {
      summary: `${missing.map(describeMissing).join('; ')}; considered: ${considered}`,
      remedy: missing.every(({ everConnected }) => everConnected)
        ? 'Start the delegate that holds it again, or look at its log for why it cannot connect.'
        : 'Correct the selectors, or start a delegate that holds them (--tags).',
    };
  const kinds = new Set(delegates.map(({ verdict }) => verdict.kind));
  if (kinds.has('full'))
    return {
      summary: `every delegate that could take it is full; considered: ${considered}`,
      remedy: 'Wait, raise --capacity, or start another delegate with the same tags.',
    };
  if (demand.selectors.length > 1 && kinds.has('lacks-selectors'))
    return {
      summary: `no single delegate holds all of ${demand.selectors.join(', ')}; considered: ${considered}`,
      remedy: 'Every selector must be held by one delegate: give one delegate all of these tags.',
    };
  return {
    summary: `no delegate that could take it is online; considered: ${considered}`,
    remedy: 'Start the delegate again, or look at its log for why it cannot connect.',
  };
}

function describeMissing({ selector, everConnected, nearest }: MissingSelector): string {
  if (everConnected) return `no delegate with the selector "${selector}" is online now, though one has been`;
  return `no delegate holds the selector "${selector}"${nearest === undefined ? '' : ` (the nearest is "${nearest}")`}`;
}

function describeVerdict(verdict: Verdict, now: number): string {
  switch (verdict.kind) {
    case 'eligible':
      return 'can take it';
    case 'offline':
      return `offline, last seen ${Math.round((now - verdict.lastSeenAt) / 1000)} s ago`;
    case 'draining':
      return 'draining: it takes nothing new';
    case 'lacks-selectors':
      return `lacks ${verdict.selectors.map((selector) => `"${selector}"`).join(', ')}`;
    case 'task-unsupported':
      return 'does not know this type of task: it is of an older version';
    case 'full':
      return 'full: no free slot';
  }
}

function nearestTag(selector: string, tags: readonly string[]): string | undefined {
  const ranked = [...new Set(tags)]
    .map((tag) => ({ tag, distance: distance(selector, tag) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, selector.length / 2) ? best.tag : undefined;
}
