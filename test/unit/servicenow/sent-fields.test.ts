import { describe, expect, it } from 'vitest';
import { parseColumns } from '../../../delegate/servicenow/form-metadata.ts';
import {
  describeDifference,
  findDifferences,
  holdsAll,
  prepareFields,
} from '../../../delegate/servicenow/sent-fields.ts';

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
    ['separators of thousands (trap 17)', '2000', { display_value: '2,000', link: '' }],
    ['a float (trap 20)', '-5', { value: -5.0, display_value: 'New' }],
    ['a real boolean (trap 21)', 'true', { value: true, display_value: 'true' }],
    ['a currency with its code', '1509.95', { value: 'USD;1509.95', display_value: '$1,509.95' }],
    ['a currency that only shows', 'USD;1509.95', { display_value: '$1,509.95' }],
    ['zeros behind the point', '0.5', { value: '0.5000', display_value: '0.50' }],
    ['the sys_id of a reference', 'a'.repeat(32), { value: 'a'.repeat(32), display_value: 'Fred Johnson' }],
    ['a reference by its link (trap 16)', 'a'.repeat(32), { display_value: 'Fred', link: `x/${'a'.repeat(32)}` }],
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
    ['another number', '2000', { value: '2001', display_value: '2,001' }],
    ['another reference', 'a'.repeat(32), { value: 'b'.repeat(32), display_value: 'Fred Johnson' }],
  ];
  it.each(differing)('finds %s', (_name, sent, actual) => {
    expect(findDifferences({ field: sent }, { field: actual })).toHaveLength(1);
  });

  it('finds a field that the record does not show (trap 27)', () => {
    const [difference] = findDifferences({ u_nope: 'x' }, { sys_id: '1' });
    expect(difference).toEqual({ field: 'u_nope', sent: 'x', actual: undefined });
    expect(difference && describeDifference(difference)).toContain('does not exist or may not be read');
  });

  const columns = parseColumns({
    columns: {
      state: {
        type: 'integer',
        choices: [
          { value: '-5', label: 'New' },
          { value: '-4', label: 'Assess' },
        ],
      },
      u_pin: { type: 'password2' },
      u_log: { type: 'journal_input' },
    },
  });

  it('names the legal values of a choice when what was sent is none of them (trap 24)', () => {
    const row = { state: { value: '-5', display_value: 'New' } };
    const [unknown] = findDifferences({ state: 'Nowhere' }, row, columns);
    expect(unknown && describeDifference(unknown)).toBe(
      'state: sent "Nowhere", the record holds "-5"; legal are -5 (New), -4 (Assess)',
    );
    const [legal] = findDifferences({ state: '-4' }, row, columns);
    expect(legal && describeDifference(legal)).toBe('state: sent "-4", the record holds "-5"');
  });

  it('does not compare what is never given back', () => {
    expect(findDifferences({ u_pin: '1234' }, { u_pin: '' }, columns)).toEqual([]);
    expect(prepareFields({ u_log: 'note' }, columns)).toMatchObject({ plain: {}, journals: { u_log: 'note' } });
  });

  it.each([
    ['string', '1.10', '1.1', 'differs'],
    ['string', '007', '7', 'differs'],
    [undefined, '1.10', '1.1', 'differs'],
    ['decimal', '1.10', '1.1', 'holds'],
    ['integer', '2000', '2,000', 'holds'],
    ['boolean', '1', 'true', 'holds'],
    ['glide_date_time', '2026-01-02', '2026-01-02 00:00:00', 'holds'],
    ['string', '2026-01-02', '2026-01-02 00:00:00', 'differs'],
    ['password2', 'secret', '', 'unknown'],
  ] as const)('says of a column of type %s that was sent %j and holds %j: %s', (type, sent, actual, told) => {
    const typed = type === undefined ? undefined : parseColumns({ columns: { field: { type } } });
    expect(holdsAll({ field: sent }, { field: actual }, typed)).toBe(told);
  });

  it('takes a date-time as shown in a zone for no proof (trap 31)', () => {
    const typed = parseColumns({ columns: { field: { type: 'glide_date_time' } } });
    const actual = { value: '2026-01-02 09:00:00', display_value: '2026-01-02 10:00:00' };
    expect(findDifferences({ field: '2026-01-02 10:00:00' }, { field: actual }, typed)).toHaveLength(1);
  });

  it('tells when a text was cut', () => {
    const text = describeDifference({ field: 'short_description', sent: 'abcdef', actual: 'abc' });
    expect(text).toContain('cut to 3 characters');
  });
});
