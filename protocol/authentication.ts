import Type, { type Static, type TSchema } from 'typebox';

/** A secret by its name: what connectors hold. The value is never here. */
export const SecretRef = Type.Object({
  secret: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$',
    description: 'the name of a secret; never its value',
  }),
});
export type SecretRef = Static<typeof SecretRef>;

/** How to log in at an instance, over whatever stands for a secret: its name, its sealed box, or its value. */
export type Authentication<Secret> =
  | { kind: 'basic'; username: string; password: Secret }
  | { kind: 'oauth-client-credentials'; clientId: string; clientSecret: Secret }
  | { kind: 'oauth-password'; clientId: string; clientSecret: Secret; username: string; password: Secret }
  | { kind: 'oauth-refresh-token'; clientId: string; clientSecret?: Secret; refreshToken: Secret }
  | { kind: 'api-key'; apiKey: Secret };

export type AuthenticationKind = Authentication<unknown>['kind'];

/** The fields that hold secrets; a secret is sealed for its field. */
const secretFields = ['password', 'clientSecret', 'refreshToken', 'apiKey'] as const;
export type SecretField = (typeof secretFields)[number];

const Username = Type.String({ minLength: 1, maxLength: 256 });
const ClientId = Type.String({ minLength: 1, maxLength: 256 });

/** The schema of all kinds. Every request of OAuth goes to `oauth_token.do` below the base URL, and nowhere else. */
export function authenticationOf<Secret extends TSchema>(secret: Secret) {
  return Type.Union([
    Type.Object({ kind: Type.Literal('basic'), username: Username, password: secret }),
    Type.Object({ kind: Type.Literal('oauth-client-credentials'), clientId: ClientId, clientSecret: secret }),
    Type.Object({
      kind: Type.Literal('oauth-password'),
      clientId: ClientId,
      clientSecret: secret,
      username: Username,
      password: secret,
    }),
    Type.Object({
      kind: Type.Literal('oauth-refresh-token'),
      clientId: ClientId,
      clientSecret: Type.Optional(secret),
      refreshToken: secret,
    }),
    Type.Object({ kind: Type.Literal('api-key'), apiKey: secret }),
  ]);
}

/** Lists what stands for the secrets, each with its field. */
export function secretsOf<Secret>(authentication: Authentication<Secret>): { field: SecretField; secret: Secret }[] {
  const held: { readonly [Field in SecretField]?: Secret } = authentication;
  return secretFields.flatMap((field) => {
    const secret = held[field];
    return secret === undefined ? [] : [{ field, secret }];
  });
}

/** The same authentication over something else that stands for its secrets. */
export function mapSecrets<From, To>(
  authentication: Authentication<From>,
  map: (secret: From, field: SecretField) => To,
): Authentication<To> {
  switch (authentication.kind) {
    case 'basic':
      return { ...authentication, password: map(authentication.password, 'password') };
    case 'oauth-client-credentials':
      return { ...authentication, clientSecret: map(authentication.clientSecret, 'clientSecret') };
    case 'oauth-password':
      return {
        ...authentication,
        clientSecret: map(authentication.clientSecret, 'clientSecret'),
        password: map(authentication.password, 'password'),
      };
    case 'oauth-refresh-token': {
      const { clientSecret, refreshToken, ...rest } = authentication;
      return {
        ...rest,
        refreshToken: map(refreshToken, 'refreshToken'),
        ...(clientSecret === undefined ? {} : { clientSecret: map(clientSecret, 'clientSecret') }),
      };
    }
    case 'api-key':
      return { ...authentication, apiKey: map(authentication.apiKey, 'apiKey') };
  }
}
