import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const mostLogBytes = 4_000_000;

/** A process, and what it wrote. */
export class Child {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  readonly #child: ChildProcess;
  readonly #written = { stdout: '', stderr: '' };

  constructor({ command, args, env = {} }: ChildOptions) {
    this.#child = spawn(command, args, { env: { ...ownEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
      this.#child.once('error', () => resolve({ code: -1, signal: null }));
    });
    for (const name of ['stdout', 'stderr'] as const)
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#written[name] = (this.#written[name] + text).slice(-mostLogBytes);
      });
  }

  get stdout(): string {
    return this.#written.stdout;
  }

  get stderr(): string {
    return this.#written.stderr;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null || this.pid === 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until standard output holds a text; false when the process ended first. */
  async said(text: string): Promise<boolean> {
    while (!this.stdout.includes(text)) {
      if (this.hasEnded || !this.#child.stdout) return false;
      await Promise.race([once(this.#child.stdout, 'data'), this.ended]);
    }
    return true;
  }
}

/** The settings of whoever runs this must not steer the programs under test. */
function ownEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(TICKETGATE_|NODE_OPTIONS$|VITEST)/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}
