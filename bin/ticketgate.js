#!/usr/bin/env node
// The `ticketgate` command. Plain JavaScript that Node 18 can read: when the Node at hand is too old for the rest, it
// starts the one that the dependency `node` brings.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const forwarded = ['SIGTERM', 'SIGHUP', 'SIGINT'];

if (Number.parseInt(process.versions.node, 10) >= neededMajor) {
  const { main } = await import('../cli/main.ts');
  await main();
} else {
  const node = findBundledNode();
  if (node === undefined) {
    process.stderr.write(
      `ticketgate needs Node ${neededMajor}, and this is ${process.version}.\n` +
        `The dependency "node", which brings it, is not installed: run "npm ci" in ${dirname(dirname(ownPath()))}, or use Node ${neededMajor}.\n`,
    );
    process.exitCode = 1;
  } else {
    runWith(node);
  }
}

/** @param {string} node */
function runWith(node) {
  const child = spawn(node, [ownPath(), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of forwarded)
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both of us: a second one would cut the graceful end short.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started (${error.message}): run "npm ci" again.\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    for (const name of forwarded) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}

/** @returns {string | undefined} */
function findBundledNode() {
  try {
    const home = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    return ['node', 'node.exe'].map((name) => join(home, 'bin', name)).find((path) => existsSync(path));
  } catch {
    return undefined;
  }
}

function ownPath() {
  return fileURLToPath(import.meta.url);
}
