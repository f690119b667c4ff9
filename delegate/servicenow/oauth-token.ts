import type { Authentication } from '#protocol/authentication.ts';
import { failure } from '#protocol/failure.ts';
import { isRow, type Judged, judgeJson } from './answer.ts';
import { type Asked, readErrorObject } from './refusal.ts';
import type { HttpRequest, TransportResult } from './transport.ts';

export type OAuth = Extract<Authentication<string>, { kind: `oauth-${string}` }>;

/** What the token end point gave. */
export interface TokenGrant {
  readonly accessToken: string;
  /** From the request on; 0 when the answer does not say how long. */
  readonly expiresInMs: number;
  /** The next refresh token, when the answer has one. */
  readonly refreshToken?: string;
}

/** Writes the request for an access token. It changes nothing but tokens, so it may be repeated. */
export function writeTokenRequest(authentication: OAuth): HttpRequest {
  return {
    method: 'POST',
    path: 'oauth_token.do',
    contentType: 'application/x-www-form-urlencoded',
    body: new URLSearchParams(writeForm(authentication)).toString(),
    // On a kept-alive connection that died unnoticed it would fail, and with it what it is for.
    ownConnection: true,
  };
}

/** Judges what came back for it, as for any other request; a refusal's remedy is the grant's own (trap 42). */
export function judgeTokenGrant(authentication: OAuth, outcome: TransportResult): Judged<TokenGrant> {
  const judged = judgeJson(asked, outcome, readGrant);
  if (judged.kind === 'ok' || !isRefusedGrant(outcome)) return judged;
  const { message } = judged.failure;
  return {
    ...judged,
    failure: failure('servicenow-unauthenticated', message, grantRemedies[authentication.kind]),
  };
}

const asked: Asked = { method: 'POST', subject: 'oauth_token.do', addressesRecord: false };

function writeForm(authentication: OAuth): Record<string, string> {
  const { clientId } = authentication;
  switch (authentication.kind) {
    case 'oauth-client-credentials':
      return { grant_type: 'client_credentials', client_id: clientId, client_secret: authentication.clientSecret };
    case 'oauth-password': {
      const { clientSecret, username, password } = authentication;
      return { grant_type: 'password', client_id: clientId, client_secret: clientSecret, username, password };
    }
    case 'oauth-refresh-token': {
      const { clientSecret, refreshToken } = authentication;
      const secret = clientSecret === undefined ? {} : { client_secret: clientSecret };
      return { grant_type: 'refresh_token', client_id: clientId, ...secret, refresh_token: refreshToken };
    }
  }
}

function readGrant(parsed: unknown): { readonly value: TokenGrant } | { readonly fault: string } {
  if (!isRow(parsed)) return { fault: 'JSON that is no object' };
  const { access_token: accessToken, expires_in: expiresIn, refresh_token: refreshToken, token_type: type } = parsed;
  if (typeof accessToken !== 'string' || !isHeaderSafe(accessToken)) return { fault: 'no usable "access_token"' };
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') return { fault: 'a token that is no bearer token' };
  const seconds = typeof expiresIn === 'string' ? Number.parseFloat(expiresIn) : expiresIn;
  const isLasting = typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0;
  const base = { accessToken, expiresInMs: isLasting ? seconds * 1_000 : 0 };
  return {
    value: typeof refreshToken === 'string' && refreshToken !== '' ? { ...base, refreshToken } : base,
  };
}

/** Tells whether a text can be sent in a header as it is. */
export function isHeaderSafe(text: string): boolean {
  return /^[\x21-\x7e]{1,16384}$/.test(text);
}

/** ServiceNow refuses a grant with 401; OAuth's own words for it come with 400. */
function isRefusedGrant(outcome: TransportResult): boolean {
  if (outcome.kind !== 'answer') return false;
  return outcome.status === 401 || (outcome.status === 400 && readErrorObject(outcome.body) !== undefined);
}

const sameAnswer =
  'ServiceNow gives this one answer for every cause, so check in this order: the client id and the client secret; that the OAuth application is active (System OAuth, Application Registry)';

const grantRemedies: { readonly [Kind in OAuth['kind']]: string } = {
  'oauth-client-credentials': `${sameAnswer}; that the grant is switched on (the system property glide.oauth.inbound.client.credential.grant_type.enabled is true); that the application has an OAuth Application User, and that this user is active and not locked out.`,
  'oauth-password': `${sameAnswer}; the user name and the password; that the user is active, not locked out, and need not change the password; that the password grant is not switched off. Do not try often: wrong passwords lock the user out.`,
  'oauth-refresh-token': `${sameAnswer}; that the refresh token has not expired (after 100 days unless changed) or been revoked, and was not used before on an instance that rotates refresh tokens: then store a new one, or use client credentials; that its user is active and not locked out.`,
};
