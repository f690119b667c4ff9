import { describe, expect, it } from 'vitest';
import { sortTokens, stateOf } from '../../../manager/console/pages/tokens/token-state.ts';

const now = new Date('2026-01-02T00:00:00.000Z');
const past = '2026-01-01T00:00:00.000Z';
const future = '2026-01-03T00:00:00.000Z';

describe('the state of a token', () => {
  it.each([
    [{ name: 't' }, 'valid'],
    [{ name: 't', expiresAt: future }, 'valid'],
    [{ name: 't', expiresAt: past }, 'expired'],
    [{ name: 't', expiresAt: now.toISOString() }, 'expired'],
    [{ name: 't', expiresAt: past, revokedAt: past }, 'revoked'],
  ])('of %j is %s', (token, state) => {
    expect(stateOf(token, now)).toBe(state);
  });

  it('puts those that open something first, then sorts by name', () => {
    const tokens = [{ name: 'c', revokedAt: past }, { name: 'b' }, { name: 'd', expiresAt: past }, { name: 'a' }];
    expect(sortTokens(tokens, now).map(({ name }) => name)).toEqual(['a', 'b', 'd', 'c']);
  });
});
