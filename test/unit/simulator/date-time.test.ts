import { describe, expect, it } from 'vitest';
import { createDateDisplay, parseDisplayedDateTime, readStoredDateTime } from '../../../simulator/date-time.ts';

describe('a date-time', () => {
  it.each([
    ['GMT', 'yyyy-MM-dd', 'HH:mm:ss', '2026-07-05 10:46:48', '2026-07-05 10:46:48'],
    ['US/Pacific', 'yyyy-MM-dd', 'HH:mm:ss', '2026-07-05 10:46:48', '2026-07-05 03:46:48'],
    ['US/Pacific', 'dd/MM/yyyy', 'HH:mm:ss', '2022-01-06 12:12:43', '06/01/2022 04:12:43'],
    ['Europe/Berlin', 'dd.MM.yyyy', 'HH:mm:ss', '2026-12-31 23:30:00', '01.01.2027 00:30:00'],
    ['GMT', 'MM/dd/yyyy', 'hh:mm:ss a', '2026-01-02 00:04:05', '01/02/2026 12:04:05 AM'],
    ['GMT', 'MM/dd/yyyy', 'hh:mm:ss a', '2026-01-02 13:04:05', '01/02/2026 01:04:05 PM'],
  ])('is shown in %s as %s %s and read back from there', (timeZone, dateFormat, timeFormat, stored, shown) => {
    const style = { timeZone, dateFormat, timeFormat };
    expect(createDateDisplay(style)(stored)).toBe(shown);
    expect(parseDisplayedDateTime(shown, style)).toBe(stored);
  });

  it.each(['yesterday', '2026-02-31 00:00:00', '2026-01-02T03:04:05Z', '02.01.2026'])('is not read from %s', (text) => {
    expect(readStoredDateTime(text)).toBeUndefined();
  });
});
