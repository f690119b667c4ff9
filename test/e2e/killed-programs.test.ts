import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/directory.ts';
import { type RunningDelegate, type RunningManager, runCli, startDelegate, startManager } from '../support/programs.ts';
import { type RunningSimulator, startSimulator } from '../support/simulator.ts';

const password = 'integration-password';

interface Task {
  readonly id: string;
  readonly state: string;
  readonly attempts: readonly unknown[];
  readonly outcome?: { readonly kind: string; readonly result?: { readonly ticket: { readonly number: string } } };
}

async function cli(manager: RunningManager, args: readonly string[], input?: string): Promise<void> {
  const { code, stderr } = await runCli(args, { env: manager.clientEnv, ...(input === undefined ? {} : { input }) });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
}

async function call(manager: RunningManager, method: string, path: string, body?: unknown): Promise<Task> {
  const response = await fetch(`${manager.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${manager.adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Task;
}

/** A delegate and a connector to the simulator. */
async function prepare(manager: RunningManager, simulator: RunningSimulator, data?: string): Promise<RunningDelegate> {
  const created = await call(manager, 'POST', '/delegate-tokens', { name: 'site' });
  const { token } = created as unknown as { token: string };
  const delegate = await startDelegate({
    manager: manager.url,
    token,
    name: 'd1',
    tags: ['dc1'],
    ...(data === undefined ? {} : { data }),
  });
  await cli(manager, ['secret', 'set', 'snow', '--from-stdin'], password);
  await cli(manager, [
    'connector',
    'add',
    'snow',
    '--url',
    simulator.url,
    '--username',
    'integration',
    '--secret',
    'snow',
  ]);
  return delegate;
}

function submitCreate(manager: RunningManager): Promise<Task> {
  const params = { table: 'change_request', fields: { short_description: 'deploy through a crash' } };
  return call(manager, 'POST', '/tasks', { type: 'ticket.create', connector: 'snow', params });
}

/** Waits until ServiceNow has committed the ticket. */
async function committed(simulator: RunningSimulator): Promise<void> {
  await expect.poll(() => ticketsOf(simulator), { timeout: 15_000 }).toHaveLength(1);
}

async function ticketsOf(simulator: RunningSimulator): Promise<string[]> {
  const rows = await simulator.rows('change_request');
  return rows
    .filter(({ short_description }) => short_description === 'deploy through a crash')
    .map(({ number }) => String(number));
}

describe('a manager that is killed while a task runs', () => {
  it.each([
    { moment: 'ServiceNow is still working on the request', fault: { mode: 'slow', delayMs: 3_000 } as const },
    {
      moment: 'ServiceNow has created the ticket and does not answer',
      fault: { mode: 'commit-then-hang', remaining: 1 } as const,
    },
  ])(
    'and started again ends the task, once, with one ticket: $moment',
    async ({ fault }) => {
      await using simulator = await startSimulator();
      await using directory = await temporaryDirectory();
      const env = { TICKETGATE_ADMIN_TOKEN: 'admin-token-of-this-test' };
      const port = await freePort();
      const start = () => startManager({ data: directory.path, env, args: ['--port', String(port), '--settle', '2s'] });
      await using killed = await start();
      await using delegate = await prepare(killed, simulator);
      await simulator.setFault(fault);
      const { id } = await submitCreate(killed);
      if (fault.mode === 'commit-then-hang') await committed(simulator);
      else await expect.poll(async () => (await call(killed, 'GET', `/tasks/${id}`)).state).toBe('running');
      await killed.end('SIGKILL');
      await using manager = await start();
      await simulator.setFault({ mode: 'none' });
      const task = await call(manager, 'GET', `/tasks/${id}?waitMs=60000`);
      expect(task).toMatchObject({ state: 'succeeded', outcome: { kind: 'succeeded' } });
      expect(await ticketsOf(simulator)).toEqual([task.outcome?.result?.ticket.number]);
      expect(delegate.stderr()).not.toContain(password);
    },
    90_000,
  );
});

describe('a delegate that is killed after ServiceNow has created the ticket', () => {
  it('leaves one ticket, which the next attempt finds', async () => {
    await using simulator = await startSimulator();
    await using directory = await temporaryDirectory();
    await using manager = await startManager({ args: ['--settle', '2s'] });
    await using delegate = await prepare(manager, simulator, directory.path);
    await simulator.setFault({ mode: 'commit-then-hang', remaining: 1 });
    const { id } = await submitCreate(manager);
    await committed(simulator);
    await delegate.end('SIGKILL');
    await simulator.setFault({ mode: 'none' });
    const { token } = (await call(manager, 'POST', '/delegate-tokens', { name: 'again' })) as unknown as {
      token: string;
    };
    await using _next = await startDelegate({
      manager: manager.url,
      token,
      name: 'd1',
      tags: ['dc1'],
      data: directory.path,
    });
    const task = await call(manager, 'GET', `/tasks/${id}?waitMs=60000`);
    expect(task).toMatchObject({ state: 'succeeded', outcome: { result: { created: false } } });
    expect(task.attempts).toHaveLength(2);
    expect(await ticketsOf(simulator)).toEqual([task.outcome?.result?.ticket.number]);
  }, 90_000);
});

describe('what is written down', () => {
  it('never holds a password or a token: Redis, logs, the data directory', async () => {
    await using simulator = await startSimulator();
    await using directory = await temporaryDirectory();
    await using manager = await startManager({ data: directory.path, args: ['--log-level', 'trace'] });
    await using delegate = await prepare(manager, simulator);
    const { id } = await submitCreate(manager);
    await call(manager, 'GET', `/tasks/${id}?waitMs=30000`);
    await simulator.setFault({ mode: 'login-page' });
    await call(manager, 'POST', '/connectors/snow/test');
    const written = new Map([
      ['the log of the manager', manager.stderr()],
      ['the log of the delegate', delegate.stderr()],
    ]);
    for (const name of await readdir(directory.path, { recursive: true, withFileTypes: true }))
      if (name.isFile() && name.name !== 'admin-token') {
        const path = join(name.parentPath, name.name);
        written.set(path, await readFile(path, 'latin1'));
      }
    const appendOnly = [...written.keys()].filter((path) => path.includes('appendonlydir'));
    expect(appendOnly.map((path) => written.get(path)?.includes(id))).toContain(true);
    for (const [where, text] of written) {
      expect({ where, found: text.includes(password) }).toEqual({ where, found: false });
      expect({ where, found: text.includes(manager.adminToken) }).toEqual({ where, found: false });
      expect({ where, found: text.includes(Buffer.from(`integration:${password}`).toString('base64')) }).toEqual({
        where,
        found: false,
      });
    }
  }, 60_000);
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
