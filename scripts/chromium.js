import { spawnSync } from 'node:child_process';

/** The names that package managers give it. */
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Finds a Chromium on the path; TICKETGATE_CHROMIUM names another. @returns {string | undefined} */
export function findChromium() {
  const candidates = process.env.TICKETGATE_CHROMIUM ? [process.env.TICKETGATE_CHROMIUM] : names;
  return candidates.flatMap((name) => pathOf(name) ?? [])[0];
}

function pathOf(name) {
  const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
