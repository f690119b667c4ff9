import type { Figure } from './figure.ts';
import type { Sizes } from './sizes.ts';

/** What every part of a bench is given. */
export interface Bench {
  readonly rounds: number;
  readonly sizes: Sizes;
  /** Where the processes' logs go. */
  readonly directory: string;
  /** Where CPU profiles of the managers go, if anywhere. */
  readonly profileDirectory: string | undefined;
}

/** A group of figures that are measured together, from nothing to nothing. */
export interface Part {
  readonly name: string;
  run(bench: Bench): Promise<PartResult>;
}

export interface PartResult {
  readonly figures: readonly Figure[];
  /** What else was seen: how busy the processes were, what was left out. */
  readonly notes: readonly string[];
}
