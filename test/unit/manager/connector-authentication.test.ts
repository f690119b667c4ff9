import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../manager/core/refusal.ts';
import { readAuthentication } from '../../../manager/http/connector-authentication.ts';

const secret = { secret: 's' };
const kinds = 'basic, oauth-client-credentials, oauth-password, oauth-refresh-token, api-key';

function refusalOf(value: unknown): Refusal {
  try {
    readAuthentication(value);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the authentication of a connector', () => {
  it.each([
    [{ kind: 'basic', username: 'u', password: secret }],
    [{ kind: 'oauth-client-credentials', clientId: 'c', clientSecret: secret }],
    [{ kind: 'oauth-password', clientId: 'c', clientSecret: secret, username: 'u', password: secret }],
    [{ kind: 'oauth-refresh-token', clientId: 'c', refreshToken: secret }],
    [{ kind: 'oauth-refresh-token', clientId: 'c', clientSecret: secret, refreshToken: secret }],
    [{ kind: 'api-key', apiKey: secret }],
  ])('is taken as it is: %j', (value) => {
    expect(readAuthentication(value)).toEqual(value);
  });

  it.each([
    [
      { kind: 'oauth-password', username: 'u' },
      ['/clientId is missing', '/clientSecret is missing', '/password is missing'],
    ],
    [{ kind: 'api-key', apiKey: secret, username: 'u' }, ['/username does not belong to this kind']],
    [{ kind: 'api-key', apiKey: 's3cret' }, ['/apiKey must be object']],
    [{ kind: 'api-key', apiKey: { secret: 'a b' } }, ['/apiKey/secret must match']],
    [{ kind: 'api-key', apiKey: { secret: 's', value: 's3cret' } }, ['/apiKey has unknown properties: value']],
    [{ kind: 'basic', username: '', password: secret }, ['/username must not have fewer']],
    [{ kind: 'ldap', username: 'u' }, [`/kind must be one of ${kinds}`]],
    [{ kind: null }, ['/kind must be one of']],
    [{ constructor: 1 }, ['/kind must be one of']],
    [JSON.parse('{"kind":"api-key","apiKey":{"secret":"s"},"__proto__":1}'), ['/__proto__ does not belong']],
    ['basic', [' must be an object with a kind']],
    [[], [' must be an object with a kind']],
    [null, [' must be an object with a kind']],
  ])('is refused by the form of its kind alone: %j', (value, texts) => {
    const { code, message, faults } = refusalOf(value);
    expect(code).toBe('invalid-request');
    expect(faults).toHaveLength(texts.length);
    for (const text of texts) expect(message).toContain(`/authentication${text}`);
    expect(message).not.toContain('s3cret');
  });
});
