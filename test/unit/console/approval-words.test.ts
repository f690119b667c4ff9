import { describe, expect, it } from 'vitest';
import { describeSpan, describeWhom, storedTime } from '../../../manager/console/pages/approvals/approval-words.ts';
import { readApprovalsSearch } from '../../../manager/console/pages/approvals/search.ts';
import { standingOf } from '../../../manager/console/pages/approvals/window-standing.ts';

const asked = (approver: string, group = '', since = '2026-03-01 10:00:00') => ({
  approver,
  group,
  state: 'requested',
  since,
});

describe('words about an approval', () => {
  it.each([
    [undefined, { text: 'not known' }],
    [[], { text: 'nobody is asked' }],
    [[asked('Ada')], { text: 'Ada', since: '2026-03-01T10:00:00Z' }],
    [[asked('', 'CAB', '')], { text: 'CAB' }],
    [
      [asked('Ada', 'CAB', '2026-03-02 10:00:00'), asked('Bo', 'CAB'), asked('Cy'), asked('Di'), asked('Ed')],
      { text: 'Ada (CAB), Bo (CAB), Cy and 2 more', since: '2026-03-01T10:00:00Z' },
    ],
  ])('name whom it waits for, and since when: %j', (pending, whom) => {
    expect(describeWhom(pending)).toEqual(whom);
  });

  it.each([
    [0, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_600_000, '1h'],
    [95_400_000, '1d 2h'],
    [86_400_000 + 5_000, '1d'],
    [-5, '0s'],
  ])('tell a span of %d ms as %s', (ms, text) => {
    expect(describeSpan(ms)).toBe(text);
  });

  it('take only what ServiceNow stores for a time', () => {
    expect(storedTime('2026-03-01 10:00:00')).toBe('2026-03-01T10:00:00Z');
    expect(storedTime('01.03.2026')).toBeUndefined();
  });
});

describe('a change window', () => {
  const window = {
    startField: 'start_date',
    endField: 'end_date',
    startsAt: '2026-03-01T10:00:00Z',
    endsAt: '2026-03-01T12:00:00Z',
  };
  it.each([
    ['2026-03-01T09:30:00Z', 'before', '30m'],
    ['2026-03-01T10:00:00Z', 'open', '2h'],
    ['2026-03-01T11:59:59Z', 'open', '1s'],
    ['2026-03-01T12:00:00Z', 'over', undefined],
  ])('is at %s: %s', (now, kind, left) => {
    expect(standingOf(window, new Date(now))).toMatchObject({ kind, ...(left === undefined ? {} : { left }) });
  });

  it('is not known before its fields were read', () => {
    expect(standingOf({ startField: 'a', endField: 'b' }, new Date())).toEqual({ kind: 'unknown' });
  });
});

it.each([
  [{}, {}],
  [
    { show: 'ended', number: 'CHG1' },
    { show: 'ended', number: 'CHG1' },
  ],
  [{ show: 'waiting', number: '' }, {}],
  [{ show: ['ended'], number: 12 }, { number: '12' }],
  [{ number: "x' OR" }, {}],
])('an address of the list is read: %j', (search, read) => {
  expect(readApprovalsSearch(search)).toEqual(read);
});
