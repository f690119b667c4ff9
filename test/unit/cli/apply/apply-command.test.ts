import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiError, UnreachableError } from '../../../../cli/api-errors.ts';
import { type Answer, runCommand, type Sent } from '../command-world.ts';

const now = '2026-01-31T12:00:00.000Z';

/** Keeps what it is given, as a manager does. */
function makeManager(fail: (sent: Sent) => void = () => {}): Answer {
  const stores: Record<string, Map<string, object>> = {
    secrets: new Map(),
    connectors: new Map(),
    'api-tokens': new Map(),
    'delegate-tokens': new Map(),
  };
  return (sent) => {
    const { method, path, body } = sent;
    const [, kind = '', encoded] = path.split('/');
    const store = stores[kind] ?? new Map();
    if (method === 'GET') return { items: [...store.values()] };
    fail(sent);
    const given = body as { name?: string };
    const name = encoded === undefined ? (given.name ?? '') : decodeURIComponent(encoded);
    const { value: _, ...shown } = { ...store.get(name), ...given, name } as Record<string, unknown>;
    const stored = { ...shown, id: `id-${name}`, createdAt: now, updatedAt: now, usedBy: [] };
    store.set(name, stored);
    return kind.endsWith('-tokens') ? { ...stored, token: `tg_${name}_text` } : stored;
  };
}

const text = `
secrets:
  - name: password
    scope: { applications: [shop], environments: [non-production] }
    valueFrom: { env: SNOW_PASSWORD }
  - name: key
    valueFrom: { file: key.txt }
connectors:
  - name: dev
    url: https://sn.example
    authentication: { kind: basic, username: integration, password: { secret: password } }
    selectors: [dc1]
  - name: untested
    url: https://other.example/
    authentication: { kind: api-key, apiKey: { secret: key } }
    skipValidation: true
apiTokens:
  - { name: ci, role: pipeline, expires: 365d }
delegateTokens:
  - { name: dc1 }
`;

const env = { SNOW_PASSWORD: 's3cret' };
const writes = (sent: readonly Sent[]) => sent.filter(({ method }) => method !== 'GET');

describe('apply', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ticketgate-test-apply-'));
    file = join(folder, 'gate.yaml');
    writeFileSync(file, text);
    writeFileSync(join(folder, 'key.txt'), 'k3y\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes what is declared, in order, shows each token once, and finds nothing to change afterwards', async () => {
    const answer = makeManager();
    const first = await runCommand(['apply', '-f', file], { answer, env });
    expect(first.code, first.stderr).toBe(0);
    const ci = { name: 'ci', role: 'pipeline', expires: '365d' };
    expect(writes(first.sent)).toEqual([
      {
        method: 'PUT',
        path: '/secrets/password',
        body: { value: 's3cret', scope: { applications: ['shop'], environments: ['non-production'] } },
      },
      { method: 'PUT', path: '/secrets/key', body: { value: 'k3y' } },
      {
        method: 'POST',
        path: '/connectors',
        query: {},
        body: {
          name: 'dev',
          baseUrl: 'https://sn.example/',
          authentication: { kind: 'basic', username: 'integration', password: { secret: 'password' } },
          selectors: ['dc1'],
        },
      },
      expect.objectContaining({ path: '/connectors', query: { skipValidation: true } }),
      { method: 'POST', path: '/api-tokens', body: ci },
      { method: 'POST', path: '/delegate-tokens', body: { name: 'dc1' } },
    ]);
    expect(first.stdout).toContain('+ connector dev\n    url                      https://sn.example/\n');
    expect(first.stdout).toContain('✓ api-token ci made; its text is shown this once:\ntg_ci_text\n');
    expect(first.stdout).toMatch(/✓ 6 created, 0 changed, 0 unchanged\n$/);
    expect(first.stdout + first.stderr).not.toMatch(/s3cret|k3y/);

    const second = await runCommand(['apply', '-f', file, '--verbose'], { answer });
    expect([second.code, writes(second.sent)]).toEqual([0, []]);
    expect(second.stdout).toBe(
      '= secret password\n= secret key\n= connector dev\n= connector untested\n= api-token ci\n= delegate-token dc1\n' +
        '! not compared, since values are never shown: password, key; --update-secrets writes them anew\n' +
        '✓ nothing to change, 6 unchanged\n',
    );
  });

  it('shows with --dry-run what it would do, without the values, and does nothing', async () => {
    const { code, stdout, sent } = await runCommand(['apply', '-f', file, '--dry-run'], { answer: makeManager() });
    expect([code, writes(sent)]).toEqual([0, []]);
    expect(stdout).toContain('+ secret password\n    value  from the variable SNOW_PASSWORD\n');
    expect(stdout).toMatch(/\n6 to create, 0 to change, 0 unchanged; nothing was done\n$/);
  });

  it('changes a connector, with old and new beside each other', async () => {
    const answer = makeManager();
    await runCommand(['apply', '-f', file], { answer, env });
    writeFileSync(file, text.replace('[dc1]', '[dc2]'));
    const { code, stdout, sent } = await runCommand(['apply', '-f', file], { answer, env });
    expect(code).toBe(0);
    expect(writes(sent)).toMatchObject([{ method: 'PUT', path: '/connectors/dev', body: { selectors: ['dc2'] } }]);
    expect(stdout).toContain('~ connector dev\n    selectors  dc1 → dc2\n');
    expect(stdout).toMatch(/✓ 0 created, 1 changed, 5 unchanged\n$/);
  });

  it('writes the values of secrets anew only with --update-secrets', async () => {
    const answer = makeManager();
    await runCommand(['apply', '-f', file], { answer, env });
    const { sent } = await runCommand(['apply', '-f', file, '--update-secrets'], {
      answer,
      env: { SNOW_PASSWORD: 'n3w' },
    });
    expect(writes(sent).map(({ path, body }) => [path, body])).toEqual([
      ['/secrets/password', { value: 'n3w' }],
      ['/secrets/key', { value: 'k3y' }],
    ]);
  });

  it('changes nothing when a value cannot be had', async () => {
    rmSync(join(folder, 'key.txt'));
    const { code, stderr, sent } = await runCommand(['apply', '-f', file], { answer: makeManager() });
    expect([code, writes(sent)]).toEqual([1, []]);
    expect(stderr).toContain(
      `✗ ${file}:3: the value of secret "password" cannot be had: the variable SNOW_PASSWORD is`,
    );
    expect(stderr).toContain(`✗ ${file}:6: the value of secret "key" cannot be had: ENOENT`);
    expect(stderr).toMatch(/nothing was changed\n$/);
  });

  it('changes nothing when a part of it is refused, also under --dry-run', async () => {
    writeFileSync(file, text.replace('    valueFrom: { env: SNOW_PASSWORD }\n', ''));
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr, sent } = await runCommand(['apply', '-f', file, ...more], { answer: makeManager(), env });
      expect([code, writes(sent)]).toEqual([1, []]);
      expect(stderr).toContain('secret "password" is missing');
    }
  });

  it('says after a failure what was done and what was not, and goes on when run again', async () => {
    let refuses = true;
    const problem = { status: 422, code: 'connector-test-failed', detail: 'its test failed: 401', remedy: 'Log in.' };
    const answer = makeManager(({ path }) => {
      if (refuses && path === '/connectors') throw new ApiError(problem);
    });
    const failed = await runCommand(['apply', '-f', file], { answer, env });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(
      '✗ connector dev:\n  ✗ its test failed: 401\n    remedy: Log in.\n    code: connector-test-failed\n' +
        'done before: secret password, secret key\n' +
        'not done: connector dev, connector untested, api-token ci, delegate-token dc1\n',
    );
    refuses = false;
    const again = await runCommand(['apply', '-f', file], { answer, env });
    expect(again.stdout).toMatch(/✓ 4 created, 0 changed, 2 unchanged\n$/);
  });

  it('says what to do about a token of which it is not known whether it was made', async () => {
    const answer = makeManager(({ path }) => {
      if (path === '/api-tokens') throw new UnreachableError('reset', 'Try again.', true);
    });
    const { code, stderr } = await runCommand(['apply', '-f', file], { answer, env });
    expect(code).toBe(3);
    expect(stderr).toContain('not done: delegate-token dc1\n');
    expect(stderr).toContain(
      'not known whether it was done: api-token ci; if it is listed (ticketgate api-token list)',
    );
  });

  it('prints one document with --json, with the tokens that were made also after a failure', async () => {
    const answer = makeManager(({ path }) => {
      if (path === '/delegate-tokens')
        throw new ApiError({ status: 403, code: 'role-insufficient', detail: 'no', remedy: 'Ask.' });
    });
    const { code, stdout } = await runCommand(['apply', '-f', file, '--json'], { answer, env });
    expect(code).toBe(4);
    const document = JSON.parse(stdout);
    expect(document.error).toMatchObject({ code: 'role-insufficient' });
    expect(document.steps.map(({ name, state, token }: Record<string, string>) => [name, state, token])).toEqual([
      ['password', 'done', undefined],
      ['key', 'done', undefined],
      ['dev', 'done', undefined],
      ['untested', 'done', undefined],
      ['ci', 'done', 'tg_ci_text'],
      ['dc1', 'failed', undefined],
    ]);
    const planned = await runCommand(['apply', '-f', file, '--json', '--dry-run'], { answer: makeManager() });
    expect(JSON.parse(planned.stdout).steps[0]).toEqual({
      kind: 'secret',
      name: 'password',
      action: 'create',
      changes: [
        { property: 'value', to: 'from the variable SNOW_PASSWORD' },
        { property: 'scope', to: 'application shop in non-production' },
      ],
      state: 'planned',
    });
  });

  it('reads the YAML files of a folder, several files, and standard input', async () => {
    const nested = join(folder, 'more');
    mkdirSync(nested);
    writeFileSync(join(nested, 'b.yml'), 'delegateTokens: [{ name: b }]');
    writeFileSync(join(nested, 'a.yaml'), 'delegateTokens: [{ name: a }]');
    writeFileSync(join(nested, 'notes.txt'), 'not: declared');
    const { sent, code } = await runCommand(['apply', '-f', nested, '-f', '-'], {
      answer: makeManager(),
      input: 'delegateTokens: [{ name: c }]',
    });
    expect(code).toBe(0);
    expect(writes(sent).map(({ body }) => body)).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    expect(sent.filter(({ method }) => method === 'GET').map(({ path }) => path)).toEqual(['/delegate-tokens']);
  });

  it('lists what is not declared when asked, and deletes nothing', async () => {
    const answer = makeManager();
    await runCommand(['apply', '-f', file], { answer, env });
    writeFileSync(file, 'delegateTokens: [{ name: dc1 }]');
    const { stdout, sent } = await runCommand(['apply', '-f', file, '--show-undeclared'], { answer });
    expect(stdout).toContain('? connector dev is not declared, and stays\n');
    expect(writes(sent)).toEqual([]);
  });

  it('is wrong usage without a file, with one that cannot be read, and with faults in it', async () => {
    expect((await runCommand(['apply'])).stderr).toContain('✗ -f is missing');
    expect((await runCommand(['apply', '-f', '/nowhere'])).stderr).toContain('-f /nowhere cannot be read: ENOENT');
    writeFileSync(file, 'delegateTokens:\n- { nam: a }');
    const { code, stderr, sent } = await runCommand(['apply', '-f', file]);
    expect([code, sent]).toEqual([2, []]);
    expect(stderr).toBe(
      `✗ ${file}:2: delegateTokens[0] lacks name\n✗ ${file}:2: delegateTokens[0] has unknown properties: nam\n` +
        '  remedy: Correct what the faults name; nothing was changed.\n',
    );
    rmSync(file);
    rmSync(join(folder, 'key.txt'));
    expect((await runCommand(['apply', '-f', folder])).stderr).toContain('no file in it whose name ends with .yaml');
  });
});
