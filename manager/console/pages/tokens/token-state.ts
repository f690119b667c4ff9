export interface Token {
  readonly name: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export type TokenState = 'valid' | 'expired' | 'revoked';

export function stateOf({ expiresAt, revokedAt }: Token, now: Date): TokenState {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && new Date(expiresAt) <= now ? 'expired' : 'valid';
}

const rank: Readonly<Record<TokenState, number>> = { valid: 0, expired: 1, revoked: 2 };

/** Those that open something first; then by name. */
export function sortTokens<Each extends Token>(tokens: readonly Each[], now: Date): Each[] {
  return tokens.toSorted(
    (one, other) => rank[stateOf(one, now)] - rank[stateOf(other, now)] || one.name.localeCompare(other.name),
  );
}
