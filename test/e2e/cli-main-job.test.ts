import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type RunningManager,
  runCli,
  startCli,
  startDelegate,
  startManager,
  startSimulatorProcess,
} from '../support/programs.ts';

const password = 'integration-password';
const onTable = ['--connector', 'sn', '--table', 'change_request'];

describe('the main job, by hand, with the command alone', () => {
  const owned = new AsyncDisposableStack();
  let manager: RunningManager;
  let simulatorUrl: string;

  const run = (args: readonly string[], input?: string) =>
    runCli(args, { env: manager.clientEnv, ...(input === undefined ? {} : { input }) });

  const createChange = async (description: string): Promise<string> => {
    const created = await run(['ticket', 'create', ...onTable, '--field', `short_description=${description}`]);
    expect(created.code, created.stderr).toBe(0);
    return /CHG\d+/.exec(created.stdout)?.[0] ?? '';
  };

  const startGate = async (number: string): Promise<string> => {
    const criteria = ['--approve', 'approval = approved', '--reject', 'approval = rejected', '--every', '1s'];
    const started = await run(['approval', 'start', ...onTable, '--ticket', number, ...criteria]);
    expect(started.code, started.stderr).toBe(0);
    expect(started.stderr).toContain('waits for Ada Approver');
    return started.stdout.trim();
  };

  const decide = async (number: string, decision: 'approve' | 'reject') => {
    const answer = await fetch(`${simulatorUrl}/simulator/changes/${number}/${decision}`, { method: 'POST' });
    expect(answer.status).toBe(200);
  };

  beforeAll(async () => {
    const [simulator, started] = await Promise.all([
      startSimulatorProcess(),
      startManager({ args: ['--shortest-poll', '1s'] }),
    ]);
    owned.use(simulator);
    manager = owned.use(started);
    simulatorUrl = simulator.url;
    const token = (await run(['delegate-token', 'create', 'site', '--expires', '1d'])).stdout.trim();
    owned.use(await startDelegate({ manager: manager.url, token, name: 'north', tags: ['dc1'] }));
    expect((await run(['secret', 'set', 'sn-password', '--from-stdin'], `${password}\n`)).code).toBe(0);
    const connector = ['--url', simulatorUrl, '--username', 'integration', '--secret', 'sn-password'];
    const added = await run(['connector', 'add', 'sn', ...connector, '--selectors', 'dc1']);
    expect(added.code, added.stderr).toBe(0);
    expect(added.stdout).toContain('✓ credentials: the credentials of integration are accepted');
  }, 60_000);

  afterAll(() => owned.disposeAsync());

  it('tests a connector, and shows each finding with its remedy', async () => {
    const tested = await run(['connector', 'test', 'sn']);
    expect(tested.code, tested.stderr).toBe(0);
    expect(tested.stdout).toContain('✓ instance: a live instance answers');
    expect(tested.stdout).toMatch(/\? roles: .*\n {4}remedy: /);
    expect(tested.stdout).toContain('tested by north');
  });

  it('opens a gate that a person approves: wait exits with 0 and prints the evidence', async () => {
    const number = await createChange('Approved by a person');
    const id = await startGate(number);
    await using waiting = startCli(['approval', 'wait', id], { env: manager.clientEnv });
    await waiting.said('waits for Ada Approver');
    await decide(number, 'approve');
    const { code, stdout } = await waiting.result;
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`approval ${id} approved`);
    expect(stdout).toContain('because: approval = approved');
    expect(stdout).toContain('seen by delegate north');
  });

  it('waits on elsewhere when the one that waited was killed', async () => {
    const number = await createChange('Waited for twice');
    const id = await startGate(number);
    await using first = startCli(['approval', 'wait', id], { env: manager.clientEnv });
    await first.said('waits for Ada Approver');
    first.child.kill('SIGKILL');
    expect((await first.result).code).toBeNull();
    await using second = startCli(['approval', 'wait', id], { env: manager.clientEnv });
    await second.said('waits for Ada Approver');
    await decide(number, 'approve');
    const { code, stdout } = await second.result;
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(`approval ${id} approved`);
  });

  it('keeps a gate closed that a person rejects: wait exits with 10', async () => {
    const number = await createChange('Rejected by a person');
    const id = await startGate(number);
    await decide(number, 'reject');
    const { code, stdout } = await run(['approval', 'wait', id, '--json']);
    expect(code, stdout).toBe(10);
    expect(JSON.parse(stdout)).toMatchObject({ id, state: 'rejected', evidence: { rule: 'approval = rejected' } });
  });

  it('says at once when a gate cannot work, and wait exits with 13', async () => {
    const started = await run([
      'approval',
      'start',
      ...onTable,
      '--ticket',
      'CHG0999999',
      '--approve',
      'state = Scheduled',
    ]);
    expect(started.code).toBe(1);
    expect(started.stderr).toContain('there is no change_request CHG0999999');
    expect(started.stderr).toContain('code: ticket-not-found');
    expect((await run(['approval', 'wait', started.stdout.trim()])).code).toBe(13);
  });

  it('answers a cancelled gate with 12', async () => {
    const id = await startGate(await createChange('Cancelled'));
    expect((await run(['approval', 'cancel', id])).code).toBe(0);
    expect((await run(['approval', 'wait', id])).code).toBe(12);
  });

  it('creates one ticket for one idempotency key, and updates and shows it', async () => {
    const create = ['ticket', 'create', ...onTable, '--field', 'short_description=Once', '--idempotency-key', 'run-1'];
    const first = JSON.parse((await run([...create, '--json'])).stdout);
    const second = JSON.parse((await run([...create, '--json'])).stdout);
    expect(second.id).toBe(first.id);
    const { number, sysId } = first.outcome.result.ticket;
    const updated = await run([
      'ticket',
      'update',
      sysId,
      ...onTable,
      '--field',
      'description=Line 1\nLine 2, with a comma',
    ]);
    expect(updated.code, updated.stderr).toBe(0);
    const shown = await run(['ticket', 'show', number, ...onTable, '--fields', 'description,approval']);
    expect(shown.stdout).toContain('Line 1\\nLine 2, with a comma');
    expect(shown.stdout).toContain('Requested (requested)');
  });

  it('tells which selector nobody holds, and who was considered, before and after it gave up', async () => {
    const selectors = ['--selectors', 'dc9', '--pick-up', '3s'];
    const { code, stderr } = await run([
      'ticket',
      'create',
      ...onTable,
      '--field',
      'short_description=x',
      ...selectors,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('waits for a delegate');
    expect(stderr).toContain(
      'no delegate holds the selector "dc9" (the nearest is "dc1"); considered: north (lacks "dc9")',
    );
    expect(stderr).toContain('code: no-eligible-delegate');
    const dryRun = await run(['why', '--type', 'ticket.create', '--selectors', 'dc9']);
    expect(dryRun.stdout).toContain('no delegate holds the selector "dc9"');
  });

  it('lists what there is, as documents with --json', async () => {
    const lists = [
      ['secret', 'list'],
      ['connector', 'list'],
      ['delegate-token', 'list'],
      ['api-token', 'list'],
    ];
    for (const command of [...lists, ['delegates'], ['tasks'], ['approval', 'list']]) {
      const { code, stdout } = await run([...command, '--json']);
      expect(code).toBe(0);
      expect(JSON.parse(stdout).items.length, command.join(' ')).toBeGreaterThan(0);
      expect(stdout).not.toContain(password);
    }
  });

  it('exits with 2 for wrong usage, and says what to do', async () => {
    for (const [args, said] of [
      [['ticket', 'create', '--connector', 'sn'], '--table is missing: give the flag, or set TICKETGATE_TABLE'],
      [['ticket', 'create', ...onTable], '--field is missing'],
      [['ticket', 'create', ...onTable, '--field', 'nonsense'], 'expected column=value'],
      [['ticket', 'craete'], "unknown command 'craete'"],
      [['approval', 'wait'], "missing required argument 'ID'"],
      [['why'], 'give the id of a task, or --type'],
      [['manager', '--port', 'x'], '--port: expected a whole number from 0 to 65535'],
    ] as const) {
      const { code, stdout, stderr } = await run(args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toContain(said);
    }
  });

  it('exits with 4 for a wrong token or a lesser role', async () => {
    const wrong = await runCli(['tasks'], { env: { ...manager.clientEnv, TICKETGATE_TOKEN: 'wrong' } });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toContain('code: token-unknown');
    const viewer = (await run(['api-token', 'create', 'ci', '--role', 'viewer', '--expires', '1d'])).stdout.trim();
    const refused = await runCli(['secret', 'rm', 'sn-password'], {
      env: { ...manager.clientEnv, TICKETGATE_TOKEN: viewer },
    });
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('this needs the role admin');
  });

  it('exits with 3 when no manager answers', async () => {
    const url = `http://127.0.0.1:${await findClosedPort()}`;
    const { code, stdout, stderr } = await runCli(['tasks', '--json', '--url', url]);
    expect(code).toBe(3);
    expect(stderr).toContain(`the manager at ${url} cannot be reached`);
    expect(JSON.parse(stdout).error.code).toBe('manager-unreachable');
  });
});

describe('waiting for an approval', () => {
  it('outlives a restart of the manager, and says so once', async () => {
    await using simulator = await startSimulatorProcess();
    const port = String(await findClosedPort());
    await using first = await startManager({ args: ['--port', port] });
    const run = (args: readonly string[], input?: string) =>
      runCli(args, { env: first.clientEnv, ...(input === undefined ? {} : { input }) });
    const token = (await run(['delegate-token', 'create', 'site'])).stdout.trim();
    await using _delegate = await startDelegate({ manager: first.url, token, name: 'north' });
    await run(['secret', 'set', 'pw', '--from-stdin'], password);
    const connector = ['--url', simulator.url, '--username', 'integration', '--secret', 'pw'];
    expect((await run(['connector', 'add', 'sn', ...connector])).code).toBe(0);
    const created = await run(['ticket', 'create', ...onTable, '--field', 'short_description=x', '--json']);
    const { number } = JSON.parse(created.stdout).outcome.result.ticket;
    const gate = ['--ticket', number, '--approve', 'approval = approved', '--every', '10s'];
    const id = (await run(['approval', 'start', ...onTable, ...gate])).stdout.trim();

    await using waiting = startCli(['approval', 'wait', id], { env: first.clientEnv });
    await waiting.said('not yet: approval = approved');
    const away = waiting.said('cannot be reached');
    await first.end('SIGTERM');
    await away;
    await fetch(`${simulator.url}/simulator/changes/${number}/approve`, { method: 'POST' });
    await using _second = await startManager({
      data: first.data,
      args: ['--port', port],
      adminToken: first.adminToken,
    });
    const { code, stdout, stderr } = await waiting.result;
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`approval ${id} approved`);
    expect(stderr.split('trying again').length).toBe(2);
    expect(stderr).toContain('the manager answers again');
  }, 60_000);
});

/** A port that was free just now, so that nobody answers on it. */
async function findClosedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
