import { type InstallKit, type KitSpec, settingsOf, stopSeconds } from './kit.ts';
import { quoteForEnvironmentFile } from './quoting.ts';

export function systemdKit(spec: KitSpec): InstallKit {
  // Of letters, digits and . _ - only, as the name is: nothing of it means anything to systemd.
  const name = `ticketgate-${spec.name}`;
  const environment = settingsOf(spec).map(([variable, value]) => `${variable}=${quoteForEnvironmentFile(value)}\n`);
  const unit = [
    '[Unit]',
    `Description=Ticketgate delegate ${spec.name}`,
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    'ExecStart=/usr/bin/env ticketgate delegate',
    `EnvironmentFile=/etc/ticketgate/${name}.env`,
    `Environment=TICKETGATE_DATA=/var/lib/${name}`,
    'DynamicUser=yes',
    `StateDirectory=${name}`,
    'StateDirectoryMode=0700',
    '# Not after a drain that the manager asked for: then it stays away until it is started again.',
    'Restart=on-failure',
    'RestartSec=5',
    'KillMode=mixed',
    `TimeoutStopSec=${stopSeconds}`,
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
  return {
    kind: 'systemd',
    files: [
      { path: `/etc/ticketgate/${name}.env`, text: environment.join('') },
      { path: `/etc/systemd/system/${name}.service`, text: `${unit.join('\n')}\n` },
    ],
    steps: [
      'Have the command "ticketgate" in /usr/local/bin: a link to bin/ticketgate.js of a clone of Ticketgate, after npm ci. The clone must not lie in a home directory: the unit sees none.',
      `Store both files as root. The first holds the token: chmod 600 /etc/ticketgate/${name}.env`,
      `Start it, now and with the machine: systemctl daemon-reload && systemctl enable --now ${name}`,
      `To stop it: systemctl stop ${name}. It finishes what it has, and leaves. Its log: journalctl --unit ${name}`,
    ],
  };
}
