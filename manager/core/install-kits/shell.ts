import { type InstallKit, type KitSpec, settingsOf } from './kit.ts';
import { quoteForShell } from './quoting.ts';

export function shellKit(spec: KitSpec): InstallKit {
  const path = `ticketgate-${spec.name}.sh`;
  const exports = settingsOf(spec).map(([name, value]) => `export ${name}=${quoteForShell(value)}`);
  const lines = [
    '#!/bin/sh',
    `# Runs the Ticketgate delegate ${spec.name} until it is stopped. Holds its token: keep it to yourself.`,
    'set -eu',
    ...exports,
    '# Its identity: the same directory at every start, and no other delegate with it.',
    `export TICKETGATE_DATA="\${TICKETGATE_DATA:-$HOME/.ticketgate/delegate-${spec.name}}"`,
    'exec ticketgate delegate "$@"',
  ];
  return {
    kind: 'shell',
    files: [{ path, text: `${lines.join('\n')}\n` }],
    steps: [
      'Have the command "ticketgate" on the machine: it is bin/ticketgate.js of a clone of Ticketgate, after npm ci.',
      `Store the file as ${path}, and let nobody else read it: chmod 700 ${path}`,
      `Start it: ./${path}`,
      'To stop it, send SIGTERM or press Ctrl-C once: it finishes what it has, and leaves.',
    ],
  };
}
