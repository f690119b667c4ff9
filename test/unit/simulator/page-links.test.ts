import { describe, expect, it } from 'vitest';
import { pageLinks } from '../../../simulator/page-links.ts';

const address = 'http://sn/api/now/table/incident';

function offsets(page: { total: number; offset: number; limit: number }, negativePrev: boolean) {
  const header = pageLinks(address, new URLSearchParams({ sysparm_query: 'sys_idINa,b' }), page, negativePrev);
  const links = [...(header ?? '').matchAll(/<([^>]*)>;rel="(\w+)"/g)];
  return links.map(([, url = '', rel]) => `${rel}:${new URL(url).searchParams.get('sysparm_offset')}`).join(' ');
}

describe('the Link header of a page', () => {
  it.each([
    [{ total: 72, offset: 0, limit: 10 }, false, 'first:0 next:10 last:70'],
    [{ total: 72, offset: 0, limit: 10 }, true, 'first:0 prev:-10 next:10 last:70'],
    [{ total: 72, offset: 20, limit: 10 }, true, 'first:0 prev:10 next:30 last:70'],
    [{ total: 72, offset: 70, limit: 10 }, false, 'first:0 prev:60 last:70'],
    [{ total: 72, offset: 80, limit: 10 }, false, 'first:0 prev:70 last:70'],
    [{ total: 10, offset: 0, limit: 10 }, true, ''],
    [{ total: 0, offset: 0, limit: 10 }, true, ''],
  ])('for %j, negative prev %s, leads to %s', (page, negativePrev, expected) => {
    expect(offsets(page, negativePrev)).toBe(expected);
  });

  it('repeats the query with its commas as they are', () => {
    const header = pageLinks(
      address,
      new URLSearchParams({ sysparm_query: 'sys_idINa,b' }),
      { total: 3, offset: 0, limit: 1 },
      false,
    );
    expect(header).toContain('sysparm_query=sys_idINa,b&');
  });
});
