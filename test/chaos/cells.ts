/** The instants of a task's life, and of a gate's, at which something goes wrong. */
export const instants = [
  'before-claim',
  'after-claim',
  'after-assign',
  'during-side-effect',
  'after-side-effect',
  'before-ack',
  'before-retry',
  'gate-start',
  'gate-poll',
  'gate-end',
] as const;
export type InstantName = (typeof instants)[number];

/** What goes wrong. */
export const faultKinds = [
  'kill-manager',
  'kill-delegate',
  'kill-redis',
  'suspend-manager',
  'suspend-delegate',
  'suspend-redis',
  'terminate-manager',
  'terminate-delegate',
  'cut-redis-link',
  'stall-redis-link',
  'half-stall-redis-link',
  'drop-redis-link',
  'delay-redis-link',
  'refuse-redis-link',
  'cut-delegate-link',
  'stall-delegate-link',
  'half-stall-delegate-link',
  'drop-delegate-link',
  'delay-delegate-link',
  'refuse-delegate-link',
  'cut-servicenow-link',
  'stall-servicenow-link',
  'half-stall-servicenow-link',
  'drop-servicenow-link',
  'delay-servicenow-link',
  'servicenow-away',
  'servicenow-commit-then-500',
  'servicenow-commit-then-hang',
  'servicenow-commit-then-reset',
  'servicenow-server-error',
  'servicenow-rate-limited',
  'servicenow-slow',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Cell {
  readonly instant: InstantName;
  readonly fault: FaultKind;
}

/** A run in which nothing goes wrong. */
export type PlannedCell = Cell | 'quiet';

/** That an attempt fails has to be provoked; so these cells come second, beside another one. */
export const provokedInstant: InstantName = 'before-retry';
const quietCells = 8;

const main: readonly PlannedCell[] = [
  ...instants
    .filter((instant) => instant !== provokedInstant)
    .flatMap((instant) => faultKinds.map((fault) => ({ instant, fault }))),
  ...Array.from({ length: quietCells }, () => 'quiet' as const),
];
const everySixth = 6;

/** So many consecutive seeds meet every cell. */
export const cellCount = main.length;
/** No divisor in common with the number of cells, so that a few runs meet cells far apart. */
const stride = 77;

/** The cells that a seed stands for: one or, now and then, two; none for a run in which nothing goes wrong. */
export function cellsOf(seed: number): readonly Cell[] {
  const index = (seed * stride) % main.length;
  const cell = main[index];
  if (cell === undefined) throw new Error(`a seed is a whole number from 0: ${seed}`);
  if (cell === 'quiet') return [];
  const second = index % everySixth === 0 ? faultKinds[index / everySixth] : undefined;
  return second === undefined ? [cell] : [cell, { instant: provokedInstant, fault: second }];
}

export const allCells: readonly Cell[] = instants.flatMap((instant) => faultKinds.map((fault) => ({ instant, fault })));

export function nameCell({ instant, fault }: Cell): string {
  return `${instant}/${fault}`;
}

/** Reads `INSTANT/FAULT` or `quiet`; undefined when there is no such cell. */
export function readCell(text: string): PlannedCell | undefined {
  return text === 'quiet' ? text : allCells.find((cell) => nameCell(cell) === text);
}
