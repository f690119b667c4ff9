import type { Clock } from '../core/clock.ts';
import type { TargetHandlers } from '../core/handler.ts';
import type { ReachProbe } from '../core/reach-checks.ts';
import { ServiceNowClient } from './client.ts';
import { createConnectionTest } from './connection-test.ts';
import { createFieldResolver } from './field-resolution.ts';
import { createImportSetLoad } from './import-set-load.ts';
import { createMetadataCache } from './metadata-cache.ts';
import { createMetadataRead } from './metadata-read.ts';
import { createReachProbe } from './reach-probe.ts';
import { readTableMetadata } from './table-metadata.ts';
import { createTicketCreate } from './ticket-create.ts';
import { createTicketRead } from './ticket-read.ts';
import { createTicketUpdate } from './ticket-update.ts';
import { createTicketUpdateMany } from './ticket-update-many.ts';

export interface HandlersOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970, for comparing the instance's clock with the delegate's. */
  readonly wallClockMs: () => number;
  /** For DNS, TCP and TLS together; 10 s when absent. */
  readonly connectTimeoutMs?: number;
  /** For a whole answer; 60 s when absent. It must stay below the protocol's settleMs. */
  readonly answerTimeoutMs?: number;
  /** For the answer to a reach check; 15 s when absent. It must stay below the protocol's reachCheckTimeoutMs. */
  readonly reachTimeoutMs?: number;
}

export interface ServiceNowHandlers {
  readonly handlers: TargetHandlers;
  readonly probeReach: ReachProbe;
  /** Ends the connections; a request under way ends as if its answer was lost. */
  close(): Promise<void>;
}

/** Makes the handlers of the task types that concern an instance, and the reach probe; `close()` ends their connections. */
export function createHandlers(options: HandlersOptions): ServiceNowHandlers {
  const client = new ServiceNowClient(options);
  const prober = new ServiceNowClient({
    ...options,
    answerTimeoutMs: options.reachTimeoutMs ?? 15_000,
    mostAnswerBytes: 1_048_576,
  });
  const readMetadata = createMetadataCache(options.clock, readTableMetadata);
  return {
    handlers: {
      'connection.test': createConnectionTest(client, options.wallClockMs),
      'ticket.create': createTicketCreate(client, createFieldResolver(readMetadata, 'leave-out')),
      'ticket.update': createTicketUpdate(client),
      'ticket.update-many': createTicketUpdateMany(client),
      'import-set.load': createImportSetLoad(client),
      'metadata.read': createMetadataRead(client, readMetadata),
      'ticket.read': createTicketRead(client),
    },
    probeReach: createReachProbe(prober),
    close: async () => {
      await Promise.all([client.close(), prober.close()]);
    },
  };
}
