import { expect, it } from 'vitest';
import { readRateLimit } from '../../../delegate/servicenow/rate-limit.ts';

const date = 'Wed, 25 Nov 2026 10:00:00 GMT';
const atMs = Date.parse(date);
const at = (seconds: number) => String(atMs / 1_000 + seconds);

it.each([
  [
    'both headers',
    { date, 'x-ratelimit-limit': '100', 'x-ratelimit-reset': at(60) },
    { limit: 100, resetInMs: 60_000 },
  ],
  [
    'a reset that is past',
    { date, 'x-ratelimit-limit': '100', 'x-ratelimit-reset': at(-5) },
    { limit: 100, resetInMs: 0 },
  ],
  [
    'a reset in the far future',
    { date, 'x-ratelimit-limit': '1', 'x-ratelimit-reset': '999999999999' },
    { limit: 1, resetInMs: 604_800_000 },
  ],
  ['no headers (trap 45)', { date }, undefined],
  ['no date', { 'x-ratelimit-limit': '100', 'x-ratelimit-reset': at(60) }, undefined],
  ['a limit that is no number', { date, 'x-ratelimit-limit': '1e9', 'x-ratelimit-reset': at(60) }, undefined],
  ['a limit that is too long', { date, 'x-ratelimit-limit': '10000000000', 'x-ratelimit-reset': at(60) }, undefined],
])('a rate limit is read from %s', (_, headers, expected) => {
  expect(readRateLimit(headers)).toEqual(expected);
});
