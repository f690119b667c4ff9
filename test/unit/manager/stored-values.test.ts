import { expect, it } from 'vitest';
import { readDate, readDateTime, readNumber, writeDateTime } from '../../../manager/core/stored-values.ts';

it.each([
  ['0', 0],
  ['-2', -2],
  ['007', 7],
  ['1234.50', 1234.5],
  ['999999999999999', 999_999_999_999_999],
  ['1.000000000000000000', 1],
])('reads the number %s', (text, number) => {
  expect(readNumber(text)).toBe(number);
});

it.each(['', ' ', '1 ', '+1', '1e3', '0x1', '1,5', '.5', '5.', '--1', 'NaN', 'Infinity', '1234567890123456', '١'])(
  'takes no number for one in %j',
  (text) => {
    expect(readNumber(text)).toBeUndefined();
  },
);

it.each([
  ['2026-03-01 10:00:00', '2026-03-01T10:00:00Z'],
  ['2024-02-29 23:59:59', '2024-02-29T23:59:59Z'],
  ['1970-01-20 05:38:50', '1970-01-20T05:38:50Z'],
])('reads %s in UTC', (text, iso) => {
  expect(readDateTime(text)).toBe(Date.parse(iso));
  expect(readDate(text)).toBe(Date.parse(iso));
  expect(writeDateTime(Date.parse(iso))).toBe(text);
});

it('reads a date as its first second, and as no date-time', () => {
  expect(readDate('2026-03-01')).toBe(Date.parse('2026-03-01T00:00:00Z'));
  expect(readDateTime('2026-03-01')).toBeUndefined();
});

it.each([
  ...['', '2026-02-29', '2026-02-30 10:00:00', '2026-13-01', '2026-00-01', '2026-01-32', '2026-1-1', '20260301'],
  ...['2026-03-01 24:00:00', '2026-03-01 10:60:00', '2026-03-01 10:00', '2026-03-01T10:00:00', '2026-03-01 10:00:00Z'],
  ...['01.03.2026', ' 2026-03-01', '2026-03-01\n'],
])('takes no date for one in %j', (text) => {
  expect(readDate(text)).toBeUndefined();
});
