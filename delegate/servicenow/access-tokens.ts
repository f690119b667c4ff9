import { createHash } from 'node:crypto';
import { secretsOf } from '#protocol/authentication.ts';
import type { Clock } from '../core/clock.ts';
import type { Refused } from './answer.ts';
import { nameLogIn } from './log-in-name.ts';
import { judgeMasked } from './mask-secrets.ts';
import { judgeTokenGrant, type OAuth, writeTokenRequest } from './oauth-token.ts';
import type { HttpRequest, TransportResult } from './transport.ts';

export interface OAuthTarget {
  readonly baseUrl: string;
  readonly authentication: OAuth;
}

export interface AccessToken {
  readonly kind: 'ok';
  readonly value: string;
  /** From then on another one is to be used, on the clock's scale. */
  readonly usableUntilMs: number;
  /** Whether it was got for this call and not for an earlier one. */
  readonly isFresh: boolean;
  /** Whether the instance gave another refresh token with it; said to one caller only. */
  readonly rotated: boolean;
}

interface Kept {
  readonly token?: { readonly value: string; readonly usableUntilMs: number };
  /** In place of the one that is stored, which an instance that rotates them no longer takes. */
  readonly refreshToken?: string;
}

/**
 * Keeps access tokens for as long as the instance says, by a digest of who asks with which secrets: a changed secret
 * finds nothing. However many tasks ask, one request is under way for an identity; a task that is stopped does not end
 * it for the others.
 */
export class AccessTokens {
  readonly #clock: Clock;
  /** The one that was used last is last. */
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<AccessToken | Refused>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives the token that is kept, or asks for one. `ask` sends the request to the target's base URL. */
  async obtain(
    target: OAuthTarget,
    ask: (request: HttpRequest) => Promise<TransportResult>,
  ): Promise<AccessToken | Refused> {
    const key = digest(target);
    const kept = this.#kept.get(key);
    if (kept?.token !== undefined && this.#clock.monotonicMs() < kept.token.usableUntilMs) {
      this.#keep(key, kept);
      return { kind: 'ok', ...kept.token, isFresh: false, rotated: false };
    }
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      const shared = await underWay;
      return shared.kind === 'ok' ? { ...shared, rotated: false } : shared;
    }
    const asking = this.#ask(key, target, ask).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asking);
    return asking;
  }

  /** Forgets a token that the instance did not accept, unless another one has taken its place. */
  drop(target: OAuthTarget, value: string): void {
    const key = digest(target);
    const kept = this.#kept.get(key);
    if (kept?.token?.value === value) this.#keep(key, withoutToken(kept));
  }

  async #ask(
    key: string,
    { baseUrl, authentication }: OAuthTarget,
    ask: (request: HttpRequest) => Promise<TransportResult>,
  ): Promise<AccessToken | Refused> {
    const startedMs = this.#clock.monotonicMs();
    const rotatedBefore = this.#kept.get(key)?.refreshToken;
    const asked = withRefreshToken(authentication, rotatedBefore);
    const outcome = await ask(writeTokenRequest(asked));
    const judged = judgeMasked((each) => judgeTokenGrant(asked, each), outcome, { baseUrl, authentication: asked });
    if (judged.kind === 'failed') {
      // Whatever became of the token request, what it was for was not sent.
      const refused: Refused = { kind: 'failed', failure: judged.failure, landed: 'no' };
      if (judged.failure.code !== 'servicenow-unauthenticated') return refused;
      // The stored one is tried again next: somebody may have made it good.
      this.#kept.delete(key);
      return nameLogIn(refused, { baseUrl, authentication: asked });
    }
    const { accessToken, expiresInMs, refreshToken } = judged.value;
    const token = { value: accessToken, usableUntilMs: startedMs + expiresInMs - marginMs };
    const rotated =
      asked.kind === 'oauth-refresh-token' && refreshToken !== undefined && refreshToken !== asked.refreshToken;
    const newest = rotated ? refreshToken : rotatedBefore;
    this.#keep(key, { token, ...(newest !== undefined && { refreshToken: newest }) });
    return { kind: 'ok', ...token, isFresh: true, rotated };
  }

  #keep(key: string, kept: Kept): void {
    const nowMs = this.#clock.monotonicMs();
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const [each, { token, refreshToken }] of this.#kept) {
      const isUseless = refreshToken === undefined && (token === undefined || token.usableUntilMs <= nowMs);
      if (isUseless || this.#kept.size > mostKept) this.#kept.delete(each);
    }
  }
}

/** A request that begins within it before the end could arrive after the end. */
const marginMs = 30_000;
const mostKept = 1_000;

function digest({ baseUrl, authentication }: OAuthTarget): string {
  const { kind, clientId } = authentication;
  const username = 'username' in authentication ? authentication.username : '';
  const identity = [baseUrl, kind, clientId, username, secretsOf(authentication)];
  return createHash('sha256').update(JSON.stringify(identity)).digest('base64');
}

function withRefreshToken(authentication: OAuth, refreshToken: string | undefined): OAuth {
  return authentication.kind === 'oauth-refresh-token' && refreshToken !== undefined
    ? { ...authentication, refreshToken }
    : authentication;
}

function withoutToken({ refreshToken }: Kept): Kept {
  return refreshToken === undefined ? {} : { refreshToken };
}
