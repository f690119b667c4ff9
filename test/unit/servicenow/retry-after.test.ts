import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRetryAfter } from '../../../delegate/servicenow/retry-after.ts';

const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
const later = 'Sun, 06 Nov 1994 08:50:37 GMT';

describe('the wait that an answer asks for', () => {
  it.each(['soon 5', '-1', '30.5', '1e3', '5 minutes', '0x10', later.replace('GMT', ''), ' '])(
    'is not known by what is neither seconds nor a date, so that nothing is hammered: %s (trap 45)',
    (text) => {
      expect(readRetryAfter({ date, 'retry-after': text })).toBeUndefined();
    },
  );

  it.each(['soon 5', '', '1'])('is not reckoned from a moment that is no date: %s (trap 45)', (text) => {
    expect(readRetryAfter({ date: text, 'retry-after': later })).toBeUndefined();
    expect(readRetryAfter({ date: text, 'x-ratelimit-reset': '784111830' })).toBeUndefined();
  });

  it('is between nothing and a day, whatever the headers say', () => {
    const text = fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String), fc.constantFrom(date, later));
    const names = fc.constantFrom('date', 'retry-after', 'x-ratelimit-reset');
    fc.assert(
      fc.property(fc.dictionary(names, text), (headers) => {
        const waitMs = readRetryAfter(headers) ?? 0;
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(86_400_000);
      }),
      { numRuns: 1_000 },
    );
  });
});
