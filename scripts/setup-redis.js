import { spawnSync } from 'node:child_process';

const oldest = [6, 2];

/** A Debian package starts its service at once: a policy of 101 forbids it, and the manager starts its own server. */
const aptScript = `set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends redis-server
if command -v systemctl >/dev/null 2>&1; then systemctl disable redis-server >/dev/null 2>&1 || true; fi`;

/** How each package manager installs it, and what a person would type. */
const installers = [
  { tool: 'apt-get', script: aptScript, command: 'apt-get update && apt-get install redis-server', asRoot: true },
  { tool: 'dnf', script: 'dnf install -y redis || dnf install -y valkey-compat-redis', asRoot: true },
  { tool: 'yum', script: 'yum install -y redis', asRoot: true },
  { tool: 'apk', script: 'apk add --no-cache redis', asRoot: true },
  { tool: 'pacman', script: 'pacman -Sy --noconfirm redis', asRoot: true },
  { tool: 'zypper', script: 'zypper --non-interactive install redis', asRoot: true },
  { tool: 'brew', script: 'brew install redis', asRoot: false },
];

/** Sees to it that redis-server is on the path. @returns {string | undefined} what is missing and how to get it */
export function ensureRedis() {
  const found = redisVersion();
  if (found !== undefined && isNewEnough(found)) return undefined;
  const wanted = `redis-server ${oldest.join('.')} or newer`;
  const aside = 'Or give the manager an existing Redis: --redis-url.';
  if (found !== undefined)
    return `${wanted} is needed, and the one on the PATH is ${found.join('.')}: upgrade it, or put a newer one first on the PATH. ${aside}`;
  const installer = installers.find(({ tool }) => isOnPath(tool));
  if (installer === undefined)
    return `${wanted} is missing, and no package manager that this knows is here: install Redis (https://redis.io/docs/latest/operate/oss_and_stack/install/). ${aside}`;
  const prefix = rootPrefix(installer);
  const command = `${installer.asRoot ? 'sudo ' : ''}${installer.command ?? installer.script}`;
  if (prefix === undefined)
    return `${wanted} is missing, and installing it needs root, which sudo did not give without a password: run "${command}". ${aside}`;
  process.stdout.write(`setup: installing redis-server with ${installer.tool}\n`);
  const [program, ...args] = [...prefix, 'sh', '-c', installer.script];
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const installed = redisVersion();
  if (installed === undefined || !isNewEnough(installed))
    return `${wanted} is still missing after ${installer.tool} ended with ${status}: run "${command}" and see what it says. ${aside}`;
  process.stdout.write(`setup: redis-server ${installed.join('.')} is installed; no service of it was started\n`);
  return undefined;
}

/** @returns {readonly string[] | undefined} what to put before a command so that it runs with the rights it needs */
function rootPrefix({ asRoot }) {
  if (!asRoot || process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

function isOnPath(tool) {
  return spawnSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' }).status === 0;
}

function redisVersion() {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  const version = status === 0 ? /v=(\d+)\.(\d+)\.(\d+)/.exec(stdout) : null;
  return version ? version.slice(1).map(Number) : undefined;
}

function isNewEnough([major, minor]) {
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}
