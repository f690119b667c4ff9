import Type, { type Static } from 'typebox';
import { type Authentication, authenticationOf, SecretRef } from '#protocol/authentication.ts';
import { UsageScope } from '#protocol/scope.ts';
import { type Check, closed, compileCheck, type Fault } from '#protocol/validation.ts';

const Name = Type.String({ minLength: 1, maxLength: 80, pattern: '^\\S(.*\\S)?$' });

/** Where a secret's value comes from: a variable of this command, or a file. */
const ValueFrom = Type.Union([
  Type.Object({ env: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }) }),
  Type.Object({ file: Type.String({ minLength: 1 }) }),
]);
export type ValueFrom = Static<typeof ValueFrom>;

const SecretDeclaration = Type.Object({
  name: SecretRef.properties.secret,
  scope: Type.Optional(UsageScope),
  valueFrom: Type.Optional(ValueFrom),
  value: Type.Optional(Type.Never()),
});

const forms = authenticationOf(SecretRef).anyOf;

const ConnectorDeclaration = Type.Object({
  name: Name,
  url: Type.String(),
  // Its other properties are checked by the form of the kind that is named, so that a fault is about that one alone.
  authentication: Type.Object(
    { kind: Type.Enum(forms.map(({ properties }) => properties.kind.const)) },
    { additionalProperties: true },
  ),
  selectors: Type.Optional(Type.Array(Type.String(), { maxItems: 50 })),
  skipValidation: Type.Optional(Type.Boolean()),
});

const expires = Type.Optional(Type.String());

const ApiTokenDeclaration = Type.Object({
  name: Name,
  role: Type.Enum(['admin', 'operator', 'pipeline', 'viewer'] as const),
  scope: Type.Optional(UsageScope),
  expires,
});

const DelegateTokenDeclaration = Type.Object({ name: Name, expires });

const File = Type.Object({
  secrets: Type.Optional(Type.Array(SecretDeclaration)),
  connectors: Type.Optional(Type.Array(ConnectorDeclaration)),
  apiTokens: Type.Optional(Type.Array(ApiTokenDeclaration)),
  delegateTokens: Type.Optional(Type.Array(DelegateTokenDeclaration)),
});
export type File = Static<typeof File>;

/** Something declared, and where: `ticketgate.yaml:3`. */
type At<T> = T & { readonly at: string };

export type DeclaredSecret = At<Omit<Static<typeof SecretDeclaration>, 'value'>>;
export type DeclaredConnector = At<
  Omit<Static<typeof ConnectorDeclaration>, 'authentication'> & { readonly authentication: Authentication<SecretRef> }
>;
export type DeclaredApiToken = At<Static<typeof ApiTokenDeclaration>>;
export type DeclaredDelegateToken = At<Static<typeof DelegateTokenDeclaration>>;

/** All that the files declare. */
export interface Declared {
  readonly secrets: readonly DeclaredSecret[];
  readonly connectors: readonly DeclaredConnector[];
  readonly apiTokens: readonly DeclaredApiToken[];
  readonly delegateTokens: readonly DeclaredDelegateToken[];
}

export const checkFile: Check<File> = compileCheck(closed(File));

const formChecks = new Map(
  forms.map((form): [string, Check<unknown>] => [form.properties.kind.const, compileCheck(closed(form))]),
);

/** Checks how a connector logs in by the form of its kind. */
export function checkAuthentication(authentication: { readonly kind: string }): readonly Fault[] {
  const checked = formChecks.get(authentication.kind)?.(authentication);
  return checked && 'faults' in checked ? checked.faults : [];
}
