import { describe, expect, it } from 'vitest';
import { describeDifference, findDifferences, prepareFields } from '../../../delegate/servicenow/sent-fields.ts';

describe('preparing fields', () => {
  it('skips empty texts with a warning, clears by null, and keeps journals apart', () => {
    expect(prepareFields({ a: 'x', b: '', c: null, work_notes: 'note', comments: null })).toEqual({
      plain: { a: 'x', c: '' },
      journals: { work_notes: 'note' },
      warnings: [
        'field b is empty and was not sent',
        'field comments is a journal: it cannot be cleared and was not sent',
      ],
    });
  });
});

describe('comparing a record with what was sent', () => {
  const holding: readonly [string, string, unknown][] = [
    ['the raw value', '3', { value: '3', display_value: 'Closed' }],
    ['the display value', 'Closed', { value: '3', display_value: 'Closed' }],
    ['other line ends', 'a\r\nb ', { value: 'a\nb', display_value: 'a\nb' }],
    ['another way to write a number', '03', { value: '3', display_value: '3' }],
    ['a boolean as a digit', '1', { value: 'true', display_value: 'true' }],
    ['a date in a date-time', '2026-01-02', { value: '2026-01-02 00:00:00', display_value: '02.01.2026' }],
    ['a cleared date', '', { value: '', display_value: 'UNKNOWN' }],
  ];
  it.each(holding)('takes %s for held', (_name, sent, actual) => {
    expect(findDifferences({ field: sent }, { field: actual })).toEqual([]);
  });

  const differing: readonly [string, string, unknown][] = [
    ['trap 24: a state that did not move', '-4', { value: '-5', display_value: 'New' }],
    ['a field that was not cleared', '', { value: '3', display_value: '' }],
    ['a boolean', '1', { value: 'false', display_value: 'false' }],
    ['an empty field', 'x', ''],
  ];
  it.each(differing)('finds %s', (_name, sent, actual) => {
    expect(findDifferences({ field: sent }, { field: actual })).toHaveLength(1);
  });

  it('finds a field that the record does not show (trap 27)', () => {
    const [difference] = findDifferences({ u_nope: 'x' }, { sys_id: '1' });
    expect(difference).toEqual({ field: 'u_nope', sent: 'x', actual: undefined });
    expect(difference && describeDifference(difference)).toContain('does not exist or may not be read');
  });

  it('tells when a text was cut', () => {
    const text = describeDifference({ field: 'short_description', sent: 'abcdef', actual: 'abc' });
    expect(text).toContain('cut to 3 characters');
  });
});
