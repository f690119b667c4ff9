import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { approvalStates } from '#protocol/approval.ts';
import { ApiError, UnreachableError } from '../../../cli/api-errors.ts';
import { makeApproval, makeTask, makeTicket, runCommand } from './command-world.ts';

const created = makeTask({
  state: 'succeeded',
  outcome: { kind: 'succeeded', result: { ticket: makeTicket(), created: true, warnings: ['u_note was empty'] } },
});

const createArgs = ['ticket', 'create', '--connector', 'sn', '--table', 'change_request', '--field', 'a=b'];

describe('options', () => {
  const directories: string[] = [];
  const configFile = (text: string) => {
    const directory = mkdtempSync(join(tmpdir(), 'ticketgate-test-config-'));
    directories.push(directory);
    const path = join(directory, 'config.yaml');
    writeFileSync(path, text);
    return path;
  };
  afterEach(() => {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
  });

  it('come from the flag, else the variable, else the file, else the default', async () => {
    const answer = () => ({ items: [] });
    const path = configFile('url: http://file\ntoken: of-file\nredis-url: redis://other\n');
    const open = async (argv: string[], env: Record<string, string> = {}) =>
      (await runCommand(argv, { answer, env })).opened;
    expect(await open(['tasks'])).toEqual({ url: 'http://127.0.0.1:7420', token: undefined });
    expect(await open(['tasks', '--config', path])).toEqual({ url: 'http://file', token: 'of-file' });
    const env = { TICKETGATE_URL: 'http://variable', TICKETGATE_CONFIG: path };
    expect(await open(['tasks'], env)).toEqual({ url: 'http://variable', token: 'of-file' });
    expect(await open(['tasks', '--url', 'http://flag'], env)).toEqual({ url: 'http://flag', token: 'of-file' });
    expect(await open(['--url', 'http://flag', 'tasks'], env)).toEqual({ url: 'http://flag', token: 'of-file' });
  });

  it('in a file must be settings of some command, and a file must be readable', async () => {
    const unknown = await runCommand(['tasks', '--config', configFile('redis_url: x\n')]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('no such setting: redis_url');
    const missing = await runCommand(['tasks', '--config', '/nowhere.yaml']);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('--config /nowhere.yaml cannot be read: ENOENT');
    expect((await runCommand(['tasks', '--config', configFile('- a\n')])).stderr).toContain('expected a mapping');
  });

  it('refuses a number in the file that would be read as another one, such as a version', async () => {
    for (const [text, at, read] of [
      ['url: http://file\nfield:\n  u_version: 1.10\n', 'line 3, column 14', '1.1:'],
      ['field: { u_version: 1.0 }\n', 'line 1, column 21', '1:'],
      ['field: { u_id: 12345678901234567890 }\n', 'line 1, column 16', '12345678901234567000:'],
    ] as const) {
      const { code, stderr } = await runCommand(['tasks', '--config', configFile(text)]);
      expect(code).toBe(2);
      expect(stderr).toContain(at);
      expect(stderr).toContain(`would be read as ${read} put it in quotes`);
    }
  });

  it('quotes nothing of a file that is no YAML, since a token may stand there', async () => {
    for (const text of ['token: "x"hunter2\n', 'token: *hunter2\n', 'token: `hunter2\n', 'token: "ab\\hunter2"\n']) {
      const { code, stderr } = await runCommand(['tasks', '--config', configFile(text)]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/--config \S+: (line 1, column \d+ is no valid YAML: |its aliases)/);
      expect(stderr).not.toContain('hunter2');
    }
  });

  it('ask for JSON by flag, variable or file', async () => {
    const answer = () => ({ items: [] });
    const isJson = async (argv: string[], env = {}) => (await runCommand(argv, { answer, env })).stdout.startsWith('{');
    expect(await isJson(['tasks'])).toBe(false);
    expect(await isJson(['tasks', '--json'])).toBe(true);
    expect(await isJson(['--json', 'tasks'])).toBe(true);
    expect(await isJson(['tasks'], { TICKETGATE_JSON: 'true' })).toBe(true);
    expect(await isJson(['tasks', '--config', configFile('json: true\n')])).toBe(true);
  });

  it("keep the connector's address apart from the manager's", async () => {
    const args = ['connector', 'add', 'sn', '--username', 'u', '--secret', 's', '--skip-validation'];
    const env = { TICKETGATE_URL: 'http://manager' };
    const without = await runCommand(args, { env });
    expect(without.code).toBe(2);
    expect(without.stderr).toContain('--base-url is missing');
    const now = '2026-01-31T12:00:00.000Z';
    const authentication = { kind: 'basic', username: 'u', password: { secret: 's' } };
    const stored = { id: 'con_1', name: 'sn', baseUrl: 'https://sn.example/', authentication, selectors: [] };
    const { opened, sent, stdout } = await runCommand(
      [...args, '--url', 'https://sn.example', '--selectors', 'dc1,prod'],
      { env, answer: () => ({ ...stored, createdAt: now, updatedAt: now }) },
    );
    expect(stdout).toContain('! not tested');
    expect(opened?.url).toBe('http://manager');
    expect(sent).toMatchObject([
      {
        method: 'POST',
        path: '/connectors',
        query: { skipValidation: true },
        body: {
          name: 'sn',
          baseUrl: 'https://sn.example',
          authentication,
          selectors: ['dc1', 'prod'],
        },
      },
    ]);
  });
});

describe('ticket create', () => {
  it('submits the fields as they are, commas and all, with the caller’s key', async () => {
    const args = [...createArgs, '--field', 'description=x = 1, y', '--idempotency-key', 'k', '--pick-up', '5m'];
    const { code, stdout, stderr, sent } = await runCommand(args, { answer: () => created });
    expect(code).toBe(0);
    expect(stdout).toContain('✓ CHG0030001  https://sn.example/x');
    expect(stdout).toContain('state  New (-5)');
    expect(stderr).toBe('! u_note was empty\n');
    expect(sent).toEqual([
      {
        method: 'POST',
        path: '/tasks',
        query: { waitMs: 2_000 },
        idempotencyKey: 'k',
        body: {
          type: 'ticket.create',
          connector: 'sn',
          selectors: [],
          params: { table: 'change_request', fields: { a: 'b', description: 'x = 1, y' } },
          limits: { pickUp: '5m' },
        },
      },
    ]);
  });

  it('tells why the task waits, then how it ended', async () => {
    const failed = {
      kind: 'failed',
      failure: { code: 'no-eligible-delegate', message: 'nobody', remedy: 'start one', retry: 'never' },
    };
    const { code, stdout, stderr } = await runCommand(createArgs, {
      answer: ({ method, path }) => {
        if (method === 'POST') return makeTask();
        if (path === '/tasks/tsk_1/why')
          return { summary: 'no delegate holds "dc9"', remedy: 'hold it', missingSelectors: [], delegates: [] };
        return makeTask({ state: 'failed', outcome: failed });
      },
    });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('waits for a delegate\n  no delegate holds "dc9"\n    remedy: hold it');
    expect(stderr).toContain('✗ nobody\n  remedy: start one\n  code: no-eligible-delegate\n  task: tsk_1');
  });

  it('repeats a submission that may have arrived only under an idempotency key', async () => {
    const breakOnce = () => {
      let calls = 0;
      return () => {
        calls += 1;
        if (calls === 1) throw new UnreachableError('reset', 'try', true);
        return created;
      };
    };
    const without = await runCommand(createArgs, { answer: breakOnce() });
    expect(without.code).toBe(3);
    expect(without.stderr).toContain('reset; whether the task was taken is not known');
    const within = await runCommand([...createArgs, '--idempotency-key', 'k'], { answer: breakOnce() });
    expect(within.code).toBe(0);
  });
});

describe('ticket update and show', () => {
  const updated = makeTask({
    state: 'succeeded',
    outcome: { kind: 'succeeded', result: { ticket: makeTicket(), warnings: [] } },
  });

  it('tell a sys_id from a number, and clear what is to be empty', async () => {
    const rest = ['--connector', 'sn', '--table', 'change_request'];
    const byNumber = await runCommand(['ticket', 'update', 'CHG1', ...rest, '--field', 'a=1', '--clear', 'b,c'], {
      answer: () => updated,
    });
    expect(byNumber.sent[0]?.body).toMatchObject({
      type: 'ticket.update',
      params: { table: 'change_request', number: 'CHG1', fields: { a: '1', b: null, c: null } },
    });
    const read = makeTask({
      state: 'succeeded',
      outcome: { kind: 'succeeded', result: { tickets: [], missing: ['x'] } },
    });
    const bySysId = await runCommand(['ticket', 'show', 'A'.repeat(32), ...rest], { answer: () => read });
    expect(bySysId.sent[0]?.body).toMatchObject({
      type: 'ticket.read',
      params: { sysIds: ['a'.repeat(32)], fields: ['short_description', 'state'], approvers: true },
    });
    expect(bySysId.code).toBe(1);
  });
});

describe('secret set', () => {
  it('takes the value from standard input or from the terminal, never from an argument', async () => {
    const scope = { applications: 'all', environments: 'all' };
    const answer = () => ({ name: 'pw', scope, createdAt: 'x', updatedAt: 'x', usedBy: [] });
    const piped = await runCommand(['secret', 'set', 'pw', '--from-stdin'], { answer, input: ' s3cret \n' });
    expect(piped.sent[0]).toMatchObject({ method: 'PUT', path: '/secrets/pw', body: { value: ' s3cret ' } });
    const typed = await runCommand(['secret', 'set', 'pw'], { answer, typed: 'geheim' });
    expect(typed.sent[0]?.body).toEqual({ value: 'geheim' });
    expect((await runCommand(['secret', 'set', 'pw', 'value'], { answer })).code).toBe(2);
    const empty = await runCommand(['secret', 'set', 'pw', '--from-stdin'], { answer, input: '\n' });
    expect([empty.code, empty.sent]).toEqual([2, []]);
    expect(piped.stdout + piped.stderr + typed.stdout + typed.stderr).not.toMatch(/s3cret|geheim/);
  });
});

describe('approval', () => {
  const start = ['approval', 'start', '--connector', 'sn', '--table', 'change_request', '--ticket', 'CHG1'];

  it('starts with what was given, prints the id alone, and says how to wait', async () => {
    const args = [...start, '--approve', 'state = Scheduled', '--window', 'start_date,end_date', '--every', '10s'];
    const { code, stdout, stderr, sent } = await runCommand(args, { answer: () => makeApproval() });
    expect([code, stdout]).toEqual([0, 'apr_1\n']);
    expect(stderr).toContain('wait for it with: ticketgate approval wait apr_1');
    expect(sent[0]?.body).toMatchObject({
      number: 'CHG1',
      approve: 'state = Scheduled',
      window: { startField: 'start_date', endField: 'end_date' },
      every: '10s',
    });
    expect((await runCommand([...start, '--approve', 'x', '--window', 'start_date'])).code).toBe(2);
  });

  it('prints the id of what it started though nothing answers any more: the approval goes on', async () => {
    const { lastPolledAt: _, ...fresh } = makeApproval();
    const answer = ({ method }: { method: string }) => {
      if (method === 'POST') return fresh;
      throw new Error('the manager cannot be reached');
    };
    const { code, stdout, stderr } = await runCommand([...start, '--approve', 'state = Scheduled'], { answer });
    expect([code, stdout]).toEqual([0, 'apr_1\n']);
    expect(stderr).toContain('its first reading was not waited for: the manager cannot be reached');
    expect(stderr).toContain('wait for it with: ticketgate approval wait apr_1');
  });

  it('wait exits by how it ended, and with 0 for nothing but approved', async () => {
    const codes: Record<string, number> = {};
    for (const state of approvalStates.filter((name) => name !== 'waiting'))
      codes[state] = (await runCommand(['approval', 'wait', 'apr_1'], { answer: () => makeApproval({ state }) })).code;
    expect(codes).toEqual({ approved: 0, rejected: 10, expired: 11, cancelled: 12, failed: 13 });
  });

  it('wait shows what it waits for, again only when that has changed', async () => {
    const requested = { value: 'requested', displayValue: 'Requested' };
    const waiting = makeApproval({
      waitingBecause: 'not yet: approval = approved',
      current: { approval: requested, sys_id: { value: 'x', displayValue: 'x' } },
      waitingFor: [{ approver: 'Ada', group: 'CAB', state: 'requested', since: '2026-01-31 12:00:00' }],
    });
    const states = [waiting, waiting, makeApproval({ state: 'approved', endedAt: '2026-01-31T12:00:00.000Z' })];
    const { stderr } = await runCommand(['approval', 'wait', 'apr_1'], { answer: () => states.shift() });
    expect(stderr).toBe(
      '… change_request CHG0030001: not yet: approval = approved\n' +
        '  now: approval = Requested (requested)\n' +
        '  waits for Ada (CAB) since 2026-01-31 12:00:00 UTC\n' +
        '  https://sn.example/x\n',
    );
  });

  it('wait that is interrupted says how to go on, and that the approval does', async () => {
    const stop = new AbortController();
    const answer = ({ query }: { query?: unknown }) => {
      if (query) stop.abort();
      return makeApproval();
    };
    const { code, stderr } = await runCommand(['approval', 'wait', 'apr_1'], { answer, interrupt: stop.signal });
    expect(code).toBe(130);
    expect(stderr).toContain('ticketgate approval wait apr_1');
  });

  it('starts with a webhook only if it is signed', async () => {
    const args = [...start, '--approve', 'state = -2', '--webhook-url', 'https://ci.example/hook'];
    expect((await runCommand(args)).code).toBe(2);
    const { sent } = await runCommand([...args, '--webhook-secret', 'hook', '--work-notes'], {
      answer: () => makeApproval(),
    });
    expect(sent[0]?.body).toMatchObject({
      webhook: { url: 'https://ci.example/hook', secret: 'hook' },
      workNotes: true,
    });
  });

  it('exports those that have ended, page by page, as far back as is asked', async () => {
    const ended = (id: string, createdAt: string) => makeApproval({ id, createdAt, state: 'rejected' });
    const pages = [
      {
        items: [makeApproval({ createdAt: '2099-01-01T00:00:00.000Z' }), ended('apr_2', '2099-01-01T00:00:00.000Z')],
        cursor: '1:apr_2',
      },
      { items: [ended('apr_3', '2099-01-01T00:00:00.000Z'), ended('apr_4', '2020-01-01T00:00:00.000Z')] },
    ];
    const { code, stdout } = await runCommand(['approval', 'export', '--since', '1d'], { answer: () => pages.shift() });
    expect(code).toBe(0);
    const ids = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual(['apr_2', 'apr_3']);
  });

  it('wait never exits with 0 when the manager cannot be asked', async () => {
    const answer = () => {
      throw new UnreachableError('away', 'start it', false);
    };
    expect((await runCommand(['approval', 'wait', 'apr_1'], { answer })).code).toBe(3);
  });
});

describe('refusals', () => {
  const problem = { status: 400, code: 'invalid-request', detail: 'the body is wrong', remedy: 'Correct it.' };
  const refuse = (over: object) => () => {
    throw new ApiError({ ...problem, ...over });
  };

  it('exit with 2 for a request that is wrong, with 4 when not allowed, with 1 otherwise', async () => {
    const codes = await Promise.all(
      [400, 401, 403, 404, 409, 422, 503].map(
        async (status) => (await runCommand(['tasks'], { answer: refuse({ status }) })).code,
      ),
    );
    expect(codes).toEqual([2, 4, 4, 1, 1, 1, 1]);
  });

  it('are shown with what, faults with their paths, remedy and code; with --json as a document', async () => {
    const answer = refuse({ faults: [{ path: '/params/table', message: 'must match' }] });
    const { stdout, stderr } = await runCommand(['tasks', '--json'], { answer });
    expect(stderr).toBe(
      '✗ the body is wrong\n  /params/table: must match\n  remedy: Correct it.\n  code: invalid-request\n',
    );
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'invalid-request', remedy: 'Correct it.' });
  });
});

describe('help', () => {
  it('names every command, and tells variables and defaults', async () => {
    const { code, stdout } = await runCommand(['--help']);
    expect(code).toBe(0);
    for (const name of ['demo', 'manager', 'delegate', 'simulate', 'secret', 'connector', 'ticket', 'approval', 'why'])
      expect(stdout).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
    const manager = (await runCommand(['manager', '--help'])).stdout;
    expect(manager).toContain('--redis-url <URL>');
    expect(manager).toMatch(/\(default:\s+7420\)/);
    expect(manager).toContain('--port is TICKETGATE_PORT');
    expect((await runCommand(['--version'])).stdout).toBe('1.2.3\n');
  });
});
