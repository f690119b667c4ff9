import { describe, expect, it } from 'vitest';
import { limits } from '#protocol/limits.ts';
import { FrameBudget } from '../../../manager/gateway/frame-budget.ts';

describe('the budget of frames that nothing asked for', () => {
  it('is spent at once, refilled with time, and never above its size', () => {
    let now = 0;
    const budget = new FrameBudget(() => now);
    const spend = (count: number) => Array.from({ length: count }, () => budget.spend());
    expect(spend(limits.maxUnprovokedFrames).every(Boolean)).toBe(true);
    expect(budget.spend()).toBe(false);
    now += 1_000;
    expect(spend(49).every(Boolean)).toBe(true);
    now += 3_600_000;
    expect(spend(limits.maxUnprovokedFrames).every(Boolean)).toBe(true);
    expect(budget.spend()).toBe(false);
  });

  it('is not enlarged by a clock that goes back', () => {
    let now = 10_000;
    const budget = new FrameBudget(() => now);
    for (let n = 0; n < limits.maxUnprovokedFrames; n += 1) budget.spend();
    now = 0;
    expect(budget.spend()).toBe(false);
  });
});
