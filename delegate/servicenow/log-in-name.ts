import type { Authentication } from '#protocol/authentication.ts';
import type { OpenTarget } from '../core/handler.ts';
import type { Refused } from './answer.ts';
import { extendMessage } from './handler-result.ts';
import { maskSecrets } from './mask-secrets.ts';
import { cleanText } from './page.ts';

/** Adds to a refusal whose log-in was refused: a connector is seldom all that logs in to an instance. */
export function nameLogIn(refused: Refused, target: OpenTarget): Refused {
  // Somebody may have given the same text as name and password.
  const said = maskSecrets(`the log-in was ${describeLogIn(target.authentication)}`, target);
  return { ...refused, failure: extendMessage(refused.failure, said) };
}

/** Writes the kind of log-in and who logs in, without a secret. */
function describeLogIn(authentication: Authentication<string>): string {
  switch (authentication.kind) {
    case 'basic':
      return `basic authentication of the user ${show(authentication.username)}`;
    case 'oauth-password':
      return `OAuth by password of the user ${show(authentication.username)}, with the client ${show(authentication.clientId)}`;
    case 'oauth-client-credentials':
      return `OAuth by client credentials of the client ${show(authentication.clientId)}`;
    case 'oauth-refresh-token':
      return `OAuth by refresh token of the client ${show(authentication.clientId)}`;
    case 'api-key':
      return 'an API key';
  }
}

function show(name: string): string {
  return `"${cleanText(name, 80)}"`;
}
