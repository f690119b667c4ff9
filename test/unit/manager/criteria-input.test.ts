import { describe, expect, it } from 'vitest';
import { readCriteria } from '../../../manager/core/criteria-input.ts';
import { Refusal } from '../../../manager/core/refusal.ts';

function refusalOf(input: unknown): Refusal {
  try {
    readCriteria(input, '/approve');
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was read');
}

const condition = { field: 'state', operator: 'equals', value: 'a' };

describe('criteria that a caller gave', () => {
  it.each([
    ['risk <= 2', { field: 'risk', operator: 'at-most', value: '2' }],
    ['risk < 2', { field: 'risk', operator: 'less-than', value: '2' }],
    ['risk >= 2', { field: 'risk', operator: 'at-least', value: '2' }],
    [
      'start_date > 2026-03-01 10:00:00',
      { field: 'start_date', operator: 'greater-than', value: '2026-03-01 10:00:00' },
    ],
    [" cel: ticket.state.value == 'a' ", { expression: "ticket.state.value == 'a'" }],
  ])('as text are the same as data: %s', (text, data) => {
    expect(readCriteria(text, '')).toEqual(data);
    expect(readCriteria(data, '')).toEqual(data);
  });

  it.each([
    ['a value that is empty', { ...condition, value: '' }, '/value must'],
    ['a value of blanks', { ...condition, value: ' ' }, 'compares state with an empty value: use is-empty'],
    ['a blank among values', { field: 'state', operator: 'in', values: ['a', ' '] }, 'an empty value'],
    [
      'a blank deep inside',
      { any: [condition, { all: [{ ...condition, value: '\t' }] }] },
      '/any/1/all/0 compares state with an empty value',
    ],
    ['no value', { field: 'state', operator: 'in', values: [] }, '/values must'],
    ['no condition', { all: [] }, '/all must'],
    ['a bound that is none', { field: 'risk', operator: 'less-than', value: 'high' }, '/value "high": expected a'],
    [
      'a day that is none',
      { field: 'd', operator: 'at-most', value: '2026-02-30' },
      '/value "2026-02-30": expected a number',
    ],
    [
      'an operator that is none',
      { ...condition, operator: 'like' },
      '/operator must be one of equals, not-equals, contains, less-than',
    ],
    ['a property that is none', { ...condition, x: 1 }, 'unknown properties: x'],
    ['an expression and more', { expression: "ticket.a.value == 'b'", any: [condition] }, 'unknown properties: any'],
    [
      'an expression inside',
      { any: [condition, { expression: "ticket.a.value == 'b'" }] },
      '/any/1/operator must be one of',
    ],
    ['an empty expression', { expression: ' ' }, 'expected an expression'],
    ['a faulty expression', { expression: "ticket.a.value == 'b" }, 'at position 19: Unterminated string'],
    ['a label for a column', "cel: ticket['Planned start'].value == 'b'", '"Planned start" is no column name'],
    ['a label for a column in text', 'State = a', '"State" is no column name'],
    ['a text that is too long', `state = ${'a'.repeat(4_000)}`, 'longer than 4000 characters'],
    ['a value that is too long', `state = ${'a'.repeat(1_001)}`, '/value must'],
    ['too many values', `state in (${'a,'.repeat(100)}a)`, '/values must'],
    ['too many parentheses', `${'('.repeat(80)}a = b${')'.repeat(80)}`, 'too many parentheses'],
    [
      'too many columns',
      { all: Array.from({ length: 41 }, (_, i) => ({ ...condition, field: `c${i}` })) },
      'more than 40',
    ],
    ['nothing', '', 'at the end: expected'],
    ['null', null, 'must be a condition'],
    ['a list', [condition], 'must be a condition'],
    ['both all and any', { all: [condition], any: [condition] }, 'must have nothing besides all'],
    ['a value for values', { field: 'a', operator: 'in', value: 'b' }, 'lacks values'],
    ['a number for a value', { ...condition, value: 3 }, '/value must'],
  ])('are refused with %s', (_name, input, fault) => {
    const refusal = refusalOf(input);
    expect(refusal.code).toBe('criteria-invalid');
    expect(refusal.faults).toEqual([{ path: '/approve', message: expect.stringContaining(fault) }]);
  });

  it('are refused when they are nested without end', () => {
    let nested: unknown = condition;
    for (let depth = 0; depth < 100_000; depth += 1) nested = { any: [nested] };
    expect(refusalOf(nested).faults[0]?.message).toBe('nested deeper than 20 levels');
  });
});
