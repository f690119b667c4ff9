import { describe, expect, it } from 'vitest';
import type { UsageScope } from '#protocol/scope.ts';
import type { Actual } from '../../../../cli/apply/actual.ts';
import type { Declared } from '../../../../cli/apply/declaration.ts';
import { makePlan } from '../../../../cli/apply/plan.ts';

const now = Date.parse('2026-01-31T12:00:00.000Z');
const before = '2026-01-30T12:00:00.000Z';
const later = '2027-01-30T12:00:00.000Z';
const at = 'a.yaml:1';

const shop: UsageScope = { applications: ['shop'], environments: ['non-production'] };
const shops: UsageScope = { applications: ['shop', 'cart'], environments: ['non-production'] };
const authentication = { kind: 'basic', username: 'u', password: { secret: 'pw' } } as const;
const secret = { name: 'pw', at };
const connector = { name: 'dev', at, url: ' https://sn.example ', authentication };
const stored = { name: 'dev', baseUrl: 'https://sn.example/', authentication, selectors: [] };
const apiToken = { name: 'ci', at, role: 'pipeline' } as const;
const delegateToken = { name: 'dc1', at };

const nothing = { secrets: [], connectors: [], apiTokens: [], delegateTokens: [] };
const plan = (declared: Partial<Declared>, actual: Partial<Actual>, updateSecrets = false) =>
  makePlan({ ...nothing, ...declared }, { ...nothing, ...actual }, { updateSecrets, now });

interface Row {
  readonly name: string;
  readonly declared: Partial<Declared>;
  readonly actual: Partial<Actual>;
  readonly updateSecrets?: true;
  /** Each as `+ connector dev: url = https://…`, or `~ …: url = old → new`. */
  readonly steps: readonly string[];
}

const fromEnv = { env: 'PW' };

const rows: readonly Row[] = [
  {
    name: 'a secret that is missing is created with its value and scope',
    declared: { secrets: [{ ...secret, scope: shop, valueFrom: fromEnv }] },
    actual: {},
    steps: ['+ secret pw: value = from the variable PW, scope = application shop in non-production'],
  },
  {
    name: 'a secret that is there keeps its value',
    declared: { secrets: [{ ...secret, valueFrom: fromEnv }] },
    actual: { secrets: [{ name: 'pw', scope: shop }] },
    steps: [],
  },
  {
    name: 'a secret that is there gets its value anew when that is asked for',
    declared: { secrets: [{ ...secret, valueFrom: { file: '/run/pw' } }] },
    actual: { secrets: [{ name: 'pw' }] },
    updateSecrets: true,
    steps: ['~ secret pw: value = not shown → from the file /run/pw'],
  },
  {
    name: 'a scope is narrowed',
    declared: { secrets: [{ ...secret, scope: shop }] },
    actual: { secrets: [{ name: 'pw', scope: shops }] },
    steps: ['~ secret pw: scope = applications shop, cart in non-production → application shop in non-production'],
  },
  {
    name: 'a scope written in another order is the same',
    declared: { secrets: [{ ...secret, scope: { ...shops, applications: ['cart', 'shop'] } }] },
    actual: { secrets: [{ name: 'pw', scope: shops }] },
    steps: [],
  },
  {
    name: 'a connector that is missing is created',
    declared: { connectors: [{ ...connector, selectors: ['DC1', 'b', 'dc1'] }] },
    actual: { secrets: [{ name: 'pw' }] },
    steps: [
      '+ connector dev: url = https://sn.example/, authentication.kind = basic, authentication.username = u, authentication.password = the secret pw, selectors = b, dc1',
    ],
  },
  {
    name: 'a connector whose name is there in another case is renamed',
    declared: { connectors: [{ ...connector, name: 'Dev' }] },
    actual: { secrets: [{ name: 'pw' }], connectors: [stored] },
    steps: ['~ connector dev: name = dev → Dev'],
  },
  {
    name: 'a connector that is as declared is left alone',
    declared: { connectors: [{ ...connector, skipValidation: true }] },
    actual: { secrets: [{ name: 'pw' }], connectors: [stored] },
    steps: [],
  },
  {
    name: 'a connector is changed where it differs',
    declared: { connectors: [{ ...connector, selectors: ['dc1'], url: 'https://sn.example/x' }] },
    actual: { secrets: [{ name: 'pw' }], connectors: [stored] },
    steps: ['~ connector dev: url = https://sn.example/ → https://sn.example/x/, selectors = none → dc1'],
  },
  {
    name: 'a connector that logs in by a kind of a later version is changed, too',
    declared: { secrets: [secret], connectors: [connector] },
    actual: {
      secrets: [{ name: 'pw' }],
      connectors: [{ ...stored, authentication: { kind: 'mutual-tls', certificate: { secret: 'c' }, odd: 1 } }],
    },
    steps: [
      '~ connector dev: authentication.kind = mutual-tls → basic, authentication.username = u, authentication.password = the secret pw, authentication.certificate = the secret c → nothing, authentication.odd = 1 → nothing',
    ],
  },
  {
    name: 'tokens that are missing are made',
    declared: {
      apiTokens: [{ ...apiToken, scope: shop, expires: '365d' }],
      delegateTokens: [delegateToken, { ...delegateToken, name: 'dc2', expires: '90d' }],
    },
    actual: {},
    steps: [
      '+ api-token ci: role = pipeline, scope = application shop in non-production, expires = in 365d',
      '+ delegate-token dc1: expires = never',
      '+ delegate-token dc2: expires = in 90d',
    ],
  },
  {
    name: 'a token that is there is left alone, whenever it expires',
    declared: {
      apiTokens: [{ ...apiToken, scope: shop, expires: '1d' }],
      delegateTokens: [{ ...delegateToken, expires: '1d' }],
    },
    actual: {
      apiTokens: [{ name: 'ci', role: 'pipeline', scope: shop, expiresAt: later }],
      delegateTokens: [{ name: 'dc1' }],
    },
    steps: [],
  },
  {
    name: 'all of it goes in the order in which one needs the other',
    declared: {
      delegateTokens: [delegateToken],
      apiTokens: [apiToken],
      connectors: [{ ...connector, authentication: { kind: 'api-key', apiKey: { secret: 'new' } } }],
      secrets: [{ name: 'new', at, valueFrom: fromEnv }],
    },
    actual: {},
    steps: [
      '+ secret new: value = from the variable PW',
      '+ connector dev: url = https://sn.example/, authentication.kind = api-key, authentication.apiKey = the secret new, selectors = none',
      '+ api-token ci: role = pipeline, scope = all applications in all environments, expires = never',
      '+ delegate-token dc1: expires = never',
    ],
  },
];

describe('a plan', () => {
  it.each(rows)('$name', ({ declared, actual, updateSecrets = false, steps }) => {
    const { steps: planned, refusals } = plan(declared, actual, updateSecrets);
    expect(refusals).toEqual([]);
    expect(
      planned.map(({ action, kind, name, changes }) => {
        const told = changes.map(
          ({ property, from, to }) => `${property} = ${from === undefined ? '' : `${from} → `}${to}`,
        );
        return `${action === 'create' ? '+' : '~'} ${kind} ${name}: ${told.join(', ')}`;
      }),
    ).toEqual(steps);
  });

  it.each<[string, Partial<Declared>, Partial<Actual>, string]>([
    ['a secret is missing and nothing says its value', { secrets: [secret] }, {}, 'secret "pw" is missing'],
    [
      'a scope would be widened',
      { secrets: [{ ...secret, scope: shops }] },
      { secrets: [{ name: 'pw', scope: shop }] },
      'secret "pw" is limited to application shop in non-production, and a scope is never widened',
    ],
    [
      'a connector uses a secret that is not there',
      { connectors: [connector] },
      {},
      'connector "dev" uses the secret "pw", which is neither there nor declared',
    ],
    [
      'a token has another role and scope',
      { apiTokens: [apiToken] },
      { apiTokens: [{ name: 'ci', role: 'admin', scope: shop }] },
      'API token "ci" has the role admin and not pipeline, and the scope application shop in non-production and not all applications in all environments',
    ],
    [
      'a token was revoked',
      { apiTokens: [apiToken] },
      { apiTokens: [{ name: 'ci', role: 'pipeline', revokedAt: before }] },
      `API token "ci" was revoked at ${before}`,
    ],
    [
      'a token has expired',
      { delegateTokens: [delegateToken] },
      { delegateTokens: [{ name: 'dc1', expiresAt: before }] },
      `delegate token "dc1" expired at ${before}`,
    ],
    [
      'a secret is there in another case',
      { secrets: [{ ...secret, name: 'PW' }] },
      { secrets: [{ name: 'pw' }] },
      'secret "PW" is there as "pw"',
    ],
    [
      'a token is there in another case',
      { apiTokens: [{ ...apiToken, name: 'CI' }] },
      { apiTokens: [{ name: 'ci', role: 'pipeline' }] },
      'API token "CI" is there as "ci"',
    ],
    [
      'a delegate token is there in another case',
      { delegateTokens: [{ ...delegateToken, name: 'DC1' }] },
      { delegateTokens: [{ name: 'dc1' }] },
      'delegate token "DC1" is there as "dc1"',
    ],
  ])('is refused when %s', (_name, declared, actual, message) => {
    const { steps, refusals } = plan(declared, actual);
    expect(steps).toEqual([]);
    expect(refusals).toEqual([
      { at, message: expect.stringContaining(message), remedy: expect.stringMatching(/^(Give|Store|Declare) /) },
    ]);
  });

  it('names what is unchanged, what is not declared, and whose values could not be compared', () => {
    const { unchanged, undeclared, keptValues } = plan(
      { secrets: [{ ...secret, valueFrom: fromEnv }], connectors: [connector], delegateTokens: [delegateToken] },
      {
        secrets: [{ name: 'pw' }, { name: 'old' }],
        connectors: [stored, { ...stored, name: 'other' }],
        apiTokens: [{ name: 'ci' }, { name: 'gone', revokedAt: before }],
        delegateTokens: [{ name: 'dc1' }],
      },
    );
    expect(unchanged).toEqual([
      { kind: 'secret', name: 'pw' },
      { kind: 'connector', name: 'dev' },
      { kind: 'delegate-token', name: 'dc1' },
    ]);
    expect(undeclared).toEqual([
      { kind: 'secret', name: 'old' },
      { kind: 'connector', name: 'other' },
      { kind: 'api-token', name: 'ci' },
    ]);
    expect(keptValues).toEqual(['pw']);
  });
});
