import { createLogger } from '#runtime/logger.ts';
import { type OptionTable, type Resolved, UsageError } from '#runtime/options.ts';
import type { Program, Service } from '#runtime/program.ts';
import { runUntilSignal } from '#runtime/shutdown.ts';
import { OperationError } from './api-errors.ts';
import { type LazyCommand, localCommand } from './command.ts';

type Ready = Awaited<Service['ready']>;

/** The programs that run until a signal ends them; each is loaded only when it is the one to run. */
export const daemonCommands: readonly LazyCommand[] = [
  {
    name: 'manager',
    summary: 'a manager: HTTP API, gateway for delegates, dispatcher',
    load: async () => daemon((await import('../manager/main.ts')).managerProgram, renderManager),
  },
  {
    name: 'delegate',
    summary: 'a delegate: the daemon that runs tasks near ServiceNow; it dials out to a manager',
    load: async () => daemon((await import('../delegate/main.ts')).delegateProgram, renderDelegate),
  },
  {
    name: 'simulate',
    summary: 'a simulated ServiceNow instance, for demos and for testing pipelines',
    load: async () => daemon((await import('../simulator/main.ts')).simulatorProgram, renderSimulator),
  },
];

function renderManager({ url, adminTokenFile }: Ready): string[] {
  const made = `made an admin token, the first of this manager: it is in ${adminTokenFile}`;
  return [`manager ready at ${url}`, ...(adminTokenFile === undefined ? [] : [made])];
}

function renderDelegate({ name, delegateId }: Ready): string[] {
  return [`delegate ${name} is online as ${delegateId}`];
}

function renderSimulator({ url }: Ready): string[] {
  return [`simulated ServiceNow instance ready at ${url}`];
}

function daemon<Table extends OptionTable>(program: Program<Table>, renderReady: (ready: Ready) => readonly string[]) {
  return localCommand({
    name: program.name,
    summary: program.summary,
    options: program.options,
    run: async (values, { io, output }) => {
      const logger = createLogger(readLogLevel(values), { program: program.name });
      const service = await start(program, values, { logger, env: io.env });
      // A fault on the way to being ready is told by `ended`, which runUntilSignal watches.
      service.ready.then(
        (ready) => output.result(ready, renderReady(ready)),
        () => {},
      );
      return runUntilSignal(service, logger);
    },
  });
}

/** A program that cannot start says why in its error, for a person; a stack would only hide it. */
async function start<Table extends OptionTable>(
  program: Program<Table>,
  values: Resolved<Table>,
  context: Parameters<Program<Table>['start']>[1],
): Promise<Service> {
  try {
    return await program.start(values, context);
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    const inUse = 'code' in error && error.code === 'EADDRINUSE';
    throw new OperationError(
      `${program.name} cannot start: ${error.message}`,
      inUse ? 'Give another --port (0 takes a free one), or stop what uses it.' : 'Mend that, and start it again.',
    );
  }
}

function readLogLevel(values: Readonly<Record<string, unknown>>): string {
  return typeof values.logLevel === 'string' ? values.logLevel : 'info';
}
