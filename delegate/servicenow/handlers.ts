import type { Clock } from '../core/clock.ts';
import type { Handlers } from '../core/handler.ts';
import { ServiceNowClient } from './client.ts';
import { createConnectionTest } from './connection-test.ts';
import { createTicketCreate } from './ticket-create.ts';
import { createTicketRead } from './ticket-read.ts';
import { createTicketUpdate } from './ticket-update.ts';

export interface HandlersOptions {
  readonly clock: Clock;
  /** Milliseconds since 1970, for comparing the instance's clock with the delegate's. */
  readonly wallClockMs: () => number;
  /** For DNS, TCP and TLS together; 10 s when absent. */
  readonly connectTimeoutMs?: number;
  /** For a whole answer; 60 s when absent. It must stay below the protocol's settleMs. */
  readonly answerTimeoutMs?: number;
}

export interface ServiceNowHandlers {
  readonly handlers: Handlers;
  /** Ends the connections; a request under way ends as if its answer was lost. */
  close(): Promise<void>;
}

/** Makes the handlers of every task type over one client, whose connections `close()` ends. */
export function createHandlers(options: HandlersOptions): ServiceNowHandlers {
  const client = new ServiceNowClient(options);
  return {
    handlers: {
      'connection.test': createConnectionTest(client, options.wallClockMs),
      'ticket.create': createTicketCreate(client),
      'ticket.update': createTicketUpdate(client),
      'ticket.read': createTicketRead(client),
    },
    close: () => client.close(),
  };
}
