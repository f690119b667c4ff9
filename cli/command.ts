import {
  flagName,
  type OptionSources,
  type OptionTable,
  option,
  type Resolved,
  resolveOptions,
} from '#runtime/options.ts';
import type { Api } from './api-client.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** Positional arguments: what each is called in help, `<NAME>` when it must be given, `[NAME]` when it may. */
export type ArgumentNames = Readonly<Record<string, `<${string}>` | `[${string}]`>>;

export type Arguments<Names extends ArgumentNames> = {
  readonly [Key in keyof Names]: Names[Key] extends `<${string}>` ? string : string | undefined;
};

interface Declared<Names extends ArgumentNames, Table extends OptionTable> {
  readonly name: string;
  readonly summary: string;
  readonly arguments?: Names;
  readonly options?: Table;
  /** Another flag for an option, where the natural one is not the name of its variable, or a short one. */
  readonly flags?: { readonly [Key in keyof Table]?: `-${string}` };
  /** Options that may be given several times; each occurrence is one item, commas included. */
  readonly repeatable?: readonly (keyof Table)[];
}

export interface ClientSpec<Names extends ArgumentNames, Table extends OptionTable> extends Declared<Names, Table> {
  /** Returns the exit code. */
  run(values: Resolved<Table>, args: Arguments<Names>, context: ClientContext): Promise<number>;
}

export interface LocalSpec<Table extends OptionTable> extends Declared<Record<never, never>, Table> {
  run(values: Resolved<Table>, context: Context): Promise<number>;
}

export interface Context {
  readonly io: Io;
  readonly output: Output;
}

export interface ClientContext extends Context {
  readonly api: Api;
}

/** A command as the command line sees it: its types are inside. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly arguments: ArgumentNames;
  readonly options: OptionTable;
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly repeatable: readonly string[];
  /** Whether it talks to a manager, and so takes --url and --token. */
  readonly isClient: boolean;
  execute(
    sources: OptionSources,
    args: Readonly<Record<string, string | undefined>>,
    context: Context,
  ): Promise<number>;
}

/** A command whose code is worth loading only when it is the one to run. */
export interface LazyCommand {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

export const clientOptions = {
  url: option.text({ help: "the manager's address", placeholder: 'URL', fallback: 'http://127.0.0.1:7420' }),
  token: option.optionalText({ help: 'API token', placeholder: 'TOKEN', secret: true }),
};

/** Declares a command that talks to a manager. */
export function clientCommand<const Names extends ArgumentNames, Table extends OptionTable>(
  spec: ClientSpec<Names, Table>,
): Command {
  return {
    ...declare(spec),
    isClient: true,
    execute: async (sources, args, context) => {
      const table = (spec.options ?? {}) as Table;
      const { url, token } = resolveOptions(clientOptions, ofTable(sources, clientOptions));
      const values = resolveOptions(table, ofTable(sources, table));
      const api = context.io.openApi(url, token);
      try {
        // Commander has seen to it that those between < and > are there.
        return await spec.run(values, args as Arguments<Names>, { ...context, api });
      } finally {
        await api.close();
      }
    },
  };
}

/** Declares a command that needs no manager. */
export function localCommand<Table extends OptionTable>(spec: LocalSpec<Table>): Command {
  return {
    ...declare(spec),
    isClient: false,
    execute: async (sources, _args, context) => {
      const table = (spec.options ?? {}) as Table;
      return spec.run(resolveOptions(table, ofTable(sources, table)), context);
    },
  };
}

function declare<Names extends ArgumentNames, Table extends OptionTable>(spec: Declared<Names, Table>) {
  return {
    name: spec.name,
    summary: spec.summary,
    arguments: spec.arguments ?? {},
    options: spec.options ?? {},
    flags: spec.flags ?? {},
    repeatable: (spec.repeatable ?? []).map(String),
  };
}

/** The sources without what belongs to other tables; the file's keys have been checked against all of them before. */
function ofTable(sources: OptionSources, table: OptionTable): OptionSources {
  const own = new Set(Object.keys(table).map(flagName));
  return { ...sources, file: Object.fromEntries(Object.entries(sources.file).filter(([key]) => own.has(key))) };
}
