import type { Tone } from '../../parts/state-badge.tsx';
import type { Task } from './use-tasks.ts';

export const taskTones: Readonly<Record<Task['state'], Tone>> = {
  queued: 'waiting',
  assigned: 'busy',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'quiet',
  expired: 'bad',
};

/** The state in a word; a task that ends only because it was asked to says so meanwhile. */
export function stateWord({ state, cancelAsked, outcome }: Task): string {
  return cancelAsked !== undefined && outcome === undefined ? `${state}, being cancelled` : state;
}

export function hasEnded({ outcome }: Task): boolean {
  return outcome !== undefined;
}
