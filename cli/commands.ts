import { applyCommand } from './apply/apply-command.ts';
import { approvalCommands } from './approvals.ts';
import type { Command, CommandGroup, LazyCommand } from './command.ts';
import { connectorCommands } from './connectors.ts';
import { daemonCommands } from './daemons.ts';
import { delegatesCommand } from './delegates.ts';
import { demoCommand } from './demo.ts';
import { importCommand } from './imports.ts';
import { metadataCommands } from './metadata.ts';
import { secretCommands } from './secrets.ts';
import { taskCommands, tasksCommand, whyCommand } from './tasks.ts';
import { ticketCommands } from './tickets.ts';
import { apiTokenCommands, delegateTokenCommands } from './tokens.ts';

/** Every command, in the order of --help. */
export const commands: readonly (Command | LazyCommand | CommandGroup)[] = [
  demoCommand,
  ...daemonCommands,
  secretCommands,
  connectorCommands,
  delegateTokenCommands,
  apiTokenCommands,
  delegatesCommand,
  tasksCommand,
  taskCommands,
  whyCommand,
  ticketCommands,
  importCommand,
  metadataCommands,
  approvalCommands,
  applyCommand,
];
