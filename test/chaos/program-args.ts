import { fileURLToPath, pathToFileURL } from 'node:url';

const executable = fileURLToPath(new URL('../../bin/ticketgate.js', import.meta.url));

/** How a program of ours is started, with its ready line as JSON. */
export function programArgs(args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  return { command: process.execPath, args: [executable, ...args, '--json'] };
}

/** The variable that has Node load files of this folder before the program's own code. */
export function preload(...files: readonly string[]): string {
  return files.map((file) => `--import ${pathToFileURL(fileURLToPath(new URL(file, import.meta.url))).href}`).join(' ');
}
