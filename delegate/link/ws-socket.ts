import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { limits } from '#protocol/limits.ts';
import { subprotocol } from '#protocol/version.ts';
import type { Clock } from '../core/clock.ts';
import {
  type DialFault,
  describeHandshakeTimeout,
  describeNetworkError,
  describeRefusedUpgrade,
  describeWrongSubprotocol,
} from './dial-fault.ts';
import type { Socket } from './session.ts';

export interface SocketEvents {
  opened(): void;
  received(frame: string): void;
  receivedBinary(): void;
  /** Last, once, if the socket was open. */
  closed(code: number, reason: string): void;
  /** Last, once, if it never was. */
  failed(fault: DialFault): void;
}

export interface DialOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly handshakeTimeoutMs: number;
  /** How long the other side may take to answer a close before the socket is cut. */
  readonly closeTimeoutMs: number;
}

/** Derives the address to dial from the manager's: wss from https, ws from http, and a path prefix is kept. */
export function socketUrlOf(managerUrl: string): string {
  const url = new URL(managerUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/delegate`;
  return url.href;
}

/** Dials a manager. Everything about `ws` is here; no event comes before this returns. */
export function dialWebSocket(options: DialOptions, events: SocketEvents): Socket {
  const { clock, closeTimeoutMs, handshakeTimeoutMs, url } = options;
  const socket = new WebSocket(url, subprotocol, { maxPayload: limits.maxFrameBytes, perMessageDeflate: false });
  let wasOpen = false;
  let fault: DialFault | undefined;
  /** Set when our own reader refused a frame: `ws` then answers 1009 and reports 1006. */
  let overLimit = false;
  // Of the handshake, then of the closing handshake: a socket is never in both.
  let cancelTimer = clock.setTimer(handshakeTimeoutMs, () => {
    fault ??= describeHandshakeTimeout(handshakeTimeoutMs, url);
    socket.terminate();
  });

  socket.on('upgrade', ({ headers }: IncomingMessage) => {
    const answered = headers['sec-websocket-protocol'];
    if (answered !== subprotocol) fault ??= describeWrongSubprotocol(answered, url);
  });
  socket.on('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
    fault ??= describeRefusedUpgrade({ status: response.statusCode ?? 0, headers: response.headers }, url);
    response.resume();
    socket.terminate();
  });
  socket.on('error', (error) => {
    if (wasOpen) overLimit ||= 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    else fault ??= describeNetworkError(error, url);
  });
  socket.on('open', () => {
    cancelTimer();
    wasOpen = true;
    events.opened();
  });
  socket.on('message', (data, isBinary) => {
    if (isBinary) events.receivedBinary();
    else events.received(data.toString());
  });
  socket.on('close', (code, reason) => {
    cancelTimer();
    if (!wasOpen) events.failed(fault ?? describeNetworkError(new Error('closed'), url));
    else if (overLimit) events.closed(1009, `a frame of more than ${limits.maxFrameBytes} bytes`);
    else events.closed(code, reason.toString());
  });

  return {
    send: (frame) => {
      // The callback takes the error of a socket that broke meanwhile; its close event follows and tells it.
      if (socket.readyState === WebSocket.OPEN) socket.send(frame, () => {});
    },
    close: (code, reason) => {
      cancelTimer();
      if (socket.readyState === WebSocket.CONNECTING) return socket.terminate();
      cancelTimer = clock.setTimer(closeTimeoutMs, () => socket.terminate());
      socket.close(code, reason);
    },
  };
}
