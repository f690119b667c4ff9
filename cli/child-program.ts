import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperationError } from './api-errors.ts';

const readyTimeoutMs = 60_000;
const endTimeoutMs = 15_000;
const executable = fileURLToPath(new URL('../bin/ticketgate.js', import.meta.url));

export type Ready = Readonly<Record<string, unknown>>;

/** One of our own programs as a child process; its standard error goes to a file. */
export class ChildProgram {
  readonly name: string;
  readonly logPath: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #firstLine = Promise.withResolvers<string>();
  #printed = '';

  private constructor(name: string, logPath: string, child: ChildProcess) {
    this.name = name;
    this.logPath = logPath;
    this.#child = child;
    this.#exited = once(child, 'exit');
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#printed += text;
      const end = this.#printed.indexOf('\n');
      if (end >= 0) this.#firstLine.resolve(this.#printed.slice(0, end));
    });
  }

  /** Starts `ticketgate …args --json`, in a process group of its own: Ctrl-C must reach it through us alone. */
  static async spawn(spec: {
    name: string;
    args: readonly string[];
    env: Readonly<Record<string, string | undefined>>;
    directory: string;
  }): Promise<ChildProgram> {
    const logPath = join(spec.directory, `${spec.name}.log`);
    const log = await open(logPath, 'a', 0o600);
    try {
      const child = spawn(process.execPath, [executable, ...spec.args, '--json'], {
        cwd: spec.directory,
        env: spec.env,
        stdio: ['ignore', 'pipe', log.fd],
        detached: true,
      });
      return new ChildProgram(spec.name, logPath, child);
    } finally {
      await log.close();
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** All that it printed on standard output. */
  get printed(): string {
    return this.#printed;
  }

  /** Waits for its ready line. Throws OperationError with the end of its log when it does not come. */
  async ready(): Promise<Ready> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), readyTimeoutMs);
    const ended = this.#exited.then(() => undefined);
    const line = await Promise.race([this.#firstLine.promise, ended, late.promise]);
    clearTimeout(timer);
    const ready = line === undefined ? undefined : readLine(line);
    if (ready) return ready;
    throw new OperationError(
      `the ${this.name} did not become ready: ${await this.#lastWords()}`,
      'Mend what it says; "node scripts/setup.js --redis" installs what is missing.',
    );
  }

  /** Ends it gracefully; a child that does not heed this is killed. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), endTimeoutMs);
    try {
      await this.#exited;
    } finally {
      clearTimeout(killer);
    }
  }

  async #lastWords(): Promise<string> {
    const lines = (await readFile(this.logPath, 'utf8')).trim().split('\n');
    return lines.slice(-6).join('\n    ') || 'it said nothing';
  }
}

function readLine(line: string): Ready | undefined {
  const document: unknown = JSON.parse(line);
  return typeof document === 'object' && document !== null && 'event' in document ? { ...document } : undefined;
}
