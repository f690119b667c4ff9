export type AuthenticationField = 'clientId' | 'clientSecret' | 'username' | 'password' | 'refreshToken' | 'apiKey';

interface FieldForm {
  readonly name: AuthenticationField;
  readonly label: string;
  /** It holds the name of a secret, and not what was typed. */
  readonly isSecret: boolean;
  readonly isOptional: boolean;
}

export interface AuthenticationKind {
  readonly kind: string;
  readonly label: string;
  readonly fields: readonly FieldForm[];
}

const clientId = text('clientId', 'Client ID');
const clientSecret = secret('clientSecret', 'Encrypted Client Secret');
const username = text('username', 'Username');
const password = secret('password', 'Encrypted Password');

/** How a connector may log in, with what each kind asks for, in this order. */
export const authenticationKinds: readonly [AuthenticationKind, ...AuthenticationKind[]] = [
  { kind: 'basic', label: 'Username and password (basic)', fields: [username, password] },
  { kind: 'oauth-client-credentials', label: 'OAuth client credentials', fields: [clientId, clientSecret] },
  {
    kind: 'oauth-refresh-token',
    label: 'OAuth refresh token',
    fields: [clientId, { ...clientSecret, isOptional: true }, secret('refreshToken', 'Encrypted Refresh Token')],
  },
  { kind: 'oauth-password', label: 'OAuth password', fields: [clientId, clientSecret, username, password] },
  { kind: 'api-key', label: 'API key (x-sn-apikey)', fields: [secret('apiKey', 'Encrypted API Key')] },
];

export function kindOf(kind: string): AuthenticationKind {
  return authenticationKinds.find((each) => each.kind === kind) ?? authenticationKinds[0];
}

function text(name: AuthenticationField, label: string): FieldForm {
  return { name, label, isSecret: false, isOptional: false };
}

function secret(name: AuthenticationField, label: string): FieldForm {
  return { name, label, isSecret: true, isOptional: false };
}
