import { Command as CommanderCommand, CommanderError, Option as CommanderOption } from 'commander';
import { formatDuration } from '#runtime/duration.ts';
import {
  flagName,
  type Option,
  type OptionTable,
  option,
  resolveOptions,
  UsageError,
  variableName,
} from '#runtime/options.ts';
import { type Command, type CommandGroup, clientOptions, type LazyCommand } from './command.ts';
import { readConfigFile } from './config-file.ts';
import { reportError } from './error-text.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { createOutput } from './output.ts';

const generalOptions = {
  config: option.optionalText({ help: 'YAML file of settings', placeholder: 'FILE' }),
  json: option.flag({ help: 'one JSON document on standard output' }),
};

export interface CommandSet {
  readonly version: string;
  readonly commands: readonly (Command | LazyCommand | CommandGroup)[];
}

/** Runs one command line, without the program's name; returns the exit code and never throws for a user's fault. */
export async function runCommandLine(set: CommandSet, argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = exitCodes.usage.code;
  const loaded = { ...set, commands: await Promise.all(set.commands.map((entry) => loadIfNamed(entry, argv))) };
  const program = buildProgram(loaded, io, async (command, flags, args) => {
    exitCode = await runCommand(set, command, flags, args, io);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done.code : exitCodes.usage.code;
    throw error;
  }
}

type Flags = Readonly<Record<string, unknown>>;
type Args = Readonly<Record<string, string | undefined>>;
type OnCommand = (command: Command, flags: Flags, args: Args) => Promise<void>;

async function runCommand(set: CommandSet, command: Command, flags: Flags, args: Args, io: Io): Promise<number> {
  // Until the configuration file is read, only the flag can tell how a fault is to be reported.
  let output = createOutput(io, flags.json === true);
  try {
    const { config } = resolveOptions({ config: generalOptions.config }, { flags, env: io.env, file: {} });
    const file = config === undefined ? {} : readConfigFile(config, await knownKeys(set));
    const { json } = file;
    const general = resolveOptions(generalOptions, { flags, env: io.env, file: json === undefined ? {} : { json } });
    output = createOutput(io, general.json);
    return await command.execute({ flags, env: io.env, file }, args, { io, output });
  } catch (error) {
    const report = reportError(error);
    if (!report) throw error;
    for (const line of report.lines) output.progress(line);
    if (!(error instanceof UsageError)) output.result(report.document, []);
    return report.exitCode;
  }
}

async function loadIfNamed<Entry extends object>(entry: Entry | LazyCommand, argv: readonly string[]) {
  return 'load' in entry && argv.includes(entry.name) ? entry.load() : entry;
}

async function knownKeys({ commands }: CommandSet): Promise<Set<string>> {
  const loaded = await Promise.all(commands.map((entry) => ('load' in entry ? entry.load() : entry)));
  const tables = loaded
    .flatMap((entry) => ('commands' in entry ? entry.commands : [entry]))
    .map(({ options }) => options);
  return new Set([generalOptions, clientOptions, ...tables].flatMap((table) => Object.keys(table)).map(flagName));
}

function buildProgram(set: CommandSet, io: Io, onCommand: OnCommand): CommanderCommand {
  const program = new CommanderCommand('ticketgate')
    .description('Gate deployments on ServiceNow tickets, from inside the network.')
    .version(set.version)
    .exitOverride()
    .configureOutput({
      writeOut: io.writeOut,
      writeErr: io.writeErr,
      outputError: (text) => io.writeErr(asUsageError(text, 'ticketgate <command> [options]')),
    })
    .enablePositionalOptions();
  addOptions(program, { ...clientOptions, ...generalOptions });
  for (const entry of set.commands) {
    // Only its line in the list of commands is needed: it is not the one to run.
    if ('load' in entry) program.command(entry.name).description(entry.summary);
    else if ('execute' in entry) addCommand(program, program, entry, io, onCommand);
    else {
      const group = program.command(entry.name).description(entry.summary);
      for (const command of entry.commands) addCommand(program, group, command, io, onCommand);
    }
  }
  return program;
}

/** What commander says of a command line that it cannot read, in the form of every other fault, and how to write it. */
function asUsageError(text: string, usage: string): string {
  const report = reportError(
    new UsageError(
      text
        .trim()
        .replace(/^error: /, '')
        .replaceAll('\n', ' '),
      { remedy: `Write it as: ${usage}. See --help for the options and what they take.` },
    ),
  );
  return `${report?.lines.join('\n')}\n`;
}

function addCommand(
  program: CommanderCommand,
  parent: CommanderCommand,
  command: Command,
  io: Io,
  onCommand: OnCommand,
): void {
  const built = parent.command(command.name).description(command.summary).addHelpText('after', explainSources(command));
  const argumentKeys = Object.keys(command.arguments);
  for (const name of Object.values(command.arguments)) built.argument(name);
  addOptions(built, command.options, command);
  const shared: OptionTable = command.isClient ? { ...clientOptions, ...generalOptions } : generalOptions;
  const taken = new Set(Object.values(command.flags));
  addOptions(built, Object.fromEntries(Object.entries(shared).filter(([key]) => !taken.has(`--${flagName(key)}`))));
  const path = parent === program ? [program, built] : [program, parent, built];
  const usage = `${path.map((each) => each.name()).join(' ')} ${built.usage()}`;
  built.configureOutput({ outputError: (text) => io.writeErr(asUsageError(text, usage)) });
  built.action(() => {
    const args = Object.fromEntries(argumentKeys.map((key, index) => [key, built.args[index]]));
    return onCommand(command, { ...program.opts(), ...built.opts() }, args);
  });
}

function explainSources({ options }: Command): string {
  const key = Object.keys(options).find((name) => name !== 'host') ?? 'url';
  return `
Every option is also a variable (--${flagName(key)} is ${variableName(key)}) and a key of the --config file (${flagName(key)}).
The flag wins over the variable, the variable over the file.`;
}

function addOptions(to: CommanderCommand, table: OptionTable, command?: Command): void {
  for (const [key, spec] of Object.entries(table)) {
    const other = command?.flags[key];
    const names = `${other === undefined ? '' : `${other}, `}--${flagName(key)}`;
    const built = new CommanderOption(
      spec.kind === 'flag' ? names : `${names} <${spec.placeholder}>`,
      `${spec.help}${describeDefault(spec)}`,
    );
    if (command?.repeatable.includes(key)) built.argParser<string[]>((value, before) => [...(before ?? []), value]);
    else if (spec.kind === 'list')
      built.argParser<string>((value, before) => (before === undefined ? value : `${before},${value}`));
    to.addOption(built);
  }
}

function describeDefault({ required, fallback, secret, kind }: Option<unknown>): string {
  if (required) return ' (required)';
  if (secret || (typeof fallback !== 'string' && typeof fallback !== 'number')) return '';
  return ` (default: ${kind === 'duration' ? formatDuration(Number(fallback)) : String(fallback)})`;
}
