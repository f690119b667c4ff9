import type { AuthenticationKind } from '#protocol/authentication.ts';
import { UsageError } from '#runtime/options.ts';

/** What the options say of how to log in; each is undefined when it was not given. */
export interface GivenAuthentication {
  readonly username: string | undefined;
  readonly clientId: string | undefined;
  readonly secret: string | undefined;
  readonly clientSecretName: string | undefined;
}

type Key = keyof GivenAuthentication;

interface Part {
  readonly field: string;
  readonly from: Key;
  readonly isOptional?: true;
}

/** What each kind consists of, and which option gives it. */
const parts: Readonly<Record<AuthenticationKind, readonly Part[]>> = {
  basic: [
    { field: 'username', from: 'username' },
    { field: 'password', from: 'secret' },
  ],
  'oauth-client-credentials': [
    { field: 'clientId', from: 'clientId' },
    { field: 'clientSecret', from: 'secret' },
  ],
  'oauth-password': [
    { field: 'clientId', from: 'clientId' },
    { field: 'clientSecret', from: 'clientSecretName' },
    { field: 'username', from: 'username' },
    { field: 'password', from: 'secret' },
  ],
  'oauth-refresh-token': [
    { field: 'clientId', from: 'clientId' },
    { field: 'clientSecret', from: 'clientSecretName', isOptional: true },
    { field: 'refreshToken', from: 'secret' },
  ],
  'api-key': [{ field: 'apiKey', from: 'secret' }],
};

export const authenticationKinds = Object.keys(parts) as AuthenticationKind[];

export function isAuthenticationKind(text: string): text is AuthenticationKind {
  return Object.hasOwn(parts, text);
}

/** The flag that gives each option. */
const flags: Readonly<Record<Key, string>> = {
  username: '--username',
  clientId: '--client-id',
  secret: '--secret',
  clientSecretName: '--client-secret-name',
};

/**
 * Makes the authentication of a connector from what is given, and else from what it has already. Throws UsageError for
 * what is missing, and for what is given and does not belong to the kind.
 */
export function buildAuthentication(
  kind: AuthenticationKind,
  given: GivenAuthentication,
  before: object = {},
): Record<string, unknown> {
  const known: Record<string, unknown> = { ...before };
  const built: Record<string, unknown> = { kind };
  const missing: string[] = [];
  for (const { field, from, isOptional } of parts[kind]) {
    const text = given[from];
    const named = from === 'secret' || from === 'clientSecretName' ? { secret: text } : text;
    const value = text === undefined ? known[field] : named;
    if (value !== undefined) built[field] = value;
    else if (!isOptional) missing.push(`${flags[from]} is missing: --auth ${kind} needs it`);
  }
  const used = new Set(parts[kind].map(({ from }) => from));
  const unused = keysOf(given).filter((key) => given[key] !== undefined && !used.has(key));
  const faults = [...missing, ...unused.map((key) => `${flags[key]} does not belong to --auth ${kind}`)];
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return built;
}

/** What to call the parts of a request body at the command line, by their JSON pointers. */
export function authenticationFlags(kind: AuthenticationKind): Readonly<Record<string, string>> {
  const pointers = parts[kind].map(({ field, from }) => [`/authentication/${field}`, flags[from]]);
  return { ...Object.fromEntries(pointers), '/authentication/kind': '--auth' };
}

function keysOf(given: GivenAuthentication): Key[] {
  return Object.keys(given) as Key[];
}
