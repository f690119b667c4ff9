import { findChromium } from './chromium.js';
import { ensureProgram } from './setup-program.js';

const aptScript = `set -e
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core`;

const installers = [
  { tool: 'apt-get', script: aptScript, command: 'apt-get update && apt-get install chromium', asRoot: true },
  { tool: 'dnf', script: 'dnf install -y chromium', asRoot: true },
  { tool: 'apk', script: 'apk add --no-cache chromium ttf-dejavu', asRoot: true },
  { tool: 'pacman', script: 'pacman -Sy --noconfirm chromium', asRoot: true },
  { tool: 'zypper', script: 'zypper --non-interactive install chromium', asRoot: true },
];

/** Sees to it that a Chromium is there, for the tests of the console. @returns {string | undefined} what is missing */
export function ensureChromium() {
  return ensureProgram({
    title: 'Chromium',
    program: 'chromium',
    look: () => {
      const path = findChromium();
      return path === undefined ? undefined : { said: `Chromium is at ${path}` };
    },
    installers,
    elsewhere: 'https://www.chromium.org/getting-involved/download-chromium/',
    aside: 'Or name one: TICKETGATE_CHROMIUM=/path/to/chrome.',
  });
}
