import type { Logger } from './logger.ts';
import type { OptionTable, Resolved } from './options.ts';

/** What every daemon of ours is: a table of settings, and a way to start it. */
export interface Program<Table extends OptionTable = OptionTable> {
  readonly name: string;
  readonly summary: string;
  readonly options: Table;
  start(options: Resolved<Table>, context: ProgramContext): Promise<Service>;
}

export interface ProgramContext {
  readonly logger: Logger;
  /** The environment, for the few variables that are not settings of ours (proxy, CA bundle). */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A started program. */
export interface Service {
  /** What the ready line tells, its `event` first: `{"event":"ready","url":"http://…"}`. */
  readonly ready: Promise<Readonly<Record<string, unknown>> & { readonly event: string }>;
  /** Settles when the service has ended: resolves after close(), rejects with the fault that ended it. */
  readonly ended: Promise<void>;
  /** Drains and ends; idempotent, always the same promise. */
  close(): Promise<void>;
  /** Says what is lost if the process stops now, for the log of a second signal. */
  abandoned(): Readonly<Record<string, unknown>>;
}
