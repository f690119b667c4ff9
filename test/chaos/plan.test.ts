import { describe, expect, it } from 'vitest';
import { allCells, cellCount, nameCell } from './cells.ts';
import { planRun } from './plan.ts';

describe('the plan of a run', () => {
  it('is told by its seed alone', () => {
    expect(planRun(4711)).toEqual(planRun(4711));
    expect(planRun(4711).operations).not.toEqual(planRun(4712).operations);
  });

  it('meets every cell within 296 runs, whatever the first seed, and is without a fault now and then', () => {
    for (const from of [0, 123_456]) {
      const plans = Array.from({ length: cellCount }, (_, index) => planRun(from + index).faults);
      expect(new Set(plans.flatMap((faults) => faults.map(nameCell))).size).toBe(allCells.length);
      expect(plans.filter((faults) => faults.length === 0)).toHaveLength(8);
    }
    expect(cellCount).toBe(296);
  });

  it('has two faults now and then, and some at the same instant', () => {
    const plans = Array.from({ length: 200 }, (_, seed) => planRun(seed));
    const pairs = plans.flatMap(({ faults: [one, other] }) => (one && other ? [[one, other] as const] : []));
    expect(pairs.length).toBeGreaterThan(50);
    expect(
      pairs.filter(([one, other]) => one.instant === other.instant && one.way === other.way).length,
    ).toBeGreaterThan(20);
  });
});
