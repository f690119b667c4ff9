import { spawnSync } from 'node:child_process';

/**
 * What the machine's package manager is to bring.
 * @typedef {object} Wanted
 * @property {string} title what is wanted, in words
 * @property {string} program its name, for what is said while it is installed
 * @property {() => { fault?: string, said?: string } | undefined} look what is there: undefined when nothing is, a fault
 *   when it will not do, else what to say of it once it was installed
 * @property {{ tool: string, script: string, command?: string, asRoot: boolean }[]} installers how each package manager
 *   installs it, and what a person would type
 * @property {string} elsewhere where to get it without a package manager
 * @property {string} aside what to do without it
 */

/** Sees to it that a program is there. @param {Wanted} wanted @returns {string | undefined} what is missing, and how to get it */
export function ensureProgram({ title, program, look, installers, elsewhere, aside }) {
  const found = look();
  if (found?.fault !== undefined) return `${title} is needed, and ${found.fault}. ${aside}`;
  if (found !== undefined) return undefined;
  const installer = installers.find(({ tool }) => isOnPath(tool));
  if (installer === undefined)
    return `${title} is missing, and no package manager that this knows is here: install it (${elsewhere}). ${aside}`;
  const prefix = rootPrefix(installer);
  const command = `${installer.asRoot ? 'sudo ' : ''}${installer.command ?? installer.script}`;
  if (prefix === undefined)
    return `${title} is missing, and installing it needs root, which sudo did not give without a password: run "${command}". ${aside}`;
  process.stdout.write(`setup: installing ${program} with ${installer.tool}\n`);
  const [first, ...args] = [...prefix, 'sh', '-c', installer.script];
  const { status } = spawnSync(first, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const installed = look();
  if (installed === undefined || installed.fault !== undefined)
    return `${title} is still missing after ${installer.tool} ended with ${status}: run "${command}" and see what it says. ${aside}`;
  process.stdout.write(`setup: ${installed.said}\n`);
  return undefined;
}

/** @returns {readonly string[] | undefined} what to put before a command so that it runs with the rights it needs */
function rootPrefix({ asRoot }) {
  if (!asRoot || process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

export function isOnPath(tool) {
  return spawnSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' }).status === 0;
}
