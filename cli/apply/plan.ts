import { type Authentication, type SecretRef, secretsOf } from '#protocol/authentication.ts';
import { describeScope, everywhere, includesScope, type UsageScope } from '#protocol/scope.ts';
import { canonicalTags } from '#protocol/selectors.ts';
import type { Actual, ActualConnector, ActualSecret, ActualToken } from './actual.ts';
import type {
  Declared,
  DeclaredApiToken,
  DeclaredConnector,
  DeclaredDelegateToken,
  DeclaredSecret,
  ValueFrom,
} from './declaration.ts';
import { foldName } from './fold-name.ts';
import { change, compare, type Properties, type PropertyChange } from './property-changes.ts';

/** Something that has a name: `connector dev`. */
export interface Item {
  readonly kind: 'secret' | 'connector' | 'api-token' | 'delegate-token';
  readonly name: string;
}

interface StepBase {
  readonly name: string;
  readonly action: 'create' | 'change';
  readonly changes: readonly PropertyChange[];
}

/** One thing to do, with what is sent to the manager. */
export type Step =
  | (StepBase & {
      readonly kind: 'secret';
      readonly at: string;
      readonly scope?: UsageScope;
      readonly valueFrom?: ValueFrom;
    })
  | (StepBase & { readonly kind: 'connector'; readonly body: ConnectorBody; readonly skipValidation: boolean })
  | (StepBase & { readonly kind: 'api-token'; readonly body: Omit<DeclaredApiToken, 'at'> })
  | (StepBase & { readonly kind: 'delegate-token'; readonly body: Omit<DeclaredDelegateToken, 'at'> });

interface ConnectorBody {
  readonly name: string;
  readonly baseUrl: string;
  readonly authentication: Authentication<SecretRef>;
  readonly selectors: readonly string[];
}

/** Why a declaration cannot be fulfilled: nothing is done while there is one. */
export interface PlanRefusal {
  readonly at: string;
  readonly message: string;
  readonly remedy: string;
}

export interface Plan {
  /** In the order in which they are done. */
  readonly steps: readonly Step[];
  readonly refusals: readonly PlanRefusal[];
  readonly unchanged: readonly Item[];
  /** What is there and not declared. It is never deleted. */
  readonly undeclared: readonly Item[];
  /** Secrets whose values were left as they are, though the file says where they come from. */
  readonly keptValues: readonly string[];
}

/** Decides what is to be done so that what is there becomes what is declared. */
export function makePlan(
  declared: Declared,
  actual: Actual,
  { updateSecrets, now }: { readonly updateSecrets: boolean; readonly now: number },
): Plan {
  const known = new Set([...declared.secrets, ...actual.secrets].map(({ name }) => name));
  const verdicts = [
    ...declared.secrets.map((secret) => planSecret(secret, named(actual.secrets, secret.name), updateSecrets)),
    ...declared.connectors.map((connector) =>
      planConnector(connector, named(actual.connectors, connector.name), known),
    ),
    ...declared.apiTokens.map((token) => planApiToken(token, named(actual.apiTokens, token.name), now)),
    ...declared.delegateTokens.map((token) => planDelegateToken(token, named(actual.delegateTokens, token.name), now)),
  ];
  return {
    steps: verdicts.flatMap((verdict) => ('step' in verdict ? [verdict.step] : [])),
    refusals: verdicts.flatMap((verdict) => ('refusals' in verdict ? verdict.refusals : [])),
    unchanged: verdicts.flatMap((verdict) => ('unchanged' in verdict ? [verdict.unchanged] : [])),
    undeclared: [
      ...undeclared('secret', actual.secrets, declared.secrets),
      ...undeclared('connector', actual.connectors, declared.connectors),
      ...undeclared('api-token', actual.apiTokens.filter(isValidAt(now)), declared.apiTokens),
      ...undeclared('delegate-token', actual.delegateTokens.filter(isValidAt(now)), declared.delegateTokens),
    ],
    keptValues: updateSecrets
      ? []
      : declared.secrets
          .filter(({ name, valueFrom }) => valueFrom && named(actual.secrets, name))
          .map(({ name }) => name),
  };
}

type Verdict = { readonly step: Step } | { readonly unchanged: Item } | { readonly refusals: readonly PlanRefusal[] };

function planSecret(
  { name, at, scope, valueFrom }: DeclaredSecret,
  actual: ActualSecret | undefined,
  updateSecrets: boolean,
): Verdict {
  const renamed = actual && refuseRenamed(at, 'secret', actual.name, name);
  if (renamed) return renamed;
  const newScope = scope && !(actual && isSameScope(scope, actual.scope ?? everywhere)) ? scope : undefined;
  const newValue = actual === undefined || updateSecrets ? valueFrom : undefined;
  if (actual === undefined && valueFrom === undefined)
    return refuse(
      at,
      `secret "${name}" is missing, and the file does not say where its value comes from`,
      `Give valueFrom: { env: NAME } or { file: PATH }, or store it first: ticketgate secret set ${name}`,
    );
  if (actual && newScope && !includesScope(actual.scope ?? everywhere, newScope))
    return refuse(
      at,
      `secret "${name}" is limited to ${describeScope(actual.scope ?? everywhere)}, and a scope is never widened to ${describeScope(newScope)}`,
      'Store it as another secret with the wider scope, or declare the scope that it has.',
    );
  const changes = [
    ...(newValue ? [change('value', actual && 'not shown', describeSource(newValue))] : []),
    ...(newScope
      ? [change('scope', actual && describeScope(actual.scope ?? everywhere), describeScope(newScope))]
      : []),
  ];
  if (changes.length === 0) return { unchanged: { kind: 'secret', name } };
  const action = actual ? 'change' : 'create';
  return {
    step: {
      kind: 'secret',
      name,
      at,
      action,
      changes,
      ...(newScope && { scope: newScope }),
      ...(newValue && { valueFrom: newValue }),
    },
  };
}

function planConnector(
  { name, at, url, authentication, selectors = [], skipValidation = false }: DeclaredConnector,
  actual: ActualConnector | undefined,
  known: ReadonlySet<string>,
): Verdict {
  const missing = secretsOf(authentication)
    .map(({ secret }) => secret.secret)
    .filter((secret) => !known.has(secret));
  if (missing.length > 0)
    return {
      refusals: [...new Set(missing)].map((secret) => ({
        at,
        message: `connector "${name}" uses the secret "${secret}", which is neither there nor declared`,
        remedy: `Declare it under secrets, or store it first: ticketgate secret set ${secret}`,
      })),
    };
  const body = { name, baseUrl: canonicalUrl(url), authentication, selectors: canonicalTags(selectors) };
  const changes = [
    ...(actual && actual.name !== name ? [change('name', actual.name, name)] : []),
    ...compare(actual && describeConnector(actual), describeConnector(body)),
  ];
  if (changes.length === 0) return { unchanged: { kind: 'connector', name } };
  return {
    step: {
      kind: 'connector',
      name: actual?.name ?? name,
      action: actual ? 'change' : 'create',
      changes,
      body,
      skipValidation,
    },
  };
}

function planApiToken({ at, ...body }: DeclaredApiToken, actual: ActualToken | undefined, now: number): Verdict {
  const { name, role, scope = everywhere, expires } = body;
  const item = { kind: 'api-token', name } as const;
  if (!actual) {
    const wanted = { role, scope: describeScope(scope), expires: expires === undefined ? 'never' : `in ${expires}` };
    return { step: { ...item, action: 'create', changes: compare(undefined, wanted), body } };
  }
  const ended = refuseRenamed(at, 'API token', actual.name, name) ?? refuseEnded(at, 'API token', actual, now);
  if (ended) return ended;
  const actualScope = actual.scope ?? everywhere;
  const differences = [
    ...(actual.role === role ? [] : [`the role ${actual.role ?? 'none'} and not ${role}`]),
    ...(isSameScope(scope, actualScope)
      ? []
      : [`the scope ${describeScope(actualScope)} and not ${describeScope(scope)}`]),
  ];
  if (differences.length > 0)
    return refuse(
      at,
      `API token "${name}" has ${differences.join(', and ')}, and a token cannot be changed`,
      `Declare it under another name and revoke this one (ticketgate api-token revoke ${name}), or declare it as it is.`,
    );
  return { unchanged: item };
}

function planDelegateToken(
  { at, ...body }: DeclaredDelegateToken,
  actual: ActualToken | undefined,
  now: number,
): Verdict {
  const item = { kind: 'delegate-token', name: body.name } as const;
  if (actual)
    return (
      refuseRenamed(at, 'delegate token', actual.name, body.name) ??
      refuseEnded(at, 'delegate token', actual, now) ?? { unchanged: item }
    );
  const wanted = { expires: body.expires === undefined ? 'never' : `in ${body.expires}` };
  return { step: { ...item, action: 'create', changes: compare(undefined, wanted), body } };
}

function refuseRenamed(at: string, what: string, actual: string, declared: string): Verdict | undefined {
  if (actual === declared) return undefined;
  return refuse(
    at,
    `${what} "${declared}" is there as "${actual}"; names that differ only in case are one, and a ${what} cannot be renamed`,
    `Declare it as "${actual}".`,
  );
}

function refuseEnded(at: string, what: string, { name, ...token }: ActualToken, now: number): Verdict | undefined {
  if (isValidAt(now)(token)) return undefined;
  const end = token.revokedAt === undefined ? `expired at ${token.expiresAt}` : `was revoked at ${token.revokedAt}`;
  return refuse(at, `${what} "${name}" ${end}, and its name stays taken`, 'Declare a token under another name.');
}

function isValidAt(now: number): (token: { readonly revokedAt?: string; readonly expiresAt?: string }) => boolean {
  return ({ revokedAt, expiresAt }) =>
    revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > now);
}

function refuse(at: string, message: string, remedy: string): Verdict {
  return { refusals: [{ at, message, remedy }] };
}

function named<T extends { readonly name: string }>(items: readonly T[], name: string): T | undefined {
  return items.find((item) => foldName(item.name) === foldName(name));
}

function undeclared(
  kind: Item['kind'],
  there: readonly { readonly name: string }[],
  wanted: readonly { readonly name: string }[],
): Item[] {
  return there.filter(({ name }) => !named(wanted, name)).map(({ name }) => ({ kind, name }));
}

function isSameScope(a: UsageScope, b: UsageScope): boolean {
  return includesScope(a, b) && includesScope(b, a);
}

function describeConnector(connector: {
  readonly baseUrl: string;
  readonly authentication: object;
  readonly selectors: readonly string[];
}): Properties {
  const { baseUrl, authentication, selectors } = connector;
  const logIn = Object.entries(authentication).map(([key, value]) => [`authentication.${key}`, describeLogIn(value)]);
  return { url: baseUrl, ...Object.fromEntries(logIn), selectors: selectors.join(', ') || 'none' };
}

function describeLogIn(value: unknown): string {
  if (typeof value === 'string') return value;
  const isReference = typeof value === 'object' && value !== null && 'secret' in value;
  return isReference ? `the secret ${String(value.secret)}` : JSON.stringify(value);
}

function describeSource(valueFrom: ValueFrom): string {
  return 'env' in valueFrom ? `from the variable ${valueFrom.env}` : `from the file ${valueFrom.file}`;
}

/** As the manager stores it: the form was checked before. */
function canonicalUrl(url: string): string {
  const { origin, pathname } = new URL(url.trim());
  return `${origin}${pathname.replace(/\/+$/, '')}/`;
}
