import {
  buildStep,
  type InstallKit,
  image,
  type KitSpec,
  reachSteps,
  resourceName,
  settingsOf,
  stopSeconds,
} from './kit.ts';
import { quoteForShell } from './quoting.ts';

export function dockerKit(spec: KitSpec): InstallKit {
  const name = resourceName(spec.name);
  const path = `${name}.env`;
  // Docker takes what follows the sign as it is, to the end of the line.
  const text = settingsOf(spec).map(([variable, value]) => `${variable}=${value}\n`);
  const run = [
    'docker run --detach',
    `--name ${quoteForShell(name)}`,
    '--restart unless-stopped',
    `--stop-timeout ${stopSeconds}`,
    `--env-file ${quoteForShell(path)}`,
    `--volume ${quoteForShell(`${name}:/data`)}`,
    image,
  ].join(' ');
  return {
    kind: 'docker',
    files: [{ path, text: text.join('') }],
    steps: [
      ...reachSteps(spec),
      buildStep,
      `Store the file as ${path}: it holds the token, so let nobody else read it: chmod 600 ${path}`,
      `Start it: ${run}`,
      `To stop it: docker stop ${name}. It finishes what it has, and leaves.`,
    ],
  };
}
