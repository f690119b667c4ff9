import { describe, expect, it } from 'vitest';
import { hideUrl } from '../../../manager/core/shown-url.ts';

const url = 'https://hooks.example.com/services/T0/SECRET%2Fx?key=K%26EY99&to=a';

describe('what a receiver of webhooks answered', () => {
  it.each([
    ['Cannot POST /services/T0/SECRET%2Fx?key=K%26EY99&to=a', 'Cannot POST …'],
    ['no route /services/T0/SECRET%2Fx here', 'no route … here'],
    ['no route /services/T0/SECRET/x here', 'no route … here'],
    ['<p>key=K%26EY99&amp;to=a</p>', '<p>…</p>'],
    ['unknown key K&EY99', 'unknown key …'],
    ['unknown key K&amp;EY99', 'unknown key …'],
    ['unknown token SECRET/x', 'unknown token …'],
    ['to a or T0', 'to a or T0'],
    ['invalid signature', 'invalid signature'],
  ])('is kept without what of the URL is not shown: %s', (text, kept) => {
    expect(hideUrl(text, url)).toBe(kept);
  });
});
