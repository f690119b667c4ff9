import { describe, expect, it } from 'vitest';
import type { FieldInfo } from '#protocol/metadata.ts';
import { readFieldValue } from '../../../delegate/servicenow/field-value.ts';

const states = [
  { value: '-5', label: 'New' },
  { value: '-4', label: 'Assess' },
  { value: '7', label: 'Same' },
  { value: '8', label: 'Same' },
  { value: '9', label: '-4' },
];

function column(type: string, more: Partial<FieldInfo> = {}): FieldInfo {
  return { name: 'x', label: 'X', type, mandatory: false, readOnly: false, ...more };
}

describe('values for a column', () => {
  const stored: readonly [string, FieldInfo, string, string][] = [
    ['a text as it is, line ends and all', column('string'), ' a\r\nb ', ' a\r\nb '],
    ['a journal as it is', column('journal_input'), 'true\n', 'true\n'],
    ['a stored value of a choice', column('choice', { choices: states }), '-5', '-5'],
    ['a stored value before the same label', column('choice', { choices: states }), '-4', '-4'],
    ['a label in any case (trap 24)', column('integer', { choices: states }), ' assess', '-4'],
    ['an integer that is no known choice', column('integer', { choices: states }), '12', '12'],
    ['an integer as some APIs write it (trap 20)', column('integer', { choices: states }), '12.0', '12.0'],
    ['a text where choices are suggestions', column('string', { choices: states }), 'Nowhere', 'Nowhere'],
    ['a sys_id', column('reference', { reference: 'sys_user' }), 'a'.repeat(32), 'a'.repeat(32)],
    ['anything for a reference to nowhere', column('reference'), 'x', 'x'],
    ['UTC in the stored form (trap 31)', column('glide_date_time'), '2026-07-05 10:46:48', '2026-07-05 10:46:48'],
    ['ISO 8601 with Z', column('glide_date_time'), '2026-07-05T10:46:48.123Z', '2026-07-05 10:46:48'],
    ['an offset, over midnight', column('due_date'), '2026-01-01T00:30+02:00', '2025-12-31 22:30:00'],
    ['an offset without a colon', column('glide_date_time'), '2026-01-01 00:30:01-0530', '2026-01-01 06:00:01'],
    ['a leap day', column('glide_date_time'), '2028-02-29 00:00:00', '2028-02-29 00:00:00'],
    ['a date', column('glide_date'), '2026-07-05', '2026-07-05'],
    ['yes', column('boolean'), 'Yes', 'true'],
    ['0', column('boolean'), '0', 'false'],
    ['a number', column('integer'), '-12', '-12'],
    ['a decimal', column('decimal'), '0.50', '0.50'],
    ['a currency with its code', column('currency'), 'USD;509.95', 'USD;509.95'],
  ];
  it.each(stored)('take %s', (_name, where, given, value) => {
    expect(readFieldValue(where, given, true)).toEqual({ kind: 'stored', value });
  });

  it.each(['choice', 'integer'])('take what is no choice of a column of type %s that may have others', (type) => {
    const where = column(type, { choices: states });
    expect(readFieldValue(where, 'Nowhere', false)).toEqual({ kind: 'stored', value: 'Nowhere' });
  });

  it('name at most a dozen choices', () => {
    const many = Array.from({ length: 13 }, (_, index) => ({ value: `${index}`, label: `L${index}` }));
    const read = readFieldValue(column('choice', { choices: many }), 'Nowhere', true);
    expect(read).toEqual({ kind: 'unfit', why: expect.stringMatching(/ 11 \(L11\), …$/) });
  });

  const unfit: readonly [string, FieldInfo, string, string][] = [
    ['a time without a zone (trap 31)', column('glide_date_time'), '2026-07-05T10:46:48', 'Z or an offset'],
    ['a date where a moment is wanted', column('glide_date_time'), '2026-07-05', 'yyyy-MM-dd HH:mm:ss'],
    ['a date as people write it', column('glide_date_time'), '05.07.2026 10:46', 'ISO 8601'],
    ['a day that there is not', column('glide_date_time'), '2026-02-30 00:00:00', 'UTC'],
    ['an hour that there is not', column('glide_date_time'), '2026-02-03T24:00:00Z', 'UTC'],
    ['an offset that there is not', column('glide_date_time'), '2026-02-03T10:00:00+19:00', 'UTC'],
    ['a moment where a date is wanted', column('glide_date'), '2026-07-05 00:00:00', 'yyyy-MM-dd'],
    ['a word for a boolean', column('boolean'), 'maybe', 'neither true nor false'],
    ['separators (trap 17)', column('integer'), '1,000', 'without separators'],
    ['a word for a number', column('integer'), 'New', 'no number'],
    [
      'what is no choice (trap 24)',
      column('choice', { choices: states }),
      'Asess',
      'legal are -5 (New), -4 (Assess), 7',
    ],
    ['a text that is no choice of an integer (trap 24)', column('integer', { choices: states }), 'New!', '-5 (New)'],
    ['a label of several choices', column('choice', { choices: states }), 'same', '7, 8'],
  ];
  it.each(unfit)('refuse %s and say what to give', (_name, where, given, why) => {
    expect(readFieldValue(where, given, true)).toEqual({ kind: 'unfit', why: expect.stringContaining(why) });
  });

  it('ask for the record that another text than a sys_id names', () => {
    const where = column('reference', { reference: 'sys_user' });
    expect(readFieldValue(where, 'Fred Johnson', true)).toEqual({ kind: 'reference', table: 'sys_user' });
  });
});
