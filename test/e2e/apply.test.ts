import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type RunningManager,
  runCli,
  startDelegate,
  startManager,
  startSimulatorProcess,
} from '../support/programs.ts';

const onTable = ['--connector', 'sn', '--table', 'change_request'];

describe('a set-up that is declared in a file', () => {
  const owned = new AsyncDisposableStack();
  let manager: RunningManager;
  let simulatorUrl: string;
  let folder: string;

  const run = (args: readonly string[], more: Record<string, string> = {}) =>
    runCli(args, { env: { ...manager.clientEnv, ...more } });

  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  const connectors = (username: string) => `
secrets:
  - { name: sn-password, valueFrom: { env: SN_PASSWORD } }
connectors:
  - name: sn
    url: ${simulatorUrl}
    authentication: { kind: basic, username: ${username}, password: { secret: sn-password } }
    selectors: [dc1]
`;

  beforeAll(async () => {
    const [simulator, started] = await Promise.all([startSimulatorProcess(), startManager()]);
    owned.use(simulator);
    manager = owned.use(started);
    simulatorUrl = simulator.url;
    folder = await mkdtemp(join(tmpdir(), 'ticketgate-test-apply-'));
    owned.defer(() => rm(folder, { recursive: true }));
    const tokens = await write('tokens.yaml', 'delegateTokens: [{ name: site, expires: 1d }]');
    const made = await run(['apply', '-f', tokens, '--json']);
    expect(made.code, made.stderr).toBe(0);
    const { token } = JSON.parse(made.stdout).steps[0];
    owned.use(await startDelegate({ manager: manager.url, token, name: 'north', tags: ['dc1'] }));
  }, 60_000);

  afterAll(() => owned.disposeAsync());

  it('is made with its test, found unchanged by a second run, and kept when a change does not pass its test', async () => {
    const file = await write('gate.yaml', connectors('integration'));
    const password = { SN_PASSWORD: 'integration-password' };
    const first = await run(['apply', '-f', file], password);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/✓ 2 created, 0 changed, 0 unchanged\n$/);
    const second = await run(['apply', '-f', file]);
    expect([second.code, second.stdout]).toEqual([0, expect.stringMatching(/✓ nothing to change, 2 unchanged\n$/)]);
    await write('gate.yaml', connectors('stranger'));
    const changed = await run(['apply', '-f', file]);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('was not changed; it is as before, since its test failed');
    expect(changed.stderr).toContain('code: connector-test-failed');
    expect((await run(['connector', 'show', 'sn'])).stdout).toContain('basic as integration');
  });

  it('creates a ticket with a text of several lines, and gives it to the next step as variables', async () => {
    const notes = await write('notes.txt', 'one\n@two\\n\n');
    const fields = ['--field', 'short_description=Deploy', '--field', `description=@${notes}`];
    const created = await run(['ticket', 'create', ...onTable, ...fields, '--format', 'env']);
    expect(created.code, created.stderr).toBe(0);
    const variables = new URLSearchParams(created.stdout.trim().replaceAll('\n', '&'));
    const show = ['ticket', 'show', variables.get('TICKET_NUMBER') ?? '', ...onTable, '--fields', 'description'];
    const [ticket] = JSON.parse((await run([...show, '--json'])).stdout).outcome.result.tickets;
    expect(ticket.sysId).toBe(variables.get('TICKET_SYS_ID'));
    expect(ticket.fields.description.value).toBe('one\n@two\\n');
  });
});
