import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everywhere, includesScope, type UsageScope } from '#protocol/scope.ts';
import { checkScope, checkWithin, mayAct, narrowestScope, type ScopedAct } from '../../../manager/core/scope-policy.ts';

const shop: UsageScope = { applications: ['shop'], environments: 'all' };
const shopProduction: UsageScope = { applications: ['shop'], environments: ['production'] };
const shopEu: UsageScope = { applications: ['shop'], environments: ['production/eu'] };
const pay: UsageScope = { applications: ['pay'], environments: 'all' };
const anyProduction: UsageScope = { applications: 'all', environments: ['production'] };

describe('what a caller may do with something that has a scope', () => {
  it.each<[ScopedAct, UsageScope, UsageScope, boolean]>([
    ['use', everywhere, everywhere, true],
    ['use', everywhere, shopEu, true],
    ['use', shop, everywhere, true],
    ['use', shop, shop, true],
    ['use', shop, shopProduction, false],
    ['use', shopProduction, shop, true],
    ['use', shopEu, shopProduction, true],
    ['use', shopProduction, shopEu, false],
    ['use', shop, pay, false],
    ['use', anyProduction, shop, false],
    ['use', anyProduction, anyProduction, true],
    ['manage', everywhere, everywhere, true],
    ['manage', everywhere, shopEu, true],
    ['manage', shop, everywhere, false],
    ['manage', shop, shop, true],
    ['manage', shop, shopProduction, true],
    ['manage', shopProduction, shop, false],
    ['manage', shop, pay, false],
    ['manage', anyProduction, shopEu, true],
  ])('%s, by a token of %j, of what is for %j: %s', (act, caller, scope, expected) => {
    expect(mayAct(act, caller, scope)).toBe(expected);
  });

  it('is refused with both scopes in words, and whom to ask', () => {
    const caller = { name: 'ci', role: 'pipeline', scope: pay } as const;
    expect(() => checkScope('use', caller, 'connector "dev"', shopProduction)).toThrow(
      expect.objectContaining({
        code: 'scope-refused',
        message:
          'connector "dev" is for application shop in production; the token "ci" is for application pay in all environments',
        remedy: expect.stringContaining('ask an administrator'),
      }),
    );
  });

  it('never reaches beyond a scope by way of a narrower one', () => {
    expect(() => checkWithin(shop, shopProduction, 'what the secret has now', 'r')).toThrow(
      expect.objectContaining({
        code: 'scope-too-wide',
        message:
          'the scope application shop in all environments does not lie within what the secret has now: application shop in production',
      }),
    );
    expect(() => checkWithin(shopEu, shopProduction, '', '')).not.toThrow();
  });
});

describe('the scope of what needs several secrets', () => {
  it.each([
    [[shop], shop],
    [[everywhere, shop], shop],
    [[shopEu, shop, shopProduction], shopEu],
    [[shop, pay], undefined],
    [[shop, anyProduction], undefined],
    [[], undefined],
  ])('of %j is %j', (scopes, expected) => {
    expect(narrowestScope(scopes)).toEqual(expected);
  });

  it('lies within all of them', () => {
    const any = fc.constantFrom(everywhere, shop, shopProduction, shopEu, pay, anyProduction);
    fc.assert(
      fc.property(fc.array(any), (scopes) => {
        const narrowest = narrowestScope(scopes);
        if (narrowest) for (const scope of scopes) expect(includesScope(scope, narrowest)).toBe(true);
      }),
    );
  });
});
