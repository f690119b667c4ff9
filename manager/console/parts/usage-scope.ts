/** Where something may be used: applications × environments. */
export interface UsageScope {
  applications: 'all' | string[];
  environments: 'all' | string[];
}

/** A scope as it is typed: no name at all stands for all. */
export interface ScopeFields {
  applications: string[];
  environments: string[];
}

export function isEverywhere({ applications, environments }: UsageScope): boolean {
  return applications === 'all' && environments === 'all';
}

/** Tells whether a scope admits all of another. */
function includesScope(outer: UsageScope, inner: UsageScope): boolean {
  return (
    covers(outer.applications, inner.applications, (one, other) => one === other) &&
    covers(outer.environments, inner.environments, (one, other) => one === other || other.startsWith(`${one}/`))
  );
}

/** The narrowest of some scopes, within all the others; undefined when none is. */
export function narrowestScope(scopes: readonly UsageScope[]): UsageScope | undefined {
  return scopes.find((scope) => scopes.every((other) => includesScope(other, scope)));
}

/** Writes a scope for people: `application shop in non-production`. */
export function describeScope({ applications, environments }: UsageScope): string {
  const whose =
    applications === 'all'
      ? 'all applications'
      : `application${applications.length > 1 ? 's' : ''} ${applications.join(', ')}`;
  return `${whose} in ${environments === 'all' ? 'all environments' : environments.join(', ')}`;
}

export function readScopeFields({ applications, environments }: ScopeFields): UsageScope {
  return {
    applications: applications.length === 0 ? 'all' : applications,
    environments: environments.length === 0 ? 'all' : environments,
  };
}

export function writeScopeFields({ applications, environments }: UsageScope): ScopeFields {
  return {
    applications: applications === 'all' ? [] : applications,
    environments: environments === 'all' ? [] : environments,
  };
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
