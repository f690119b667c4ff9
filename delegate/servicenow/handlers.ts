import type { Clock } from '../core/clock.ts';
import type { TargetHandlers } from '../core/handler.ts';
import type { ReachProbe } from '../core/reach-checks.ts';
import { AccessTokens } from './access-tokens.ts';
import { ServiceNowClient } from './client.ts';
import { createConnectionTest } from './connection-test.ts';
import { createFieldResolver } from './field-resolution.ts';
import type { ProxyChoice } from './http-proxy.ts';
import { createImportSetLoad } from './import-set-load.ts';
import { createMetadataCache } from './metadata-cache.ts';
import { createMetadataRead } from './metadata-read.ts';
import { createReachProbe } from './reach-probe.ts';
import { readTableMetadata } from './table-metadata.ts';
import { createTicketChanges } from './ticket-changes.ts';
import { createTicketCreate } from './ticket-create.ts';
import { createTicketRead } from './ticket-read.ts';
import { createTicketUpdate } from './ticket-update.ts';
import { createTicketUpdateMany } from './ticket-update-many.ts';
import type { Transport } from './transport.ts';

export interface HandlersOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970, for comparing the instance's clock with the delegate's. */
  readonly wallClockMs: () => number;
  /** The proxy for a URL; directly everywhere when absent. */
  readonly proxyFor?: ProxyChoice;
  /** For DNS, TCP and TLS together; 10 s when absent. */
  readonly connectTimeoutMs?: number;
  /** For a whole answer; 60 s when absent. It must stay below the protocol's settleMs. */
  readonly answerTimeoutMs?: number;
  /** For an answer to a reach check or a connection test; 15 s when absent. It must stay below the protocol's reachCheckTimeoutMs. */
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
  const resolveForUpdate = createFieldResolver(readMetadata, 'refuse');
  const tokens = new AccessTokens(options.clock);
  const transport: Transport = { send: (target, request) => client.send(target, request), tokens };
  return {
    handlers: {
      'connection.test': createConnectionTest({
        sender: prober,
        tokens,
        wallClockMs: options.wallClockMs,
        readCertificate: (baseUrl) => prober.readCertificate(baseUrl),
      }),
      'ticket.create': createTicketCreate(transport, createFieldResolver(readMetadata, 'leave-out')),
      'ticket.update': createTicketUpdate(transport, resolveForUpdate),
      'ticket.update-many': createTicketUpdateMany(transport, resolveForUpdate),
      'import-set.load': createImportSetLoad(transport),
      'metadata.read': createMetadataRead(transport, readMetadata),
      'ticket.read': createTicketRead(transport),
      'ticket.changes': createTicketChanges(transport),
    },
    probeReach: createReachProbe(prober),
    close: async () => {
      await Promise.all([client.close(), prober.close()]);
    },
  };
}
