import type { Logger } from './logger.ts';
import type { Service } from './program.ts';

const signals = ['SIGTERM', 'SIGINT'] as const;
const sameSignalMs = 500;

/**
 * Runs a service until it ends. The first signal closes it gracefully, a second one stops at once and logs what is
 * abandoned. Returns the exit code: 0 after a graceful end, 1 after a fault, 130 after a second signal.
 */
export async function runUntilSignal(service: Service, logger: Logger): Promise<number> {
  const forced = Promise.withResolvers<number>();
  let closingSince: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    // One press, or one stop by a supervisor, may reach us twice: as a member of the group and through our wrapper.
    if (closingSince !== undefined && performance.now() - closingSince < sameSignalMs) return;
    if (closingSince !== undefined) {
      logger.warn({ signal, ...service.abandoned() }, 'stopped at once by a second signal');
      forced.resolve(130);
      return;
    }
    closingSince = performance.now();
    logger.info({ signal }, 'closing');
    service.close().catch((error: unknown) => {
      logger.error({ err: error }, 'closing failed');
      forced.resolve(1);
    });
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await Promise.race([
      forced.promise,
      service.ended.then(
        () => 0,
        (error: unknown) => {
          logger.fatal({ err: error }, 'ended by a fault');
          return 1;
        },
      ),
    ]);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
