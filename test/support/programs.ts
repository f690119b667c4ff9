import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const executable = fileURLToPath(new URL('../../bin/ticketgate.js', import.meta.url));
const readyTimeoutMs = 25_000;
const endTimeoutMs = 10_000;

type Env = Readonly<Record<string, string | undefined>>;

export interface RunningProgram extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The line that it printed when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** All that it wrote so far. */
  stdout(): string;
  stderr(): string;
  /** Sends a signal and waits for the end; null instead of an exit code when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface RunningManager extends RunningProgram {
  readonly url: string;
  readonly adminToken: string;
  readonly data: string;
  /** What client commands need to find it. */
  readonly clientEnv: Env;
}

/**
 * Starts a manager with an embedded Redis on a free port. Without `data` it gets a directory of its own, which disposal
 * removes; the Redis of a manager that was killed is ended, too. A second start on the same `data` prints no admin token:
 * give it as `adminToken`.
 */
export async function startManager(
  options: { data?: string; env?: Env; args?: readonly string[]; adminToken?: string } = {},
): Promise<RunningManager> {
  const data = options.data ?? (await makeDirectory('manager'));
  const args = ['manager', '--port', '0', '--data', data, '--allow-http', ...(options.args ?? [])];
  const program = await startProgram(args, options.env);
  const url = String(program.ready.url);
  const adminToken = String(program.ready.adminToken ?? options.adminToken ?? options.env?.TICKETGATE_ADMIN_TOKEN);
  return {
    ...program,
    url,
    adminToken,
    data,
    clientEnv: { TICKETGATE_URL: url, TICKETGATE_TOKEN: adminToken },
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      endRedis(program.stderr());
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

/** Calls the API of a manager that runs as a program, as an administrator; answers with the body. */
export function callApi({ url, adminToken }: Pick<RunningManager, 'url' | 'adminToken'>) {
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  return async (method: string, path: string, body?: unknown): Promise<any> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  };
}

export interface RunningDelegate extends RunningProgram {
  readonly delegateId: string;
  readonly data: string;
}

/** Starts a delegate and waits until it is online. */
export async function startDelegate(options: {
  manager: string;
  token: string;
  name: string;
  tags?: readonly string[];
  data?: string;
  env?: Env;
  args?: readonly string[];
}): Promise<RunningDelegate> {
  const { manager, token, name, tags = [] } = options;
  const data = options.data ?? (await makeDirectory('delegate'));
  const args = ['delegate', '--manager', manager, '--name', name, '--data', data, ...(options.args ?? [])];
  const env = { TICKETGATE_TOKEN: token, TICKETGATE_TAGS: tags.join(','), ...options.env };
  const program = await startProgram(args, env);
  return {
    ...program,
    delegateId: String(program.ready.delegateId),
    data,
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

/** Starts a simulator as a program of its own; test/support/simulator.ts starts one inside the test. */
export async function startSimulatorProcess(
  options: { env?: Env; args?: readonly string[] } = {},
): Promise<RunningProgram & { readonly url: string }> {
  const program = await startProgram(['simulate', '--port', '0', ...(options.args ?? [])], options.env);
  return { ...program, url: String(program.ready.url) };
}

export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly result: Promise<CliResult>;
  /** Waits until standard error holds a text. */
  said(wanted: string): Promise<void>;
}

/** Runs a `ticketgate` command to its end. */
export async function runCli(args: readonly string[], options: { env?: Env; input?: string } = {}): Promise<CliResult> {
  await using cli = startCli(args, options);
  return await cli.result;
}

/** Starts a `ticketgate` command that something is to happen to while it runs. */
export function startCli(args: readonly string[], { env, input }: { env?: Env; input?: string } = {}): RunningCli {
  const child = spawn(process.execPath, [executable, ...args], { env: cleanEnv(env), stdio: 'pipe' });
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const result = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([stdout, stderr]) => ({ code: child.exitCode, stdout, stderr }),
  );
  return {
    child,
    result,
    said: (wanted) => textIn(child.stderr, wanted),
    [Symbol.asyncDispose]: async () => {
      // A demo has programs of its own to end.
      await endChild(child, 'SIGTERM');
    },
  };
}

async function startProgram(args: readonly string[], env: Env | undefined): Promise<RunningProgram> {
  const child = spawn(process.execPath, [executable, ...args, '--json'], {
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      written[name] += chunk;
    });
  const ended = once(child, 'exit').then(() => undefined);
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const waited = once(timeout, 'abort').then(() => undefined);
  await Promise.race([textIn(child.stdout, '\n'), ended, waited]);
  const [line = ''] = written.stdout.split('\n');
  if (line === '') {
    await endChild(child, 'SIGKILL');
    throw new Error(`ticketgate ${args.join(' ')} did not become ready:\n${written.stderr}`);
  }
  return {
    pid: child.pid ?? 0,
    child,
    ready: JSON.parse(line) as Record<string, unknown>,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    end: (signal) => endChild(child, signal),
    [Symbol.asyncDispose]: async () => {
      await endChild(child, 'SIGTERM');
    },
  };
}

/** Ends a child if it still runs; one that does not heed the signal is killed. */
async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
  await exited;
  clearTimeout(killer);
  return child.exitCode;
}

/** A manager that was killed leaves its Redis to the next one on the same directory; after a test there is none. */
function endRedis(log: string): void {
  const pid = /"pid":(\d+)[^\n]*"embedded redis is up"/.exec(log)?.[1];
  if (pid === undefined) return;
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It ended with its manager, as it should.
  }
}

function textIn(stream: NodeJS.ReadableStream, wanted: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = '';
  const onData = (chunk: Buffer | string) => {
    seen += String(chunk);
    if (!seen.includes(wanted)) return;
    stream.off('data', onData);
    resolve();
  };
  stream.on('data', onData);
  return promise;
}

/** The settings of whoever runs the tests must not steer the programs under test. */
function cleanEnv(more: Env = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TICKETGATE_'));
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...more };
}

function makeDirectory(program: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `ticketgate-test-${program}-`));
}
