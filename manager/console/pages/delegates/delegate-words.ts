import type { Tone } from '../../parts/state-badge.tsx';
import type { Delegate } from './use-delegates.ts';

export const delegateTones: Readonly<Record<Delegate['state'], Tone>> = {
  online: 'good',
  joining: 'waiting',
  pending: 'waiting',
  draining: 'waiting',
  stuck: 'bad',
  offline: 'quiet',
};

/** What a state means for the one who looks at it at night. */
export const stateMeanings: Readonly<Record<Delegate['state'], string>> = {
  online: 'It answers canaries, and takes tasks.',
  joining: 'It has connected, and its first canary is under way.',
  pending: "It waits for an administrator's approval: until then it gets canaries and no other work.",
  draining: 'It takes nothing new, finishes what it has, and leaves.',
  stuck:
    'It heartbeats and answers no canary, so it gets no work. It dials anew by itself; if it stays so, restart it.',
  offline: 'Nothing is heard of it. Start it, or look at its log for why it cannot connect.',
};

const rank: Readonly<Record<Delegate['state'], number>> = {
  stuck: 0,
  pending: 1,
  joining: 2,
  draining: 3,
  online: 4,
  offline: 5,
};

/** Those that need a look first; then by name. */
export function sortDelegates(delegates: readonly Delegate[]): Delegate[] {
  return delegates.toSorted((one, other) => rank[one.state] - rank[other.state] || one.name.localeCompare(other.name));
}

/** What the operator of a delegate allows it, in lines; nothing for a delegate that may do everything. */
export function describePolicy(policy: Delegate['policy']): string[] {
  return Object.entries(policy).map(
    ([rule, value]) => `${rule}: ${Array.isArray(value) ? value.join(', ') || 'none' : JSON.stringify(value)}`,
  );
}
