import { describeScope, narrowestScope, type UsageScope } from '../../parts/usage-scope.ts';
import type { Connector, ConnectorBody } from './api-shapes.ts';
import { type AuthenticationField, kindOf } from './authentication-kinds.ts';

/** What is typed and chosen in the dialog; a secret by its name. Its fields lie where the manager tells faults of them. */
export interface ConnectorValues {
  name: string;
  baseUrl: string;
  authentication: Record<AuthenticationField | 'kind', string>;
  selectors: string[];
}

const emptyAuthentication: ConnectorValues['authentication'] = {
  kind: 'basic',
  clientId: '',
  clientSecret: '',
  username: '',
  password: '',
  refreshToken: '',
  apiKey: '',
};

export const emptyValues: ConnectorValues = {
  name: '',
  baseUrl: '',
  authentication: emptyAuthentication,
  selectors: [],
};

/** What a connector has, as the dialog shows it. */
export function valuesOf({ name, baseUrl, authentication, selectors }: Connector): ConnectorValues {
  const values: Record<string, string> = { ...emptyAuthentication };
  for (const [field, held] of Object.entries(authentication))
    values[field] = typeof held === 'string' ? held : held.secret;
  return { name, baseUrl, authentication: { ...emptyAuthentication, ...values }, selectors };
}

/** What the manager is sent: of the kind that is chosen, and nothing that was typed for another. */
export function bodyOf({ name, baseUrl, authentication, selectors }: ConnectorValues): ConnectorBody {
  const { kind, fields } = kindOf(authentication.kind);
  const given = fields.flatMap(({ name: field, isSecret }) => {
    const value = authentication[field].trim();
    return value === '' ? [] : [[field, isSecret ? { secret: value } : value] as const];
  });
  return {
    name: name.trim(),
    type: 'servicenow',
    baseUrl: baseUrl.trim(),
    authentication: { kind, ...Object.fromEntries(given) },
    selectors,
  };
}

/** The secrets that were chosen, each once. */
export function secretsIn({ authentication }: Pick<ConnectorValues, 'authentication'>): string[] {
  const names = kindOf(authentication.kind).fields.flatMap(({ name, isSecret }) =>
    isSecret && authentication[name] !== '' ? [authentication[name]] : [],
  );
  return [...new Set(names)];
}

/** The scope that a connector gets from the secrets that were chosen, in words. */
export function scopeInWords(
  names: readonly string[],
  secrets: readonly { readonly name: string; readonly scope: UsageScope }[],
): string {
  if (names.length === 0) return 'That of the secret: choose one.';
  const scopes = names.flatMap((name) => secrets.find((secret) => secret.name === name)?.scope ?? []);
  if (scopes.length < names.length) return 'Not known: there is no such secret.';
  const narrowest = narrowestScope(scopes);
  return narrowest ? describeScope(narrowest) : 'None: neither secret has a scope within that of the other.';
}

/** A name for a new secret, after the connector: `shop-dev-password`. */
export function suggestSecretName(connectorName: string, field: AuthenticationField): string {
  const stem = connectorName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
  const suffix = field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return stem === '' ? suffix : `${stem}-${suffix}`;
}

/** The fields of the dialog that the manager may find at fault. */
export const faultyFields = [
  'name',
  'baseUrl',
  'authentication.kind',
  ...Object.keys(emptyAuthentication).map((field) => `authentication.${field}`),
  'selectors',
];
