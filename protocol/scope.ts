import Type, { type Static } from 'typebox';

/** An application, as callers name it. */
const ApplicationName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$',
  description: 'letters, digits, dot, dash, underscore',
});

export const environmentPattern = '^(production|non-production)(/[A-Za-z0-9][A-Za-z0-9._-]{0,79})?$';

/** `production`, `non-production`, or one of either by name: `production/eu`, `non-production/staging`. */
const EnvironmentName = Type.String({
  pattern: environmentPattern,
  description: 'production, non-production, or one of either by name: non-production/staging',
});

/** Where something may be used: applications × environments. */
export const UsageScope = Type.Object({
  applications: Type.Union([Type.Literal('all'), Type.Array(ApplicationName, { minItems: 1, maxItems: 100 })]),
  environments: Type.Union([Type.Literal('all'), Type.Array(EnvironmentName, { minItems: 1, maxItems: 100 })]),
});
export type UsageScope = Static<typeof UsageScope>;

export const everywhere: UsageScope = { applications: 'all', environments: 'all' };

/** Tells whether a scope admits all of another: that of a caller, or one that is to be narrower. */
export function includesScope(outer: UsageScope, inner: UsageScope): boolean {
  return (
    covers(outer.applications, inner.applications, (a, b) => a === b) &&
    covers(outer.environments, inner.environments, (a, b) => a === b || b.startsWith(`${a}/`))
  );
}

/** Writes a scope for people: `application shop in non-production`. */
export function describeScope({ applications, environments }: UsageScope): string {
  const whose =
    applications === 'all'
      ? 'all applications'
      : `application${applications.length > 1 ? 's' : ''} ${applications.join(', ')}`;
  return `${whose} in ${environments === 'all' ? 'all environments' : environments.join(', ')}`;
}

function covers(
  outer: 'all' | readonly string[],
  inner: 'all' | readonly string[],
  includes: (outer: string, inner: string) => boolean,
): boolean {
  if (outer === 'all') return true;
  if (inner === 'all') return false;
  return inner.every((one) => outer.some((other) => includes(other, one)));
}
