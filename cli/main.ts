import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { openApi } from './api-client.ts';
import { runCommandLine } from './command-line.ts';
import { commands } from './commands.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { openLiveLine } from './live-line.ts';
import { askHidden } from './prompt.ts';

/** Runs the command line that this process was started with, and ends the process. */
export async function main(): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process;
  for (const stream of [stdout, stderr]) stream.on('error', ignoreEarlyEnd);
  const writeErr = (line: string) => void stderr.write(line);
  const io: Io = {
    env,
    writeOut: (line) => void stdout.write(line),
    writeErr,
    liveLine: openLiveLine(stderr),
    readInput: () => text(stdin),
    askHidden: (question) => askHidden(stdin, writeErr, question),
    onInterrupt: (call) => {
      process.once('SIGINT', call);
      return () => void process.off('SIGINT', call);
    },
    openApi: (url, token) => openApi(url, token, env),
  };
  const exitCode = await runCommandLine({ version: readVersion(), commands }, argv.slice(2), io).catch(
    (error: unknown) => {
      writeErr(`a fault of ticketgate itself: ${error instanceof Error ? error.stack : String(error)}\n`);
      return exitCodes.failed.code;
    },
  );
  // A program that ended by a fault, or was told to stop at once, may have left something open.
  await Promise.all([stdout, stderr].map((stream) => new Promise((written) => stream.write('', written))));
  process.exit(exitCode);
}

/** Who reads our output may stop, such as `head -1`: the command goes on, and its exit code tells how it ended. */
function ignoreEarlyEnd(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function readVersion(): string {
  const document: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const hasVersion = typeof document === 'object' && document !== null && 'version' in document;
  return hasVersion ? String(document.version) : 'unknown';
}
