import { environmentPattern, type UsageScope } from '#protocol/scope.ts';
import { option } from '#runtime/options.ts';

/** The options that give a usage scope; `whose` ends their help. */
export function scopeOptions(whose: string) {
  return {
    application: option.list({ help: `application ${whose}; all if not given`, expected: 'an application' }),
    environment: option.list({
      help: `environment ${whose}: production, non-production, or one of either, such as production/eu; all if not given`,
      pattern: new RegExp(environmentPattern),
      expected: 'production, non-production, or one of them by name such as production/eu',
    }),
  };
}

interface Given {
  readonly application: readonly string[];
  readonly environment: readonly string[];
}

/** The scope that was given; what of it was not is taken from another. Undefined when nothing was given. */
export function readScope({ application, environment }: Given, rest: UsageScope): UsageScope | undefined {
  if (application.length === 0 && environment.length === 0) return undefined;
  return {
    applications: application.length > 0 ? [...application] : rest.applications,
    environments: environment.length > 0 ? [...environment] : rest.environments,
  };
}

/** What the parts of a scope in a request body are called at the command line. */
export const scopeFlags = {
  '/scope/applications': '--application',
  '/scope/environments': '--environment',
  '/scope': '--application and --environment',
};
