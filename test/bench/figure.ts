import { median } from './statistics.ts';

/** What a figure is to reach, in the terms in which it is judged. */
export interface Goal {
  readonly bound: 'at-least' | 'at-most';
  readonly reach: number;
  readonly stretch?: number;
}

/** Something that was measured, once in each round, beside what it is held against in the same round. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: readonly number[];
  readonly baseline?: { readonly name: string; readonly values: readonly number[] };
  /** What is judged: ours divided by the baseline, ours less the baseline, or ours alone. */
  readonly judged: 'ratio' | 'difference' | 'value';
  readonly goal?: Goal;
}

export interface Judgement {
  /** Medians over the rounds. */
  readonly ours: number;
  readonly baseline: number | undefined;
  /** Of each round's comparison: the median, and how far the rounds are apart. */
  readonly compared: number;
  readonly least: number;
  readonly most: number;
  readonly reached: 'stretch' | 'yes' | 'no' | 'not-known' | undefined;
}

/** Compares round by round, since only what was measured at the same time is comparable, and takes the median. */
export function judge({ ours, baseline, judged, goal }: Figure): Judgement {
  const compared = ours.map((value, round) => {
    const other = baseline?.values[round] ?? Number.NaN;
    if (judged === 'value') return value;
    return judged === 'ratio' ? value / other : value - other;
  });
  const middle = median(compared);
  return {
    ours: median(ours),
    baseline: baseline && median(baseline.values),
    compared: middle,
    least: Math.min(...compared),
    most: Math.max(...compared),
    reached: goal && judgeGoal(middle, goal),
  };
}

function judgeGoal(value: number, { bound, reach, stretch }: Goal): NonNullable<Judgement['reached']> {
  if (Number.isNaN(value)) return 'not-known';
  const meets = (goal: number) => (bound === 'at-least' ? value >= goal : value <= goal);
  if (stretch !== undefined && meets(stretch)) return 'stretch';
  return meets(reach) ? 'yes' : 'no';
}
