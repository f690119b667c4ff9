import { expect, it } from 'vitest';
import type { Authentication } from '#protocol/authentication.ts';
import { failure } from '#protocol/failure.ts';
import { explainUnauthenticated } from '../../../delegate/servicenow/log-in.ts';

const cases: readonly [string, Authentication<string>][] = [
  ['basic authentication of the user "ada"', { kind: 'basic', username: 'ada', password: 'hidden' }],
  [
    'OAuth by password of the user "ada", with the client "c1"',
    { kind: 'oauth-password', clientId: 'c1', clientSecret: 'hidden', username: 'ada', password: 'hidden' },
  ],
  [
    'OAuth by client credentials of the client "c1"',
    { kind: 'oauth-client-credentials', clientId: 'c1', clientSecret: 'hidden' },
  ],
  [
    'OAuth by refresh token of the client "c1"',
    { kind: 'oauth-refresh-token', clientId: 'c1', refreshToken: 'hidden' },
  ],
  ['an API key', { kind: 'api-key', apiKey: 'hidden' }],
  ['basic authentication of the user "[masked]"', { kind: 'basic', username: 'same', password: 'same' }],
];

function refuse(status: number, authentication: Authentication<string>) {
  const found = failure('servicenow-unauthenticated', `HTTP ${status}`, 'check');
  const refused = { kind: 'failed', failure: found, landed: 'no', status } as const;
  return explainUnauthenticated(refused, { baseUrl: 'https://x.example.com/', authentication });
}

it.each(cases)('a 401 says that it was %s, without a secret (trap 40)', (said, authentication) => {
  expect(refuse(401, authentication)).toMatchObject({ failure: { message: `HTTP 401; the log-in was ${said}` } });
});

it('another status says nothing of the log-in', () => {
  expect(refuse(403, { kind: 'api-key', apiKey: 'hidden' })).toMatchObject({ failure: { message: 'HTTP 403' } });
});
