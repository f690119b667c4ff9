import type { TokenFault } from './tokens.ts';

/** What a delegate's operator is told of a token that does not open a session. */
export const tokenFaultTexts: Readonly<Record<TokenFault, string>> = {
  'token-unknown':
    'no such delegate token (tgd_…; API tokens are not for delegates); create one: ticketgate delegate-token create',
  'token-expired': 'the delegate token has expired; create a new one',
  'token-revoked': 'the delegate token was revoked; create a new one',
};
