// Makes a fresh clone usable: dependencies, Node 24, the built console and, with --redis and --chromium, those programs.
// Runs on the machine's own Node (18 or newer), without any dependency. Says nothing when there is nothing to do.
import { ensureChromium } from './setup-chromium.js';
import { buildConsole } from './setup-console.js';
import { installDependencies, isInstalled, verifyNode24 } from './setup-node.js';
import { ensureRedis } from './setup-redis.js';

const faults = [];
if (!isInstalled()) faults.push(installDependencies());
faults.push(verifyNode24());
if (faults.every((fault) => fault === undefined)) faults.push(buildConsole());
if (process.argv.includes('--redis')) faults.push(ensureRedis());
if (process.argv.includes('--chromium')) faults.push(ensureChromium());

for (const fault of faults.filter((fault) => fault !== undefined)) {
  process.stderr.write(`setup: ${fault}\n`);
  process.exitCode = 1;
}
