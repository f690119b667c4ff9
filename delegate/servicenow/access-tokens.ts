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

type Ask = (request: HttpRequest) => Promise<TransportResult>;

/** Gives tokens, and forgets those that the instance did not accept. */
export interface TokenSource {
  /** Gives the token that is kept, or asks for one. `ask` sends the request to the target's base URL. */
  obtain(target: OAuthTarget, ask: Ask): Promise<AccessToken | Refused>;
  /** Forgets a token that the instance did not accept, unless another one has taken its place. */
  drop(target: OAuthTarget, value: string): void;
}

interface Kept {
  readonly token?: { readonly value: string; readonly usableUntilMs: number; readonly gotAtMs: number };
  /** In place of the one that is stored, which an instance that rotates them no longer takes. */
  readonly rotated?: {
    readonly refreshToken: string;
    /** Whether the stored one is tried next: this one was refused last, and may be good all the same. */
    readonly isStoredNext: boolean;
  };
}

/**
 * Keeps access tokens for as long as the instance says, by a digest of who asks with which secrets: a changed secret
 * finds nothing. However many tasks ask, one request is under way for an identity; a task that is stopped does not end
 * it for the others.
 */
export class AccessTokens implements TokenSource {
  readonly #clock: Clock;
  /** The one that was used last is last. */
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<AccessToken | Refused>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  obtain(target: OAuthTarget, ask: Ask): Promise<AccessToken | Refused> {
    return this.#obtain(target, ask, Number.NEGATIVE_INFINITY);
  }

  /** The same, but tokens that are kept from before now do not count: whether one is given now is the question. */
  fromNowOn(): TokenSource {
    const nowMs = this.#clock.monotonicMs();
    return {
      obtain: (target, ask) => this.#obtain(target, ask, nowMs),
      drop: (target, value) => this.drop(target, value),
    };
  }

  drop(target: OAuthTarget, value: string): void {
    const key = digest(target);
    const kept = this.#kept.get(key);
    if (kept?.token?.value === value) this.#keep(key, withoutToken(kept));
  }

  async #obtain(target: OAuthTarget, ask: Ask, sinceMs: number): Promise<AccessToken | Refused> {
    const key = digest(target);
    const kept = this.#kept.get(key);
    const token = kept?.token;
    if (kept && token && token.gotAtMs >= sinceMs && this.#clock.monotonicMs() < token.usableUntilMs) {
      this.#keep(key, kept);
      const { value, usableUntilMs } = token;
      return { kind: 'ok', value, usableUntilMs, isFresh: false, rotated: false };
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

  async #ask(key: string, { baseUrl, authentication }: OAuthTarget, ask: Ask): Promise<AccessToken | Refused> {
    const startedMs = this.#clock.monotonicMs();
    const before = this.#kept.get(key)?.rotated;
    const current = before === undefined || before.isStoredNext ? undefined : before.refreshToken;
    const asked = withRefreshToken(authentication, current);
    const outcome = await ask(writeTokenRequest(asked));
    const judged = judgeMasked((each) => judgeTokenGrant(asked, each), outcome, { baseUrl, authentication: asked });
    if (judged.kind === 'failed') {
      if (before !== undefined && judged.failure.code === 'servicenow-unauthenticated') {
        const rotated = { ...before, isStoredNext: current !== undefined };
        this.#keep(key, { ...this.#kept.get(key), rotated });
      }
      // Whatever became of the token request, what it was for was not sent.
      const refused: Refused = { kind: 'failed', failure: judged.failure, landed: 'no' };
      if (judged.failure.code !== 'servicenow-unauthenticated') return refused;
      return nameLogIn(refused, { baseUrl, authentication: asked });
    }
    const { accessToken: value, expiresInMs, refreshToken: given } = judged.value;
    const usableUntilMs = startedMs + expiresInMs - marginMs;
    const isRotated = asked.kind === 'oauth-refresh-token' && given !== undefined && given !== asked.refreshToken;
    const newest = isRotated ? given : current;
    this.#keep(key, {
      token: { value, usableUntilMs, gotAtMs: this.#clock.monotonicMs() },
      ...(newest !== undefined && { rotated: { refreshToken: newest, isStoredNext: false } }),
    });
    return { kind: 'ok', value, usableUntilMs, isFresh: true, rotated: isRotated };
  }

  #keep(key: string, kept: Kept): void {
    const nowMs = this.#clock.monotonicMs();
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    for (const [each, { token, rotated }] of this.#kept) {
      const isUseless = rotated === undefined && (token === undefined || token.usableUntilMs <= nowMs);
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

function withoutToken({ rotated }: Kept): Kept {
  return rotated === undefined ? {} : { rotated };
}
