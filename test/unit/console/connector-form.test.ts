import { describe, expect, it } from 'vitest';
import { authenticationKinds } from '../../../manager/console/pages/connectors/authentication-kinds.ts';
import {
  bodyOf,
  emptyValues,
  scopeInWords,
  secretsIn,
  suggestSecretName,
  valuesOf,
} from '../../../manager/console/pages/connectors/connector-form.ts';
import { ConnectorAuthentication } from '../../../manager/http/connector-authentication.ts';

const connector = {
  id: 'con_1',
  type: 'servicenow' as const,
  name: 'dev',
  baseUrl: 'https://x/',
  authentication: { kind: 'oauth-refresh-token' as const, clientId: 'c', refreshToken: { secret: 'r' } },
  selectors: ['dc1'],
  createdAt: '',
  updatedAt: '',
};

describe('the form of a connector', () => {
  it('offers every kind of authentication with the fields that the manager asks for', () => {
    const asked = ConnectorAuthentication.anyOf.map(({ properties, required }) => ({
      kind: String(properties.kind.const),
      fields: Object.entries(properties)
        .filter(([name]) => name !== 'kind')
        .map(([name, schema]) => ({
          name,
          isSecret: 'properties' in schema,
          isOptional: !(required as string[]).includes(name),
        })),
    }));
    const offered = authenticationKinds.map(({ kind, fields }) => ({
      kind,
      fields: fields.map(({ name, isSecret, isOptional }) => ({ name, isSecret, isOptional })),
    }));
    const byKind = (one: { kind: string }, other: { kind: string }) => one.kind.localeCompare(other.kind);
    expect(offered.toSorted(byKind)).toEqual(asked.toSorted(byKind));
  });

  it('sends of the chosen kind what was typed, trimmed, and nothing of another kind', () => {
    const authentication = { ...emptyValues.authentication, username: ' u ', password: 'pw', clientId: 'left over' };
    expect(bodyOf({ name: ' Dev ', baseUrl: ' https://x ', authentication, selectors: ['dc1'] })).toEqual({
      name: 'Dev',
      type: 'servicenow',
      baseUrl: 'https://x',
      authentication: { kind: 'basic', username: 'u', password: { secret: 'pw' } },
      selectors: ['dc1'],
    });
  });

  it('leaves out what is empty, so that the manager says that it is missing', () => {
    expect(bodyOf(emptyValues).authentication).toEqual({ kind: 'basic' });
  });

  it('shows a stored connector so that storing it unchanged changes nothing', () => {
    const { name, baseUrl, type, selectors, authentication } = connector;
    expect(bodyOf(valuesOf(connector))).toEqual({ name, baseUrl, type, selectors, authentication });
  });

  it('names each secret once', () => {
    const { authentication } = emptyValues;
    const held = { ...authentication, kind: 'oauth-password', clientSecret: 'one', password: 'one', apiKey: 'other' };
    expect(secretsIn({ authentication: held })).toEqual(['one']);
  });

  it.each([
    [[], 'That of the secret: choose one.'],
    [['wide'], 'all applications in all environments'],
    [['wide', 'shop'], 'application shop in all environments'],
    [['shop', 'production'], 'None: neither secret has a scope within that of the other.'],
    [['gone'], 'Not known: there is no such secret.'],
  ])('tells the scope of %j', (names, words) => {
    const all = 'all' as const;
    const secrets = [
      { name: 'wide', scope: { applications: all, environments: all } },
      { name: 'shop', scope: { applications: ['shop'], environments: all } },
      { name: 'production', scope: { applications: all, environments: ['production'] } },
    ];
    expect(scopeInWords(names, secrets)).toBe(words);
  });

  it.each([
    ['Shop (Dev)', 'password', 'shop-dev-password'],
    ['', 'clientSecret', 'client-secret'],
    ['üü', 'apiKey', 'api-key'],
    ['x'.repeat(80), 'password', `${'x'.repeat(60)}-password`],
  ] as const)('suggests for %s and %s a name that is allowed', (name, field, suggested) => {
    expect(suggestSecretName(name, field)).toBe(suggested);
    expect(suggested).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/);
  });
});
