import { describeScope, includesScope, type UsageScope } from '#protocol/scope.ts';
import type { Caller } from './caller.ts';
import { Refusal } from './refusal.ts';

/**
 * What a caller wants to do with something that has a scope. `use`: let a task have it, so the scope must admit all that
 * the caller stands for. `manage`: make, change or delete it, so it must not reach beyond the caller.
 */
export type ScopedAct = 'use' | 'manage';

/** A token without application and environment stands for nobody in particular: it may use and manage everything. */
export function isUnlimited({ applications, environments }: UsageScope): boolean {
  return applications === 'all' && environments === 'all';
}

export function mayAct(act: ScopedAct, caller: UsageScope, scope: UsageScope): boolean {
  if (isUnlimited(caller)) return true;
  switch (act) {
    case 'use':
      return includesScope(scope, caller);
    case 'manage':
      return includesScope(caller, scope);
  }
}

/** The narrowest of some scopes, within all the others; undefined when none is. Of none at all: undefined. */
export function narrowestScope(scopes: readonly UsageScope[]): UsageScope | undefined {
  return scopes.find((scope) => scopes.every((other) => includesScope(other, scope)));
}

/** Refuses an act that the scopes do not permit. `what` names the thing, such as `connector "dev"`. */
export function checkScope(act: ScopedAct, caller: Caller, what: string, scope: UsageScope): void {
  if (mayAct(act, caller.scope, scope)) return;
  throw new Refusal(
    'scope-refused',
    `${what} is for ${describeScope(scope)}; the token "${caller.name}" is for ${describeScope(caller.scope)}`,
    remedies[act],
  );
}

const remedies: Readonly<Record<ScopedAct, string>> = {
  use: 'Use a token whose application and environment lie within; or ask an administrator for one, or for a connector whose secret has a wider scope.',
  manage: 'Ask an administrator whose token covers all of that scope; or give it a scope within that of your token.',
};

/** Refuses a scope that reaches beyond one that it must lie within; `bounds` says what that one is. */
export function checkWithin(scope: UsageScope, outer: UsageScope, bounds: string, remedy: string): void {
  if (includesScope(outer, scope)) return;
  const message = `does not lie within ${bounds}: ${describeScope(outer)}`;
  throw new Refusal('scope-too-wide', `the scope ${describeScope(scope)} ${message}`, remedy, {
    faults: [{ path: '/scope', message }],
  });
}
