import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeScope, everywhere, includesScope, type UsageScope } from '#protocol/scope.ts';

function scope(applications: string, environments: string): UsageScope {
  const read = (text: string) => (text === 'all' ? 'all' : text.split(','));
  return { applications: read(applications), environments: read(environments) };
}

describe('a usage scope', () => {
  it.each([
    [everywhere, everywhere, true],
    [everywhere, scope('shop', 'production'), true],
    [scope('shop', 'all'), everywhere, false],
    [scope('shop', 'all'), scope('shop', 'production/eu'), true],
    [scope('shop', 'all'), scope('pay', 'all'), false],
    [scope('shop,pay', 'all'), scope('pay', 'all'), true],
    [scope('shop', 'all'), scope('shop,pay', 'all'), false],
    [scope('shop', 'all'), scope('Shop', 'all'), false],
    [scope('all', 'production'), scope('all', 'production/eu'), true],
    [scope('all', 'production/eu'), scope('all', 'production'), false],
    [scope('all', 'production/eu'), scope('all', 'production/eu-2'), false],
    [scope('all', 'production'), scope('all', 'non-production'), false],
    [scope('all', 'production'), scope('all', 'non-production/production'), false],
    [scope('all', 'production,non-production/staging'), scope('all', 'non-production/staging,production/eu'), true],
    [scope('all', 'production,non-production'), scope('all', 'all'), false],
  ])('%j includes %j: %s', (outer, inner, expected) => {
    expect(includesScope(outer, inner)).toBe(expected);
  });

  it.each([
    [everywhere, 'all applications in all environments'],
    [scope('shop', 'non-production'), 'application shop in non-production'],
    [scope('shop,pay', 'production,non-production/qa'), 'applications shop, pay in production, non-production/qa'],
  ])('%j is described as: %s', (described, text) => {
    expect(describeScope(described)).toBe(text);
  });

  const listOf = (names: string[]) => fc.oneof(fc.constant('all' as const), fc.subarray(names, { minLength: 1 }));
  const scopes = fc.record({
    applications: listOf(['a', 'b', 'c']),
    environments: listOf(['production', 'production/x', 'non-production', 'non-production/x', 'non-production/y']),
  });
  /** Every single place that a scope admits, out of a world in which all names and others occur. */
  const placesOf = ({ applications, environments }: UsageScope) =>
    ['a', 'b', 'c', 'other'].flatMap((application) =>
      ['production/x', 'production/other', 'non-production/x', 'non-production/y', 'non-production/other']
        .filter(
          (place) =>
            (applications === 'all' || applications.includes(application)) &&
            (environments === 'all' || environments.some((name) => name === place || name === place.split('/')[0])),
        )
        .map((place) => `${application} in ${place}`),
    );

  it('includes itself, and whatever is included in what it includes', () => {
    fc.assert(
      fc.property(scopes, scopes, scopes, (a, b, c) => {
        expect(includesScope(a, a)).toBe(true);
        if (includesScope(a, b) && includesScope(b, c)) expect(includesScope(a, c)).toBe(true);
      }),
    );
  });

  it('never includes a place that it does not list', () => {
    fc.assert(
      fc.property(scopes, scopes, (outer, inner) => {
        const admitted = new Set(placesOf(outer));
        if (includesScope(outer, inner)) expect(placesOf(inner).filter((place) => !admitted.has(place))).toEqual([]);
      }),
    );
  });
});
