import { pino } from 'pino';

/** A logger that keeps its lines for the test to look at. */
export function capturingLogger(): { readonly logger: pino.Logger; text(): string } {
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  return { logger, text: () => lines.join('') };
}
