import { type Logger, pino } from 'pino';
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
  return pino(
    {
      level,
      base: fields,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    pino.destination({ fd: 2, sync: true }),
  );
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
