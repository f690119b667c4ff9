import { setTimeout } from 'node:timers/promises';
import type { Child } from './child.ts';

export interface SupervisedOptions {
  readonly name: string;
  readonly start: () => Child;
  /** Resolves when it does its work; false when it ended first. */
  readonly isUp: (child: Child) => Promise<boolean>;
}

/** An end that nobody asked for. */
export interface UnaskedEnd {
  readonly name: string;
  readonly how: string;
  readonly lastLines: string;
}

const mostStarts = 30;
const leaveWithinMs = 30_000;

/**
 * down: there is no process, or none that is up yet. up: it works. stopped: it is suspended. leaving: it was told to end.
 */
export type SupervisedState = 'down' | 'up' | 'stopped' | 'leaving';

/** A program with what a supervisor does for it, and with what can be done to it. */
export class Supervised {
  readonly name: string;
  readonly unasked: UnaskedEnd[] = [];
  readonly #options: SupervisedOptions;
  readonly #logs: string[] = [];
  #child: Child | undefined;
  #state: SupervisedState = 'down';
  /** The end of this child was asked for. */
  #doomed: Child | undefined;

  constructor(options: SupervisedOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get state(): SupervisedState {
    return this.#state;
  }

  /** All that its processes wrote. */
  get log(): string {
    return [...this.#logs, this.#child?.stderr ?? ''].join('');
  }

  /** The first line that it printed, once it is whole. */
  get readyLine(): string {
    const { stdout } = this.#child ?? { stdout: '' };
    return stdout.slice(0, stdout.indexOf('\n') + 1);
  }

  /** Starts it, again when it ends before it is up: what it needs may be away. */
  async start(): Promise<void> {
    for (let starts = 1; ; starts += 1) {
      const child = this.#options.start();
      this.#child = child;
      const watched = this.#watch(child);
      if (await this.#options.isUp(child)) {
        this.#state = 'up';
        return;
      }
      await watched;
      const how = `${this.name} does not start:\n${child.stderr.slice(-2_000)}`;
      if (starts >= mostStarts) throw new Error(how);
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#state = 'down';
    this.#doomed = child;
    child.signal('SIGKILL');
    await child.ended;
  }

  /** Tells it to end; the promise inside settles when it has. */
  terminate(): { readonly left: Promise<void> } {
    const child = this.#child;
    if (!child) return { left: Promise.resolve() };
    this.#state = 'leaving';
    this.#doomed = child;
    child.signal('SIGTERM');
    return { left: this.#leave(child) };
  }

  stop(): void {
    if (this.#state !== 'up') return;
    this.#state = 'stopped';
    this.#child?.signal('SIGSTOP');
  }

  resume(): void {
    if (this.#state !== 'stopped') return;
    this.#child?.signal('SIGCONT');
    this.#state = 'up';
  }

  /** For the end of this process, which waits for nothing. */
  killAtOnce(): void {
    this.#child?.signal('SIGKILL');
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    if (this.#child?.hasEnded === false) await this.kill();
  }

  async #leave(child: Child): Promise<void> {
    const tooLong = new AbortController();
    const overdue = setTimeout(leaveWithinMs, 'overdue', { signal: tooLong.signal }).catch(() => 'in time');
    if ((await Promise.race([child.ended, overdue])) === 'overdue') {
      this.#note(child, `did not end within ${leaveWithinMs / 1_000} s of SIGTERM`);
      child.signal('SIGKILL');
      await child.ended;
    }
    tooLong.abort();
    this.#state = 'down';
  }

  async #watch(child: Child): Promise<void> {
    const { code, signal } = await child.ended;
    this.#logs.push(child.stderr);
    const wasUp = this.#child === child && this.#state !== 'down';
    if (this.#child === child) this.#child = undefined;
    if (this.#doomed === child || !wasUp) return;
    this.#state = 'down';
    this.#note(child, `ended by itself with ${signal ?? `code ${code}`}`);
  }

  #note(child: Child, how: string): void {
    this.unasked.push({ name: this.name, how, lastLines: child.stderr.slice(-3_000) });
  }
}
