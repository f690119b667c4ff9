import { describe, expect, it } from 'vitest';
import { changeMoves, isLegalMove } from '../../../simulator/change-states.ts';

describe('the states of a change', () => {
  it.each([
    ['normal', '-5', '-4', 'not requested', true],
    ['normal', '-5', '-3', 'not requested', false],
    ['normal', '-5', '-1', 'approved', false],
    ['normal', '-4', '-3', 'requested', true],
    ['normal', '-3', '-2', 'requested', false],
    ['normal', '-3', '-2', 'approved', true],
    ['normal', '-2', '-1', 'approved', true],
    ['normal', '-1', '0', 'approved', true],
    ['normal', '-1', '4', 'approved', true],
    ['normal', '0', '4', 'approved', false],
    ['normal', '0', '3', 'approved', true],
    ['normal', '3', '-1', 'approved', false],
    ['normal', '4', '-5', 'approved', false],
    ['standard', '-5', '-2', 'approved', true],
    ['standard', '-5', '-4', 'approved', false],
    ['emergency', '-5', '-3', 'not requested', true],
    ['emergency', '-5', '-4', 'not requested', false],
    ['a type of their own', '-5', '-4', 'not requested', true],
  ])('%s change: %s to %s with approval %s is legal: %s', (type, from, to, approval, legal) => {
    expect(isLegalMove(type, from, to, approval)).toBe(legal);
  });

  it('lets a record be written again in the state that it has', () => {
    expect(isLegalMove('normal', '3', '3', '')).toBe(true);
  });

  it('ends in Closed and Canceled for every type', () => {
    for (const moves of Object.values(changeMoves)) {
      expect(moves['3']).toEqual([]);
      expect(moves['4']).toEqual([]);
    }
  });
});
