// Makes a fresh clone usable: dependencies, Node 24 and, with --redis, redis-server. Runs on the machine's own Node
// (18 or newer), without any dependency. Says nothing when there is nothing to do.
import { installDependencies, isInstalled, verifyNode24 } from './setup-node.js';
import { ensureRedis } from './setup-redis.js';

const faults = [];
if (!isInstalled()) faults.push(installDependencies());
faults.push(verifyNode24());
if (process.argv.includes('--redis')) faults.push(ensureRedis());

for (const fault of faults.filter((fault) => fault !== undefined)) {
  process.stderr.write(`setup: ${fault}\n`);
  process.exitCode = 1;
}
