import { limits } from '#protocol/limits.ts';
import type { Clock } from '../core/clock.ts';
import type { Link } from '../core/link.ts';
import type { Log } from '../core/log.ts';
import type { DelegateIdentity } from './hello.ts';
import { Session, type Socket } from './session.ts';
import { createSessionKeys } from './unseal.ts';
import { dialWebSocket, socketUrlOf } from './ws-socket.ts';

export interface ManagerLinkOptions {
  readonly managerUrl: string;
  readonly identity: DelegateIdentity;
  readonly clock: Clock;
  readonly log: Log;
}

/** From the dial to the upgrade. */
const handshakeTimeoutMs = 10_000;

/** From hello to welcome: the manager writes to Redis before it answers. */
const welcomeTimeoutMs = 2 * limits.helloTimeoutMs;

/** A manager that is dead does not answer a close either, and the next dial waits for this. */
const closeTimeoutMs = 1_000;

/** Makes the way to the managers: each dial is a socket, a key pair and a session of its own. */
export function createManagerLink({ managerUrl, identity, clock, log }: ManagerLinkOptions): Link {
  const url = socketUrlOf(managerUrl);
  return {
    dial: (inFlight, events) => {
      log.debug({ url }, 'dialling');
      const keys = createSessionKeys();
      const dialOptions = { url, clock, handshakeTimeoutMs, closeTimeoutMs };
      const socket: Socket = dialWebSocket(dialOptions, {
        opened: () => session.opened(),
        received: (frame) => session.received(frame),
        receivedBinary: () => session.receivedBinary(),
        closed: (code, reason) => session.closed(code, reason),
        failed: (fault) => session.ended({ by: 'network', closeName: undefined, code: undefined, ...fault }),
      });
      const session = new Session(socket, { identity, keys, clock, log, inFlight, events, welcomeTimeoutMs });
      return session;
    },
  };
}
