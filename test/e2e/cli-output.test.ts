import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startCli, startManager } from '../support/programs.ts';

const executable = fileURLToPath(new URL('../../bin/ticketgate.js', import.meta.url));

describe('the command', () => {
  it('goes on quietly to its own exit code when nobody reads its output any more', async () => {
    const child = spawn(process.execPath, [executable, 'ticket', 'create', '--help'], { stdio: 'pipe' });
    child.stdout.destroy();
    const [told, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([exitCode, told]).toEqual([0, '']);
  });

  it('tells at Ctrl-C that the task that it followed goes on, and exits with 130', async () => {
    await using manager = await startManager();
    const env = { ...manager.clientEnv, TICKETGATE_CONNECTOR: 'sn', TICKETGATE_TABLE: 'incident' };
    await using secret = startCli(['secret', 'set', 'pw', '--from-stdin'], { env, input: 'x' });
    await secret.result;
    const connector = ['--url', 'https://sn.example.com', '--username', 'u', '--secret', 'pw', '--skip-validation'];
    await using add = startCli(['connector', 'add', 'sn', ...connector], { env });
    await add.result;
    await using cli = startCli(['ticket', 'show', 'INC0010001'], { env });
    await cli.said('waits for a delegate');
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.result;
    expect(code, stderr).toBe(130);
    const [id] = /tsk_\w+/.exec(stderr) ?? [];
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      `… task ${id} goes on; "ticketgate task show ${id}" tells how it ends, "ticketgate task cancel ${id}" stops it`,
    );
  }, 60_000);
});
