import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type RunningManager,
  runCli,
  startDelegate,
  startManager,
  startSimulatorProcess,
} from '../support/programs.ts';

describe('every operation on an instance, with the command alone', () => {
  const owned = new AsyncDisposableStack();
  let manager: RunningManager;
  let simulatorUrl: string;

  const run = (args: readonly string[], options: { input?: string; token?: string } = {}) =>
    runCli(args, {
      env: { ...manager.clientEnv, ...(options.token === undefined ? {} : { TICKETGATE_TOKEN: options.token }) },
      ...(options.input === undefined ? {} : { input: options.input }),
    });

  /** Must succeed; answers with what stood on standard output. */
  const done = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(args);
    expect(code, stderr).toBe(0);
    return stdout;
  };

  const create = (table: string, ...more: readonly string[]) =>
    done('ticket', 'create', '--connector', 'sn', '--table', table, ...more);

  const control = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${simulatorUrl}/simulator/${path}`, {
      ...{ method: 'PUT', headers, body: JSON.stringify(body) },
    });
    expect(answer.status).toBe(200);
  };

  const numberIn = (text: string): string => /[A-Z]+\d{7}/.exec(text)?.[0] ?? '';

  beforeAll(async () => {
    const [simulator, started] = await Promise.all([startSimulatorProcess(), startManager()]);
    owned.use(simulator);
    manager = owned.use(started);
    simulatorUrl = simulator.url;
    const token = (await done('delegate-token', 'create', 'site')).trim();
    owned.use(await startDelegate({ manager: manager.url, token, name: 'north', tags: [] }));
    const secrets = { password: 'integration-password', client: 'simulator-client-secret', key: 'simulator-api-key' };
    for (const [name, input] of Object.entries(secrets))
      expect((await run(['secret', 'set', name, '--from-stdin'], { input })).code).toBe(0);
    await done('connector', 'add', 'sn', '--url', simulatorUrl, '--username', 'integration', '--secret', 'password');
  }, 60_000);

  afterAll(() => owned.disposeAsync());

  it('logs in by OAuth and by an API key as by a password', async () => {
    const at = ['--url', simulatorUrl];
    const byClient = ['--auth', 'oauth-client-credentials', '--client-id', 'simulator-client', '--secret', 'client'];
    expect(await done('connector', 'add', 'oauth', ...at, ...byClient)).toContain('✓ credentials');
    expect(await done('connector', 'add', 'key', ...at, '--auth', 'api-key', '--secret', 'key')).toContain(
      '✓ credentials',
    );
    const made = await done('ticket', 'create', '--connector', 'oauth', '--table', 'incident', '--field', 'Urgency=3');
    expect(made).toMatch(/✓ INC\d{7}/);
  });

  it('creates by labels, by template and by change type, and opens where the links lead', async () => {
    const incident = await create('incident', '--field', 'Short description=Disk', '--field', 'Urgency=1 - High');
    expect(incident).toContain('1 - High (1)');
    const [link = ''] = /http\S+/.exec(incident) ?? [];
    const page = await fetch(link);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(numberIn(incident));
    const standard = await create('change_request', '--change-type', 'standard', '--template', 'Restart web servers');
    expect(standard).toContain('Restart web servers');
    const emergency = await create('change_request', '--change-type', 'emergency', '--field', 'short_description=Now');
    expect(emergency).toMatch(/✓ CHG\d{7}/);
  });

  it('updates the change tasks of a change, and names the states that a change may go to', async () => {
    const env = await create('change_request', '--field', 'short_description=Many', '--format', 'env');
    const number = /^TICKET_NUMBER=(\S+)$/m.exec(env)?.[1] ?? '';
    for (const type of ['implementation', 'testing'])
      await create('change_task', '--change-request', number, '--field', `change_task_type=${type}`);
    const updated = await done('ticket', 'update-many', number, '--connector', 'sn', '--field', 'work_notes=Deployed');
    expect(updated.match(/✓ CTASK\d{7} {2}updated/g)).toHaveLength(2);
    const where = ['--connector', 'sn', '--table', 'change_request'];
    const moved = await run(['ticket', 'update', number, ...where, '--field', 'state=Closed']);
    expect(moved.code).toBe(1);
    expect(moved.stderr).toContain('may go only to Assess (-4), Canceled (4) now');
    expect(moved.stderr).toContain('code: state-illegal');
  });

  it('loads an import set row by row, and fails for the row that ServiceNow refuses', async () => {
    const input = JSON.stringify([{ u_key: 'a', u_title: 'One' }, { u_key: 'b' }]);
    const args = ['import', '--connector', 'sn', '--table', 'u_release_import', '--json', '-'];
    const { code, stdout, stderr } = await run(args, { input });
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toMatch(/✓ row 1 loaded, ISET\d+/);
    expect(`${stdout}${stderr}`).toContain('Mandatory field missing: u_title');
    expect(stderr).toContain('code: import-row-failed');
  });

  it.each(['commit-then-500', 'commit-then-reset'])(
    'creates one ticket under %s, and the log tells of the look-up (trap 7)',
    async (mode) => {
      await control('faults', { mode, remaining: 1, method: 'POST' });
      const { id } = JSON.parse(await create('change_request', '--field', `short_description=${mode}`, '--json'));
      expect(await done('task', 'show', id)).toContain(`looking for correlation id ticketgate-${id}`);
      const answer = await fetch(`${simulatorUrl}/simulator/tables/change_request`);
      const { rows } = (await answer.json()) as { rows: { short_description: string }[] };
      const made = rows.filter((row) => row.short_description === mode);
      expect(made).toHaveLength(1);
    },
  );

  it('names the field that ServiceNow ignored', async () => {
    const number = numberIn(await create('incident', '--field', 'short_description=Old'));
    await control('settings', { unwritableFields: ['task.short_description', 'incident.short_description'] });
    const where = ['--connector', 'sn', '--table', 'incident'];
    const { code, stderr } = await run(['ticket', 'update', number, ...where, '--field', 'short_description=New']);
    await control('settings', { unwritableFields: [] });
    expect(code).toBe(1);
    expect(stderr).toContain('did not apply short_description (short_description: sent "New", the record holds "Old"');
  });

  it('refuses a connector outside of the scope of a token, when it submits and when it asks why', async () => {
    const production = ['--application', 'shop', '--environment', 'production'];
    const stored = await run(['secret', 'set', 'production', '--from-stdin', ...production], {
      input: 'integration-password',
    });
    expect(stored.code, stored.stderr).toBe(0);
    const login = ['--username', 'integration', '--secret', 'production'];
    await done('connector', 'add', 'production', '--url', simulatorUrl, ...login);
    const scope = ['--application', 'shop', '--environment', 'non-production'];
    const token = (await done('api-token', 'create', 'ci', '--role', 'pipeline', ...scope)).trim();
    const submitted = ['ticket', 'create', '--connector', 'production', '--table', 'incident', '--field', 'state=1'];
    for (const args of [submitted, ['why', '--type', 'ticket.create', '--connector', 'production']]) {
      const { code, stderr } = await run(args, { token });
      expect(code).toBe(4);
      expect(stderr).toContain('connector "production" is for application shop in production');
      expect(stderr).toContain('the token "ci" is for application shop in non-production');
    }
  });
});
