// Runs every static check, one after the other: types, format and lint, unused code.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './node-24.js';

const checks = [
  { name: 'types', script: 'typescript-7/bin/tsc', args: [] },
  { name: 'types of the console', script: 'typescript-7/bin/tsc', args: ['-p', 'manager/console'] },
  { name: 'format and lint', script: '@biomejs/biome/bin/biome', args: ['ci', '.'] },
  { name: 'unused code', script: 'knip/bin/knip.js', args: [] },
];

const failed = checks.filter(({ name, script, args }) => {
  const { status, error } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  const held = status === 0;
  process.stdout.write(`${held ? '✓' : '✗'} ${name}${error ? `: ${error.message}` : ''}\n`);
  return !held;
});
if (failed.length > 0) process.stdout.write(`failed: ${failed.map(({ name }) => name).join(', ')}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
