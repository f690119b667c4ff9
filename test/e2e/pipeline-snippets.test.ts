import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryDirectory } from '../support/directory.ts';
import {
  type RunningManager,
  runCli,
  startDelegate,
  startManager,
  startSimulatorProcess,
} from '../support/programs.ts';
import { codeBlocks } from '../unit/docs/markdown-table.ts';
import { readPage } from '../unit/docs/pages.ts';

const page = readPage('docs/pipelines.md');
const [openGate = ''] = codeBlocks(page, 'sh').filter((block) => block.includes('approval start'));
const yaml = codeBlocks(page, 'yaml').map((block) => parse(block) as unknown);
const [jenkins = ''] = codeBlocks(page, 'groovy');
const executable = fileURLToPath(new URL('../../bin/ticketgate.js', import.meta.url));

/** The shell lines of a system's two jobs, and how it takes `gate.env` from one to the other. */
interface System {
  readonly name: string;
  readonly open: string;
  readonly wait: string;
  /** The variables that the second job has of the first. */
  handOver(directory: string, stdout: string): Promise<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: each system has a form of its own
const [github, gitlab, azure] = yaml as any[];

const systems: readonly System[] = [
  {
    name: 'GitHub Actions',
    open: github.jobs['open-gate'].steps[1].run,
    wait: github.jobs['wait-for-gate'].steps[0].run,
    handOver: async (directory) => readVariables(await readFile(join(directory, 'github-output'), 'utf8')),
  },
  {
    name: 'GitLab CI',
    open: gitlab['open-gate'].script.join('\n'),
    wait: gitlab['wait-for-gate'].script.join('\n'),
    handOver: async (directory) => readVariables(await readFile(join(directory, 'gate.env'), 'utf8')),
  },
  {
    name: 'Jenkins',
    open: /sh '(sh open-gate.sh)'/.exec(jenkins)?.[1] ?? '',
    wait: /sh '(\. \.\/gate.*)' }/.exec(jenkins)?.[1] ?? '',
    handOver: async () => ({}),
  },
  {
    name: 'Azure Pipelines',
    open: azure.jobs[0].steps[0].script,
    wait: azure.jobs[1].steps[0].script,
    handOver: async (_directory, stdout) =>
      readVariables(stdout.replaceAll(/^##vso\[task\.setvariable variable=(\w+);isOutput=true\](.*)$/gm, '$1=$2')),
  },
];

async function runShell(script: string, cwd: string, env: Record<string, string | undefined>) {
  const child = spawn('sh', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { status: child.exitCode, stdout, stderr };
}

function readVariables(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
}

describe('the snippets of the page about pipelines', () => {
  const owned = new AsyncDisposableStack();
  let manager: RunningManager;
  let simulatorUrl: string;
  let bin: string;

  beforeAll(async () => {
    const [simulator, started, directory] = await Promise.all([
      startSimulatorProcess(),
      startManager({ args: ['--shortest-poll', '500ms'] }),
      temporaryDirectory(),
    ]);
    owned.use(simulator);
    owned.use(directory);
    manager = owned.use(started);
    simulatorUrl = simulator.url;
    bin = directory.path;
    await writeFile(join(bin, 'ticketgate'), `#!/bin/sh\nexec '${process.execPath}' '${executable}' "$@"\n`);
    await chmod(join(bin, 'ticketgate'), 0o755);
    const run = (args: readonly string[], input = '') => runCli(args, { env: manager.clientEnv, input });
    const token = (await run(['delegate-token', 'create', 'site', '--expires', '1d'])).stdout.trim();
    owned.use(await startDelegate({ manager: manager.url, token, name: 'north' }));
    await run(['secret', 'set', 'pw', '--from-stdin'], 'integration-password\n');
    const connector = ['--url', simulatorUrl, '--username', 'integration', '--secret', 'pw'];
    expect((await run(['connector', 'add', 'dev', ...connector])).code).toBe(0);
  }, 60_000);

  afterAll(() => owned.disposeAsync());

  it.each(systems)(
    'open a gate and wait for it: $name',
    { timeout: 60_000 },
    async ({ name, open, wait, handOver }) => {
      await using directory = await temporaryDirectory();
      const cwd = directory.path;
      await writeFile(join(cwd, 'open-gate.sh'), openGate);
      const env = {
        ...manager.clientEnv,
        PATH: `${bin}:${process.env.PATH}`,
        TICKETGATE_EVERY: '500ms',
        BUILD_NUMBER: name.replaceAll(' ', '-'),
        GITHUB_OUTPUT: join(cwd, 'github-output'),
      };
      const shell = (script: string, more: Record<string, string> = {}) => runShell(script, cwd, { ...env, ...more });
      const opened = await shell(open);
      expect(opened.status, opened.stderr).toBe(0);
      const again = await shell(open);
      expect(again.status, again.stderr).toBe(0);

      const made = readVariables(await readFile(join(cwd, 'gate.env'), 'utf8'));
      expect(made).toMatchObject({
        TICKET_NUMBER: expect.stringMatching(/^CHG/),
        APPROVAL: expect.stringMatching(/^apr_/),
      });
      const handed = await handOver(cwd, again.stdout);
      if (name !== 'Jenkins') expect(handed).toMatchObject(made);
      const decided = await fetch(`${simulatorUrl}/simulator/changes/${made.TICKET_NUMBER}/reject`, { method: 'POST' });
      expect(decided.status).toBe(200);
      const waited = await shell(wait, handed);
      expect(waited.status, waited.stderr).toBe(10);
      expect(waited.stdout).toContain(`approval ${made.APPROVAL} rejected`);
    },
  );
});
