import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import type { Failure } from '#protocol/failure.ts';
import type { Finding } from '#protocol/finding.ts';
import { taskTypes } from '#protocol/task-types.ts';
import { compileCheck } from '#protocol/validation.ts';
import { certificate, privateKey } from '../../support/certificate.ts';
import { startSimulator } from '../../support/simulator.ts';
import { startFront } from './front.ts';
import { failureOf, openWorld, sendHtml, sendJson, startOddServer, successOf, type TaskWorld } from './task-world.ts';

const checkResult = compileCheck(taskTypes['connection.test'].result);

/** What a test that failed had found, which must have the form of a result. */
function foundUntil({ partialResult }: Failure): Finding[] {
  const checked = checkResult(partialResult);
  if ('faults' in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.value.findings;
}

function as(world: TaskWorld, username: string, password: string) {
  const { baseUrl } = world.context().target;
  return world.context({ target: { baseUrl, authentication: { kind: 'basic', username, password } } });
}

async function findingsOf(world: TaskWorld, context = world.context()): Promise<Finding[]> {
  return successOf(await world.handlers['connection.test']({}, context)).result.findings;
}

function brief(findings: readonly Finding[]): string[] {
  return findings.map(({ probe, status }) => `${probe} ${status}`);
}

function tables(findings: readonly Finding[]): Record<string, string> {
  const reads = findings.filter(({ probe }) => probe === 'table-read');
  return Object.fromEntries(reads.map(({ message, status }) => [/table (\w+)/.exec(message)?.[1], status]));
}

function about(findings: readonly Finding[], probe: string): Finding | undefined {
  return findings.find((finding) => finding.probe === probe);
}

async function startFullInstance(settings = {}) {
  const simulator = await startSimulator(settings);
  for (const table of ['change_request', 'incident', 'problem', 'sysapproval_approver', 'sys_journal_field'])
    simulator.world.insert(table, {}, 'system');
  return simulator;
}

describe('testing a connection', () => {
  it('passes what it can prove and says unknown where the instance does not tell (traps 3 and 8)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { result } = successOf(await world.handlers['connection.test']({}, world.context()));
    expect(result.user).toBe('integration');
    expect(brief(result.findings)).toEqual([
      'reach passed',
      'instance passed',
      'credentials passed',
      'roles unknown',
      'import-roles unknown',
      'table-read unknown',
      'table-read unknown',
      'table-read unknown',
      'table-read unknown',
      'table-read unknown',
      'table-read passed',
      'table-write unknown',
      'clock passed',
      'time-zone passed',
      'speed passed',
    ]);
    for (const { status, remedy } of result.findings) expect(remedy === undefined).toBe(status === 'passed');
    const byText = (findings: readonly Finding[]) => findings.map((finding) => JSON.stringify(finding)).sort();
    expect(byText(world.told)).toEqual(byText(result.findings));
    expect(brief(world.told.slice(0, 3))).toEqual(['reach passed', 'instance passed', 'credentials passed']);
    expect(about(result.findings, 'time-zone')?.message).toBe("the user's time zone is Europe/Berlin");
  });

  it('sends a dozen requests at most, a token included', async () => {
    await using simulator = await startFullInstance();
    await using world = openWorld(simulator.url);
    const { baseUrl } = world.context().target;
    const client = { clientId: 'simulator-client', clientSecret: 'simulator-client-secret' };
    const authentication = { kind: 'oauth-client-credentials', ...client } as const;
    await findingsOf(world, world.context({ target: { baseUrl, authentication } }));
    expect((await simulator.requests()).total).toBeLessThanOrEqual(12);
  });

  it('knows an administrator, and the tables that it can read', async () => {
    await using simulator = await startFullInstance();
    await using world = openWorld(simulator.url);
    const findings = await findingsOf(world, as(world, 'admin', 'admin-password'));
    expect(brief(findings.filter(({ status }) => status !== 'passed'))).toEqual(['table-write unknown']);
    expect(tables(findings)).toEqual({
      change_request: 'passed',
      incident: 'passed',
      problem: 'passed',
      sysapproval_approver: 'passed',
      sys_journal_field: 'passed',
      sys_choice: 'passed',
    });
  });

  it.each([
    [
      'an instance in its own words',
      '{"error":{"message":"Insufficient rights","detail":null},"status":"failure"}',
      true,
    ],
    ['a proxy with a page', '<html><title>Access denied</title></html>', false],
    ['a gateway with other JSON', '{"message":"Forbidden"}', false],
  ])('takes a 403 for accepted credentials only when it is said by an instance: %s', async (_who, body, accepted) => {
    await using simulator = await startSimulator();
    await using front = await startFront(simulator.url, (request, response) => {
      if (request.headers.authorization === undefined || !request.url?.includes('/table/task?')) return false;
      response.writeHead(403, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/html' }).end(body);
      return true;
    });
    await using world = openWorld(front.url);
    const ended = await world.handlers['connection.test']({}, world.context());
    if (accepted) return expect(about(successOf(ended).result.findings, 'credentials')?.status).toBe('passed');
    const { failure } = failureOf(ended);
    expect(failure).toMatchObject({
      code: 'servicenow-forbidden',
      remedy: expect.stringContaining('between the delegate'),
    });
    expect(about(foundUntil(failure), 'credentials')).toMatchObject({ status: 'failed' });
  });

  it('names what a user with the role itil alone lacks', async () => {
    await using simulator = await startFullInstance({ roleReads: 'own', journalReads: 'forbidden' });
    await using world = openWorld(simulator.url);
    const findings = await findingsOf(world, as(world, 'itil_only', 'itil-password'));
    expect(about(findings, 'roles')).toMatchObject({
      status: 'warning',
      message: 'for tickets the user lacks personalize_choices, which only filtering sys_choice needs; it has itil',
    });
    expect(about(findings, 'import-roles')).toMatchObject({ status: 'warning' });
    expect(tables(findings)).toMatchObject({ incident: 'passed', sys_journal_field: 'warning', sys_choice: 'passed' });
  });

  it('says that labels of choices cannot be resolved only where forms are not told either', async () => {
    await using simulator = await startFullInstance({ roleReads: 'own', uiMeta: 'absent' });
    await using world = openWorld(simulator.url);
    const findings = await findingsOf(world, as(world, 'itil_only', 'itil-password'));
    const choices = findings.find(({ message }) => message.includes('table sys_choice'));
    expect(choices).toMatchObject({ status: 'warning', remedy: expect.stringContaining('personalize_choices') });
  });

  it('passes the roles of a user with itil and personalize_choices', async () => {
    await using simulator = await startFullInstance({ roleReads: 'own' });
    await using world = openWorld(simulator.url);
    expect(about(await findingsOf(world), 'roles')).toMatchObject({ status: 'passed' });
  });

  it('names the switch of a table that is closed to web services before any role', async () => {
    await using simulator = await startFullInstance({ closedTables: ['incident'] });
    await using world = openWorld(simulator.url);
    const closed = (await findingsOf(world)).find(({ message }) => message.includes('table incident'));
    expect(closed).toMatchObject({
      status: 'warning',
      remedy: expect.stringMatching(/^Tick "Allow access to this table via web services" of table incident/),
    });
  });

  it('knows the role for import sets', async () => {
    await using simulator = await startSimulator({ roleReads: 'own' });
    await using world = openWorld(simulator.url);
    const findings = await findingsOf(world);
    expect(about(findings, 'import-roles')?.message).toBe('for import sets the user has import_transformer');
  });

  it('warns of tables whose rows a user without roles does not see (trap 8)', async () => {
    await using simulator = await startFullInstance({ roleReads: 'empty' });
    await using world = openWorld(simulator.url);
    const findings = await findingsOf(world, as(world, 'noroles', 'noroles-password'));
    expect(about(findings, 'roles')).toMatchObject({ status: 'unknown' });
    expect(tables(findings)).toEqual({
      change_request: 'warning',
      incident: 'warning',
      problem: 'warning',
      sysapproval_approver: 'warning',
      sys_journal_field: 'warning',
      sys_choice: 'passed',
    });
    expect(about(findings, 'ticket-read')).toMatchObject({
      status: 'warning',
      message: 'this user can read no tickets: no change, incident or problem is shown to it',
    });
  });

  it('looks the user up by the name that was given where the instance does not tell who it is (trap 2)', async () => {
    await using simulator = await startSimulator({ roleReads: 'own' });
    await using odd = await startOddServer((request, response) => {
      if (request.url?.includes('current_user')) {
        sendJson(response, 404, { error: { message: 'Requested URI does not represent any resource', detail: null } });
        return;
      }
      fetch(`${simulator.url}${request.url}`, {
        headers: request.headers.authorization ? { authorization: request.headers.authorization } : {},
      })
        .then(async (answer) => sendJson(response, answer.status, await answer.json()))
        .catch(() => response.destroy());
    });
    await using world = openWorld(odd.url);
    const { result } = successOf(await world.handlers['connection.test']({}, world.context()));
    expect(result.user).toBe('integration');
    expect(about(result.findings, 'roles')).toMatchObject({ status: 'passed' });
    for (const { url } of odd.requests) expect(url).not.toContain('javascript');
  });

  it('warns of a clock that is off', async () => {
    await using simulator = await startSimulator({ clockSkewSeconds: -600 });
    await using world = openWorld(simulator.url);
    const clock = about(await findingsOf(world), 'clock');
    expect(clock).toMatchObject({ status: 'warning' });
    expect(clock?.message).toMatch(/^the instance's clock is (599|600|601) s behind the delegate's$/);
  });

  it('warns of answers that take over 5 s, and names them', async () => {
    await using simulator = await startSimulator();
    const { clock } = openWorld('http://unused').context();
    // Time runs a hundred times faster for the delegate.
    await using world = openWorld(simulator.url, {
      clock: { ...clock, monotonicMs: () => clock.monotonicMs() * 100 },
    });
    await simulator.setFault({ mode: 'slow', delayMs: 80, path: '/table/task' });
    const speed = about(await findingsOf(world), 'speed');
    expect(speed).toMatchObject({ status: 'warning' });
    expect(speed?.message).toMatch(/took over 5 s: .*api\/now\/table\/task [\d.]+ s/);
  });

  it('fails by a time-out when no answer comes', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url, { reachTimeoutMs: 200 });
    await simulator.setFault({ mode: 'slow', delayMs: 10_000, path: '/table/task' });
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure.code).toBe('servicenow-timeout');
    expect(brief(foundUntil(failure))).toEqual(['reach passed', 'instance passed', 'credentials failed']);
  });

  it.each([
    ['hibernating', 'servicenow-hibernating'],
    ['login-page', 'servicenow-login-page'],
    ['maintenance', 'servicenow-maintenance'],
    ['bad-gateway', 'servicenow-maintenance'],
    ['unavailable-reset', 'servicenow-reset'],
    ['rate-limited', 'servicenow-rate-limited'],
  ] as const)('fails by what is there instead of a live instance: %s', async (mode, code) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode });
    const ended = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(ended).toMatchObject({ sideEffect: false, failure: { code } });
    const [last, ...before] = foundUntil(ended.failure).toReversed();
    expect(last).toMatchObject({ status: 'failed', message: ended.failure.message, remedy: ended.failure.remedy });
    for (const { status } of before) expect(status).toBe('passed');
  });

  it.each([
    ['integration', 'wrong-password'],
    ['locked', 'locked-password'],
  ])(
    'fails by refused credentials of %s, lists the causes and guesses none (traps 40 and 41)',
    async (username, password) => {
      await using simulator = await startSimulator({ unauthorizedWording: '2026' });
      await using world = openWorld(simulator.url);
      const { failure } = failureOf(await world.handlers['connection.test']({}, as(world, username, password)));
      expect(failure.code).toBe('servicenow-unauthenticated');
      expect(failure.remedy).toMatch(
        /check in this order: the user name and the password; .*locked out; .*snc_basic_auth_api_access.*multi-factor/,
      );
      expect(brief(foundUntil(failure))).toEqual(['reach passed', 'instance passed', 'credentials failed']);
      expect((await simulator.requests()).total).toBe(2);
    },
  );

  it('knows by its header that multi-factor log-in is demanded (trap 40)', async () => {
    await using server = await startOddServer((request, response) => {
      if (request.headers.authorization !== undefined) response.setHeader('X-MFA_TOKEN', 'invalid');
      sendJson(response, 401, {
        error: { message: 'User is not authenticated', detail: 'Required to provide Auth information' },
      });
    });
    await using world = openWorld(server.url);
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure).toMatchObject({
      code: 'servicenow-unauthenticated',
      message: expect.stringContaining('X-MFA_TOKEN'),
    });
    expect(failure.remedy).toContain('integration user');
  });

  it('knows a limit without headers, too (trap 45)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode: 'busy', path: '/table/task' });
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure.code).toBe('servicenow-rate-limited');
    expect(failure).not.toHaveProperty('retryAfterMs');
  });

  it.each([
    ['another page', (response: Parameters<typeof sendHtml>[0]) => sendHtml(response, 200, '<title>Portal</title>')],
    ['other JSON', (response: Parameters<typeof sendJson>[0]) => sendJson(response, 200, { ok: true })],
    ['404 with a page', (response: Parameters<typeof sendHtml>[0]) => sendHtml(response, 404, '<h1>Not found</h1>')],
    ['404 with JSON', (response: Parameters<typeof sendJson>[0]) => sendJson(response, 404, {})],
  ])('says that %s is no ServiceNow instance, and sends it no credentials', async (_, answer) => {
    await using server = await startOddServer((_request, response) => answer(response));
    await using world = openWorld(server.url);
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(failure.remedy).toMatch(/^What answers there is no ServiceNow instance/);
    expect(brief(foundUntil(failure))).toEqual(['reach passed', 'instance failed']);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('names who issued a certificate that is not trusted, and where the CA goes; it sends nothing', async () => {
    let requests = 0;
    const server = createServer({ cert: certificate, key: privateKey }, (_request, response) => {
      requests += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await using world = openWorld(`https://localhost:${port}`);
    const { failure } = failureOf(await world.handlers['connection.test']({}, world.context()));
    await new Promise((resolve) => server.close(resolve));
    expect(failure).toMatchObject({ code: 'servicenow-tls', remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS=') });
    expect(failure.message).toContain('was issued by "Example Interception CA, Example"');
    expect(brief(foundUntil(failure))).toEqual(['reach failed']);
    expect(requests).toBe(0);
  });

  it('says that it was stopped when it was, and keeps what it had found', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const stop = new AbortController();
    await using server = await startOddServer((request, response) => {
      if (request.headers.authorization !== undefined) return stop.abort();
      sendJson(response, 401, { error: { message: 'User Not Authenticated', detail: '' } });
    });
    const target = { ...world.context().target, baseUrl: `${server.url}/` };
    const ended = failureOf(
      await world.handlers['connection.test']({}, world.context({ target, signal: stop.signal })),
    );
    expect(ended.failure.code).toBe('task-timeout');
    expect(brief(foundUntil(ended.failure))).toEqual(['reach passed', 'instance passed']);
  });

  it('fails as unreachable where nothing listens', async () => {
    const server = await startOddServer(() => {});
    await server[Symbol.asyncDispose]();
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(ended.failure).toMatchObject({ code: 'servicenow-unreachable', retry: 'other-delegate' });
    expect(ended.failure.message).toContain('ECONNREFUSED');
    expect(ended.failure.remedy).toMatch(/^Nothing listens at that port/);
  });

  it('reads users only with a list of fields (trap 62)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await world.handlers['connection.test']({}, world.context()));
    const { recent } = await simulator.requests();
    const users = recent.filter(({ path }) => path.includes('/table/sys_user'));
    expect(users.length).toBeGreaterThan(0);
    for (const { query } of users) expect(query).toContain('sysparm_fields=');
  });
});
