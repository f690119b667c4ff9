import type { Api } from './api-client.ts';
import type { LiveLine } from './live-line.ts';

/** All that a command has of the world; main.ts makes the real one, tests their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Write to standard output and standard error, exactly what they are given. */
  writeOut(text: string): void;
  writeErr(text: string): void;
  /** A line of the terminal to write again and again; undefined where standard error is none. */
  readonly liveLine: LiveLine | undefined;
  /** Reads standard input to its end. */
  readInput(): Promise<string>;
  /** Asks on the terminal without echo. Throws UsageError where there is no terminal. */
  askHidden(question: string): Promise<string>;
  /** Calls back at Ctrl-C, once, in place of ending the process; returns how to stop that. */
  onInterrupt(call: () => void): () => void;
  openApi(url: string, token: string | undefined): Api;
}
