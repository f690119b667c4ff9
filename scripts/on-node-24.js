// Runs a script with Node 24, whatever Node the machine has: node scripts/on-node-24.js SCRIPT [ARGUMENT…]
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { findNode24, root } from './node-24.js';

const node = findNode24();
if (node === undefined) {
  process.stderr.write('Node 24 is not installed here: run "node scripts/setup.js".\n');
  process.exit(1);
}
const path = [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
const child = spawn(node, process.argv.slice(2), { stdio: 'inherit', env: { ...process.env, PATH: path } });
// A terminal sends Ctrl-C to the child as well; what is sent to this process alone has to be passed on.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => {
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
});
