interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

export type FoundToken =
  | { readonly kind: 'valid'; readonly userName: string }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' };

/** Remembers whose tokens are whose; a client that asks again gets the same one with less time left. */
export class TokenStore {
  readonly #owners = new Map<string, { readonly userName: string; readonly expiresAtMs: number }>();
  readonly #current = new Map<string, AccessToken>();
  readonly #refreshOwners = new Map<string, string>();

  find(token: string, now: Date): FoundToken {
    const found = this.#owners.get(token);
    if (!found) return { kind: 'unknown' };
    return found.expiresAtMs > now.getTime() ? { kind: 'valid', userName: found.userName } : { kind: 'expired' };
  }

  /** The user's living token, or the new one that `make` gives. */
  access(
    userName: string,
    now: Date,
    lifetimeSeconds: number,
    make: () => string,
  ): { token: string; expiresInSeconds: number } {
    const nowMs = now.getTime();
    let current = this.#current.get(userName);
    if (!current || current.expiresAtMs <= nowMs) {
      current = { token: make(), expiresAtMs: nowMs + lifetimeSeconds * 1000 };
      this.#current.set(userName, current);
      this.#owners.set(current.token, { userName, expiresAtMs: current.expiresAtMs });
    }
    return { token: current.token, expiresInSeconds: Math.floor((current.expiresAtMs - nowMs) / 1000) };
  }

  /** Ends every access token that was given out; refresh tokens stay. */
  revokeAccess(): void {
    this.#owners.clear();
    this.#current.clear();
  }

  addRefreshToken(token: string, userName: string): void {
    this.#refreshOwners.set(token, userName);
  }

  removeRefreshToken(token: string): void {
    this.#refreshOwners.delete(token);
  }

  ownerOfRefreshToken(token: string): string | undefined {
    return this.#refreshOwners.get(token);
  }
}
