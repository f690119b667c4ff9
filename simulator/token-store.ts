const accessLifetimeMs = 1_799_000;

interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Remembers whose tokens are whose; a client that asks again gets the same one with less time left. */
export class TokenStore {
  readonly #owners = new Map<string, { readonly userName: string; readonly expiresAtMs: number }>();
  readonly #current = new Map<string, AccessToken>();
  readonly #refreshOwners = new Map<string, string>();

  ownerOf(token: string, now: Date): string | undefined {
    const found = this.#owners.get(token);
    return found && found.expiresAtMs > now.getTime() ? found.userName : undefined;
  }

  /** The user's living token, or the new one that `make` gives. */
  access(userName: string, now: Date, make: () => string): { token: string; expiresInSeconds: number } {
    const nowMs = now.getTime();
    let current = this.#current.get(userName);
    if (!current || current.expiresAtMs <= nowMs) {
      current = { token: make(), expiresAtMs: nowMs + accessLifetimeMs };
      this.#current.set(userName, current);
      this.#owners.set(current.token, { userName, expiresAtMs: current.expiresAtMs });
    }
    return { token: current.token, expiresInSeconds: Math.floor((current.expiresAtMs - nowMs) / 1000) };
  }

  addRefreshToken(token: string, userName: string): void {
    this.#refreshOwners.set(token, userName);
  }

  ownerOfRefreshToken(token: string): string | undefined {
    return this.#refreshOwners.get(token);
  }
}
