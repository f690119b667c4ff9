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
import { quoteForCompose } from './quoting.ts';

export function composeKit(spec: KitSpec): InstallKit {
  const lines = [
    `name: ${quoteForCompose(resourceName(spec.name))}`,
    'services:',
    '  delegate:',
    `    image: ${quoteForCompose(image)}`,
    '    restart: unless-stopped',
    `    stop_grace_period: ${stopSeconds}s`,
    '    environment:',
    ...settingsOf(spec).map(([variable, value]) => `      ${variable}: ${quoteForCompose(value)}`),
    '    volumes:',
    '      # Its identity.',
    '      - "data:/data"',
    'volumes:',
    '  data:',
  ];
  return {
    kind: 'compose',
    files: [{ path: 'compose.yaml', text: `${lines.join('\n')}\n` }],
    steps: [
      ...reachSteps(spec),
      buildStep,
      'Store the file as compose.yaml in a directory of its own: it holds the token, so let nobody else read it: chmod 600 compose.yaml',
      'Start it: docker compose up --detach',
      'To stop it: docker compose stop. It finishes what it has, and leaves.',
    ],
  };
}
