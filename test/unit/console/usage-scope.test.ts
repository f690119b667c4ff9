import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describeScope,
  narrowestScope,
  readScopeFields,
  writeScopeFields,
} from '../../../manager/console/parts/usage-scope.ts';
import { narrowestScope as narrowestInManager } from '../../../manager/core/scope-policy.ts';
import { describeScope as describeInManager } from '../../../protocol/scope.ts';

const all = fc.constant('all' as const);
const some = (...names: string[]) => fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
const scope = fc.record({
  applications: fc.oneof(all, some('shop', 'bank')),
  environments: fc.oneof(all, some('production', 'production/eu', 'non-production')),
});

describe('scopes in the console', () => {
  it('are written, and narrowed, as in the manager', () => {
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        expect(describeScope(one)).toBe(describeInManager(one));
        expect(narrowestScope([one, other])).toEqual(narrowestInManager([one, other]));
      }),
    );
  });

  it('come out of their fields as they went in', () => {
    fc.assert(
      fc.property(scope, (one) => {
        expect(readScopeFields(writeScopeFields(one))).toEqual(one);
      }),
    );
  });
});
