import type { AuthenticationKind } from '#protocol/authentication.ts';
import { failure } from '#protocol/failure.ts';
import type { OpenTarget } from '../core/handler.ts';
import type { OAuthTarget, TokenSource } from './access-tokens.ts';
import type { Judged, Refused } from './answer.ts';
import { nameLogIn } from './log-in-name.ts';
import { isHeaderSafe } from './oauth-token.ts';
import type { HttpHeaders, HttpRequest, TransportResult } from './transport.ts';

/** What a request logs in with. */
export interface LogIn {
  readonly kind: 'ok';
  readonly headers: HttpHeaders;
  /** Of OAuth alone. */
  readonly token?: UsedToken;
}

export interface UsedToken {
  readonly target: OAuthTarget;
  readonly value: string;
  /** Whether a 401 can mean that the token is no longer good, and not that the user may not. */
  readonly mayBeStale: () => boolean;
}

export interface LogInOptions {
  readonly tokens: TokenSource;
  readonly ask: (request: HttpRequest) => Promise<TransportResult>;
  readonly nowMs: () => number;
  readonly note: (text: string) => void;
}

/** Makes the headers that log in; for OAuth an access token is got first, unless one is kept. */
export async function logIn(target: OpenTarget, options: LogInOptions): Promise<LogIn | Refused> {
  const { baseUrl, authentication } = target;
  switch (authentication.kind) {
    case 'basic': {
      const { username, password } = authentication;
      const encoded = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
      return { kind: 'ok', headers: { authorization: `Basic ${encoded}` } };
    }
    case 'api-key':
      return isHeaderSafe(authentication.apiKey)
        ? { kind: 'ok', headers: { 'x-sn-apikey': authentication.apiKey } }
        : unusableKey;
    case 'oauth-client-credentials':
    case 'oauth-password':
    case 'oauth-refresh-token':
      return logInByToken({ baseUrl, authentication }, options);
  }
}

async function logInByToken(target: OAuthTarget, { tokens, ask, nowMs, note }: LogInOptions): Promise<LogIn | Refused> {
  const token = await tokens.obtain(target, ask);
  if (token.kind === 'failed') return token;
  if (token.rotated) note(rotationNote);
  const { value, isFresh, usableUntilMs } = token;
  const mayBeStale = (): boolean => !isFresh || nowMs() >= usableUntilMs;
  return { kind: 'ok', headers: { authorization: `Bearer ${value}` }, token: { target, value, mayBeStale } };
}

/** Says of a 401 whose log-in it was, and what it means for this kind; of basic log-in the failure says that already. */
export function explainUnauthenticated<T>(judged: Judged<T>, target: OpenTarget): Judged<T> {
  if (judged.kind === 'ok' || judged.status !== 401) return judged;
  const named = nameLogIn(judged, target);
  const { kind } = target.authentication;
  return kind === 'basic' ? named : { ...named, failure: { ...named.failure, remedy: unauthenticatedRemedies[kind] } };
}

const tokenRemedy =
  'The instance gave an access token and does not accept it here: check that the user behind it is active and not locked out, that its scope allows this API (REST API access policies), and that no role or ACL is missing, which some instances answer with 401 too.';

const unauthenticatedRemedies: { readonly [Kind in Exclude<AuthenticationKind, 'basic'>]: string } = {
  'oauth-client-credentials': tokenRemedy,
  'oauth-password': tokenRemedy,
  'oauth-refresh-token': tokenRemedy,
  'api-key':
    'Check in this order: the API key; that it is active and its user is, too; that an inbound authentication profile accepts the header x-sn-apikey; that a REST API access policy uses this profile for this API and version.',
};

const rotationNote =
  'the instance rotates refresh tokens: this delegate goes on with the new one, and the stored secret may have become useless; after a restart, or on another delegate, log-in can fail. Use client credentials for this connector';

const unusableKey: Refused = {
  kind: 'failed',
  failure: failure(
    'servicenow-unauthenticated',
    'nothing was sent: the API key has spaces, line breaks or other characters that no header can carry',
    'Store the secret again, the API key alone and without a line break at its end.',
  ),
  landed: 'no',
};
