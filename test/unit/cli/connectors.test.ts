import { describe, expect, it } from 'vitest';
import { authenticationOf, SecretRef } from '#protocol/authentication.ts';
import { closed, compileCheck } from '#protocol/validation.ts';
import { ApiError } from '../../../cli/api-errors.ts';
import { makeTask, runCommand } from './command-world.ts';

const now = '2026-01-31T12:00:00.000Z';
const scope = { applications: ['shop'], environments: 'all' };
const basic = { kind: 'basic', username: 'u', password: { secret: 's' } };
const stored = {
  id: 'con_1',
  name: 'sn',
  baseUrl: 'https://sn.example/',
  authentication: basic as object,
  selectors: ['dc1'],
  scope,
  createdAt: now,
  updatedAt: now,
};
const add = ['connector', 'add', 'sn', '--url', 'https://sn.example'];
const checkAuthentication = compileCheck(closed(authenticationOf(SecretRef)));

describe('connector add', () => {
  it.each([
    ['--username u --secret s', basic],
    ['--auth api-key --secret s', { kind: 'api-key', apiKey: { secret: 's' } }],
    [
      '--auth oauth-client-credentials --client-id c --secret s',
      { kind: 'oauth-client-credentials', clientId: 'c', clientSecret: { secret: 's' } },
    ],
    [
      '--auth oauth-password --client-id c --client-secret-name cs --username u --secret s',
      {
        kind: 'oauth-password',
        clientId: 'c',
        clientSecret: { secret: 'cs' },
        username: 'u',
        password: { secret: 's' },
      },
    ],
    [
      '--auth oauth-refresh-token --client-id c --secret s',
      { kind: 'oauth-refresh-token', clientId: 'c', refreshToken: { secret: 's' } },
    ],
  ])('logs in as %s says', async (flags, authentication) => {
    const { sent } = await runCommand([...add, ...flags.split(' ')], { answer: () => stored });
    expect(sent[0]?.body).toMatchObject({ authentication });
    expect(checkAuthentication(authentication)).toHaveProperty('value');
  });

  it.each([
    ['', ['--username is missing: --auth basic needs it', '--secret is missing']],
    ['--auth api-key', ['--secret is missing']],
    ['--auth api-key --secret s --username u', ['--username does not belong to --auth api-key']],
    ['--auth oauth-password --secret s', ['--client-id', '--client-secret-name', '--username is missing']],
    ['--auth ldap', ['expected one of basic, oauth-client-credentials']],
  ])('names the flag that %s lacks or has too many', async (flags, texts) => {
    const { code, stderr, sent } = await runCommand([...add, ...flags.split(' ').filter(Boolean)]);
    expect([code, sent]).toEqual([2, []]);
    for (const text of texts) expect(stderr).toContain(text);
  });

  it('names flags, and no JSON pointers, in what the manager refuses', async () => {
    const faults = [
      { path: '/authentication/password/secret', message: 'must match pattern' },
      { path: '/baseUrl', message: 'carries a query' },
    ];
    const { stderr, code } = await runCommand([...add, '--username', 'u', '--secret', 's'], {
      answer: () => {
        const detail = 'the body is not as it must be: /authentication/password/secret must match pattern';
        throw new ApiError({ status: 400, code: 'invalid-request', detail, remedy: 'r', faults });
      },
    });
    expect(code).toBe(2);
    expect(stderr).toContain('✗ the body is not as it must be: --secret must match pattern\n  --url: carries a query');
    expect(stderr).not.toContain('/authentication');
  });

  it('shows what a test that failed found, each with its remedy', async () => {
    const finding = { probe: 'credentials', status: 'failed', message: '401', remedy: 'check the password' };
    const failure = {
      code: 'servicenow-unauthenticated',
      message: 'refused',
      remedy: 'r',
      retry: 'never',
      partialResult: { findings: [finding] },
    };
    const task = makeTask({ type: 'connection.test', state: 'failed', outcome: { kind: 'failed', failure } });
    const tested = await runCommand(['connector', 'test', 'sn'], { answer: () => task });
    expect(tested.code).toBe(1);
    expect(tested.stdout).toContain('✗ credentials: 401\n      remedy: check the password');
  });
});

describe('connector edit', () => {
  const edit = async (flags: string, before: object = stored) => {
    const { sent, ...rest } = await runCommand(['connector', 'edit', 'sn', ...flags.split(' ').filter(Boolean)], {
      answer: () => before,
    });
    return { put: sent.find(({ method }) => method === 'PUT'), ...rest };
  };
  const { name, baseUrl, authentication, selectors } = stored;

  it('changes what is given and keeps the rest, after a test', async () => {
    const same = { name, baseUrl, authentication, selectors };
    const { put } = await edit('--username v');
    expect(put).toMatchObject({ path: '/connectors/sn', query: {} });
    expect(put?.body).toEqual({ ...same, authentication: { ...basic, username: 'v' } });
    expect((await edit('--url https://other --rename so --skip-validation')).put).toMatchObject({
      query: { skipValidation: true },
      body: { ...same, name: 'so', baseUrl: 'https://other' },
    });
    expect((await edit('--selectors dc2')).put?.body).toEqual({ ...same, selectors: ['dc2'] });
    expect((await edit('--any-delegate')).put?.body).toEqual({ ...same, selectors: [] });
  });

  it('takes empty selectors for none', async () => {
    const { sent } = await runCommand(['connector', 'edit', 'sn', '--selectors', ''], { answer: () => stored });
    expect(sent.at(-1)?.body).toMatchObject({ selectors: [] });
  });

  it.each(['', '--skip-validation'])('asks what to change when nothing is given but "%s"', async (flags) => {
    const { code, stderr, put } = await edit(flags);
    expect([code, put]).toEqual([2, undefined]);
    expect(stderr).toContain('✗ give what to change of the connector');
  });

  it('says from what to what the scope has moved with another secret', async () => {
    const { stdout } = await runCommand(['connector', 'edit', 'sn', '--secret', 'other'], {
      answer: ({ method }) =>
        method === 'PUT' ? { ...stored, scope: { applications: 'all', environments: 'all' } } : stored,
    });
    expect(stdout).toContain(
      '! its scope was application shop in all environments, and is all applications in all environments',
    );
    expect((await edit('--secret other')).stdout).not.toContain('its scope was');
  });

  it('takes over what another kind of authentication has in common, and asks for the rest', async () => {
    const { put } = await edit('--auth oauth-password --client-id c --client-secret-name cs');
    expect(put?.body).toMatchObject({
      authentication: { ...basic, kind: 'oauth-password', clientId: 'c', clientSecret: { secret: 'cs' } },
    });
    const missing = await edit('--auth api-key');
    expect([missing.code, missing.put]).toEqual([2, undefined]);
    expect(missing.stderr).toContain('--secret is missing: --auth api-key needs it');
  });
});

describe('connector list', () => {
  it('tells whom each is for, and since when it fails', async () => {
    const lastTest = makeTask({ type: 'connection.test', state: 'expired', endedAt: now });
    const failing = { ...stored, lastTest, testedSince: '2026-01-30T12:00:00.000Z' };
    const { stdout } = await runCommand(['connector', 'list'], { answer: () => ({ items: [failing, stored] }) });
    expect(stdout).toContain('application shop in all environments');
    expect(stdout).toContain('failing since 2026-01-30 12:00:00 UTC; last 2026-01-31 12:00:00 UTC by nobody');
    expect(stdout).toContain('never');
  });

  it.each([
    [['warning', 'unknown', 'warning', 'passed'], 'passing, 2 warnings since'],
    [['warning'], 'passing, 1 warning since'],
    [['unknown', 'passed'], 'passing since'],
  ])('counts the warnings of a test that passed: %j', async (statuses, standing) => {
    const findings = statuses.map((status) => ({ probe: 'roles', status, message: 'm' }));
    const outcome = { kind: 'succeeded', result: { findings } };
    const lastTest = makeTask({ type: 'connection.test', state: 'succeeded', endedAt: now, outcome });
    const { stdout } = await runCommand(['connector', 'list'], {
      answer: () => ({ items: [{ ...stored, lastTest, testedSince: now }] }),
    });
    expect(stdout).toContain(standing);
  });
});
