import { type Cell, readCell } from './cells.ts';
import type { TicketStory } from './gates/plan-gates.ts';
import { preload } from './program-args.ts';

/** A bug that is planted into the programs, to see that the harness finds it. */
export interface Planted {
  readonly env: Readonly<Record<string, string>>;
  /** Cells that provoke it. */
  readonly cells: readonly Cell[];
  /** What happens to every ticket, for a bug that only this shows; empty: whatever was planned. */
  readonly stories: readonly TicketStory[];
}

export const plantedNames = [
  'look-up-off',
  'parts-look-up-off',
  'fencing-off',
  'rejection-late',
  'window-off',
  'noise-decides',
  'group-kept',
  'old-reading',
] as const;
export type PlantedName = (typeof plantedNames)[number];

export function plant(name: PlantedName): Planted {
  return {
    env: { NODE_OPTIONS: preload(`./planted/${name}.ts`) },
    cells: cells[name].map(toCell),
    stories: stories[name] ?? [],
  };
}

const cells: Record<PlantedName, readonly string[]> = {
  'look-up-off': [
    'after-side-effect/cut-servicenow-link',
    'after-side-effect/kill-delegate',
    'during-side-effect/servicenow-commit-then-reset',
    'during-side-effect/servicenow-commit-then-500',
  ],
  'parts-look-up-off': [
    'during-side-effect/servicenow-commit-then-reset',
    'during-side-effect/servicenow-commit-then-500',
    'after-side-effect/cut-servicenow-link',
    'after-side-effect/servicenow-commit-then-500',
  ],
  'fencing-off': [
    'during-side-effect/servicenow-slow',
    'after-assign/servicenow-slow',
    'during-side-effect/suspend-delegate',
  ],
  'rejection-late': ['gate-start/delay-redis-link', 'gate-end/delay-redis-link'],
  'window-off': ['gate-start/delay-redis-link', 'gate-end/delay-redis-link'],
  'noise-decides': ['gate-start/servicenow-server-error', 'gate-poll/servicenow-away', 'gate-poll/cut-servicenow-link'],
  'group-kept': ['gate-poll/kill-manager'],
  'old-reading': ['gate-start/delay-redis-link', 'gate-end/delay-redis-link'],
};

const stories: Partial<Record<PlantedName, readonly TicketStory[]>> = {
  'rejection-late': ['both-at-once'],
  'window-off': ['open-window', 'move-window'],
};

function toCell(name: string): Cell {
  const cell = readCell(name);
  if (cell === undefined || cell === 'quiet') throw new Error(`there is no cell ${name}`);
  return cell;
}
