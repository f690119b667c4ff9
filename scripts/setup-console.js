import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './node-24.js';

/** Builds the console unless it is as new as its sources. @returns {string | undefined} what went wrong */
export function buildConsole() {
  const script = join(root, 'scripts', 'build-console.ts');
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'on-node-24.js'), script], {
    stdio: 'inherit',
  });
  return status === 0
    ? undefined
    : `the console could not be built, see above: mend that, then run "npm run build" in ${root}`;
}
