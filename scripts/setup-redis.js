import { spawnSync } from 'node:child_process';
import { ensureProgram } from './setup-program.js';

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
  return ensureProgram({
    title: `redis-server ${oldest.join('.')} or newer`,
    program: 'redis-server',
    look,
    installers,
    elsewhere: 'https://redis.io/docs/latest/operate/oss_and_stack/install/',
    aside: 'Or give the manager an existing Redis: --redis-url.',
  });
}

function look() {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  const version = status === 0 ? /v=(\d+)\.(\d+)\.(\d+)/.exec(stdout) : null;
  if (version === null) return undefined;
  const [major, minor] = version.slice(1).map(Number);
  const number = version.slice(1).join('.');
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
    ? { said: `redis-server ${number} is installed; no service of it was started` }
    : { fault: `the one on the PATH is ${number}: upgrade it, or put a newer one first on the PATH` };
}
