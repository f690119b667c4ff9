import { describe, expect, it } from 'vitest';
import { describeCriteria, holds } from '../../../manager/core/criteria.ts';
import { parseCriteria } from '../../../manager/core/criteria-grammar.ts';

const ticket = {
  state: { value: '-2', displayValue: 'Scheduled' },
  approval: { value: 'not requested', displayValue: 'Not Yet Requested' },
  assigned_to: { value: '', displayValue: '' },
  short_description: { value: "Deploy it's service", displayValue: "Deploy it's service" },
};

function read(text: string) {
  const parsed = parseCriteria(text);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed.criteria;
}

describe('whether criteria hold', () => {
  it.each([
    ['state = -2', true],
    ['state = Scheduled', true],
    ['state = scheduled', true],
    ['state = -1', false],
    ['state != -1', true],
    ['state != Scheduled', false],
    ['state in (Implement, Scheduled)', true],
    ['state in (-1, 0)', false],
    ['state not in (-1, 0)', true],
    ['state not in (-2)', false],
    ['approval = not requested', true],
    ["approval = 'Not Yet Requested'", true],
    ['assigned_to is empty', true],
    ['assigned_to is not empty', false],
    ['short_description contains "it\'s"', true],
    ['short_description contains DEPLOY', true],
    ['state = Scheduled and approval = approved', false],
    ['state = Scheduled or approval = approved', true],
    ['state = Closed or state = Scheduled and assigned_to is empty', true],
    ['(state = Closed or state = Scheduled) and assigned_to is not empty', false],
  ])('%s → %s', (text, expected) => {
    expect(holds(read(text), ticket)).toBe(expected);
  });

  it.each(['missing = x', 'missing != x', 'missing not in (x)', 'missing is empty', 'missing is not empty'])(
    'never holds for a field that was not read: %s',
    (text) => {
      expect(holds(read(text), ticket)).toBe(false);
    },
  );

  it('takes nothing that every object has for a field', () => {
    expect(holds(read('constructor is not empty'), {})).toBe(false);
    expect(holds(read('constructor = x'), {})).toBe(false);
  });

  it('does not take labels of other columns, or parts of a value, for the value', () => {
    expect(holds(read('state = 2'), ticket)).toBe(false);
    expect(holds(read('approval = requested'), ticket)).toBe(false);
  });
});

describe('reading criteria', () => {
  it.each([
    'state = Scheduled',
    "state = Scheduled and approval in (approved, 'not required')",
    '(state = -2 or state = -1) and assigned_to is not empty',
    "short_description contains 'it\\'s'",
    'a not in (x, y) or b != c and d is empty',
  ])('writes %s as it was read', (text) => {
    expect(describeCriteria(read(text)).replace(/[()]/g, '')).toBe(text.replace(/[()]/g, ''));
    expect(read(describeCriteria(read(text)))).toEqual(read(text));
  });

  it.each([
    ['', 'at the end: expected "(", a word'],
    ['state', 'at the end: expected "="'],
    ['state =', 'at the end: expected a value'],
    ['state = a or', 'at the end: expected'],
    ['state ~ a', 'at "~", position 7: expected "="'],
    ['(state = a', 'at the end: expected ")"'],
    ['state = a)', 'at ")", position 10: expected "and", "or" or the end'],
    ['state in ()', 'at ")", position 11'],
    ["state = 'open", 'unexpected "\'open" at position 9'],
  ])('says what is wrong with %j', (text, fault) => {
    expect(parseCriteria(text)).toEqual({ fault: expect.stringContaining(fault) });
  });
});
