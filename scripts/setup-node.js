import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findNode24, root } from './node-24.js';

const modules = join(root, 'node_modules');
const marker = join(modules, '.ticketgate-setup');

/** Tells whether node_modules holds what package-lock.json asks for. */
export function isInstalled() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return true;
  if (!holdsPackages(JSON.parse(lock).packages)) return false;
  writeFileSync(marker, hash);
  return true;
}

/** Installs the dependencies anew. @returns {string | undefined} what went wrong */
export function installDependencies() {
  process.stdout.write('setup: installing the dependencies (npm ci)\n');
  // The Node that npm puts first on the path lies in the very directory that npm ci empties.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(modules));
  // Most packages are meant for Node 24, which comes with them: warnings about this Node's age would only worry.
  const { status, error } = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path.join(delimiter) },
    shell: process.platform === 'win32',
  });
  if (error) return `npm cannot be started (${error.message}): install npm, then run "npm ci" in ${root}`;
  if (status !== 0) return `"npm ci" failed, its output says why: mend that, then run "npm ci" in ${root}`;
  isInstalled();
  return undefined;
}

/** @returns {string | undefined} what is wrong with the Node 24 of the dependencies */
export function verifyNode24() {
  const node = findNode24();
  const remedy = `run "npm rebuild node" in ${root}; npm must be allowed to run install scripts`;
  if (node === undefined) return `the dependency "node" brought no Node 24: ${remedy}`;
  if (node === process.execPath) return undefined;
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (status === 0 && /^v(2[4-9]|[3-9]\d)\./.test(stdout)) return undefined;
  return `${node} does not run on this machine: ${remedy}`;
}

/** Whether npm's own record of what it installed has every package of the lock file, in the same version. */
function holdsPackages(packages) {
  const record = join(modules, '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(packages).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' ||
      installed[path]?.version === version ||
      (installed[path] === undefined && (optional || devOptional)),
  );
}
