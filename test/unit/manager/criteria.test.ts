import { describe, expect, it } from 'vitest';
import { describeCriteria, fieldsOf, holds, judge } from '../../../manager/core/criteria.ts';
import { parseCriteria } from '../../../manager/core/criteria-grammar.ts';

const ticket = {
  state: { value: '-2', displayValue: 'Scheduled' },
  approval: { value: 'not requested', displayValue: 'Not Yet Requested' },
  assigned_to: { value: '', displayValue: '' },
  risk: { value: '3', displayValue: 'Moderate' },
  cost: { value: '1234.50', displayValue: '$1,234.50' },
  start_date: { value: '2026-03-01 10:00:00', displayValue: '01.03.2026 19:00:00' },
  due: { value: '2026-03-01', displayValue: '01.03.2026' },
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

  it.each([
    ['risk < 4', true],
    ['risk < 3', false],
    ['risk <= 3', true],
    ['risk > 3', false],
    ['risk > -3', true],
    ['risk >= 3.0', true],
    ['cost > 1234.49', true],
    ['cost >= 1234.5', true],
    ['cost<1234.5', false],
    ['risk > 20', false],
    ['start_date >= 2026-03-01 10:00:00', true],
    ['start_date > 2026-03-01 10:00:00', false],
    ['start_date > 2026-03-01', true],
    ['start_date <= 2026-03-01', false],
    ['start_date < 2026-03-02', true],
    ['due <= 2026-03-01', true],
    ['due < 2026-03-01 00:00:01', true],
    ['due > 2026-02-28 23:59:59', true],
    ['assigned_to < 5', false],
    ['assigned_to >= 5', false],
    ['assigned_to < 2026-01-01', false],
  ])('%s → %s, by the stored value', (text, expected) => {
    expect(judge(read(text), ticket).kind).toBe(expected ? 'holds' : 'does-not-hold');
  });

  it('does not take labels of other columns, or parts of a value, for the value', () => {
    expect(holds(read('state = 2'), ticket)).toBe(false);
    expect(holds(read('approval = requested'), ticket)).toBe(false);
  });
});

describe('what cannot be judged', () => {
  const unknown = 'approval > 5';

  it.each([
    ['approval > 5', 'approval is "not requested", which is no number'],
    ['risk > 2026-01-01', 'risk is "3", which is no date'],
    ['start_date < 7', 'start_date is "2026-03-01 10:00:00", which is no number'],
    ['missing = x', 'missing was not read'],
    ['missing is empty', 'missing was not read'],
  ])('%s, since %s', (text, because) => {
    expect(judge(read(text), ticket)).toEqual({ kind: 'cannot-be-judged', because });
  });

  it.each([
    [`${unknown} or state = -2`, 'holds'],
    [`state = -2 or ${unknown}`, 'holds'],
    [`${unknown} or state = -1`, 'cannot-be-judged'],
    [`${unknown} and state = -1`, 'does-not-hold'],
    [`state = -1 and ${unknown}`, 'does-not-hold'],
    [`${unknown} and state = -2`, 'cannot-be-judged'],
    [`(${unknown} or state = -1) and state = -2`, 'cannot-be-judged'],
    [`(${unknown} and state = -2) or risk = 3`, 'holds'],
  ])('decides only where it matters: %s → %s', (text, kind) => {
    expect(judge(read(text), ticket).kind).toBe(kind);
  });

  it('is a number of more digits than can be told apart', () => {
    const long = { risk: { value: '9007199254740993', displayValue: '' } };
    expect(judge(read('risk > 5'), long).kind).toBe('cannot-be-judged');
  });

  it('is data that was stored with a bound that is none', () => {
    const criteria = { field: 'risk', operator: 'less-than', value: 'x' } as const;
    expect(judge(criteria, ticket).kind).toBe('cannot-be-judged');
  });
});

describe('reading criteria', () => {
  it.each([
    'state = Scheduled',
    "state = Scheduled and approval in (approved, 'not required')",
    '(state = -2 or state = -1) and assigned_to is not empty',
    "short_description contains 'it\\'s'",
    'a not in (x, y) or b != c and d is empty',
    'risk <= 2 and cost > 1.50 or risk >= 9 and cost < -3',
    "start_date >= '2026-03-01 10:00:00' and due < 2026-03-01",
    "a = 'or' and b in (not, 'AND')",
    "cel: ticket.state.value == '-2'",
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
    ['state is', 'at the end: expected "empty"'],
    ['state not empty', 'at "empty", position 11: expected "in"'],
    ['Planned start = x', 'at "start", position 9: expected "="'],
    ['state = a b) or', 'at ")", position 12: expected "and", "or" or the end'],
    ["state = ''", 'at "\'\'", position 9: an empty value: write "is empty"'],
    ["state in (a, ' ')", 'at "\' \'", position 14: an empty value'],
    ["short_description contains ''", 'position 28: an empty value'],
    ['risk < high', 'at "high", position 8: expected a number of at most 15 digits, or a date in UTC'],
    ['risk <= 1,5', 'at ",", position 10: expected "and", "or" or the end'],
    ['risk > 1e5', 'at "1e5", position 8: expected a number'],
    ['risk >= 1234567890123456', 'position 9: expected a number of at most 15 digits'],
    ['start_date > 2026-02-30', 'at "2026-02-30", position 14: expected a number of at most 15 digits, or a date'],
    ['start_date > 2026-03-01 24:00:00', 'at "2026-03-01", position 14: expected'],
    ['start_date > 01.03.2026', 'position 14: expected'],
    ['start_date > 2026-03-01T10:00:00Z', 'position 14: expected'],
    ['risk < ', 'at the end: expected a value'],
    ['risk <> 3', 'at ">", position 7: expected a value'],
    ['risk =< 3', 'at "<", position 7: expected a value'],
    ['risk < 3 < 4', 'at "<", position 10: expected "and", "or" or the end'],
  ])('says what is wrong with %j', (text, fault) => {
    expect(parseCriteria(text)).toEqual({ fault: expect.stringContaining(fault) });
  });
});

describe('the fields of criteria', () => {
  it.each([
    ['state = 1 and (approval = x or state = 2)', ['state', 'approval']],
    [
      "cel: ticket.state.value == 'a' && ticket['assigned_to.user_name'].displayValue != ticket.state.value",
      ['assigned_to.user_name', 'state'],
    ],
  ])('of %s are %j', (text, fields) => {
    expect(fieldsOf(read(text))).toEqual(fields);
  });
});
