import { type Logger, type LoggerOptions, pino, stdSerializers } from 'pino';
import { option } from './options.ts';

export type { Logger };

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** The setting that every daemon has. */
export const logLevelOption = option.text({
  help: `one of ${logLevels.join(', ')}`,
  placeholder: 'LEVEL',
  fallback: 'info',
  pattern: new RegExp(`^(${logLevels.join('|')})$`),
  expected: `one of ${logLevels.join(', ')}`,
});

/** Makes a logger that writes JSON lines to standard error, so that standard output stays for results. */
export function createLogger(level: string, fields: Readonly<Record<string, unknown>>): Logger {
  return pino(loggerOptions(level, fields), pino.destination({ fd: 2, sync: true }));
}

export function loggerOptions(level: string, fields: Readonly<Record<string, unknown>>): LoggerOptions {
  return {
    level,
    base: fields,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError },
    redact: { paths: secretPaths, censor: '[redacted]' },
  };
}

/** An error of Redis carries the command that failed, arguments and all: a password, a task. Only its name is for the log. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { command, ...rest } = stdSerializers.err(error) as { command?: { name?: unknown } };
  return command === undefined ? rest : { ...rest, command: command.name };
}

/** The last line of defence: no code logs these, and if some did, they would not be written. */
const secretPaths = [
  'token',
  'password',
  'secret',
  'authorization',
  'sealedSecret',
  '*.token',
  '*.password',
  '*.secret',
];
