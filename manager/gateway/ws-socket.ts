import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from '#protocol/limits.ts';
import { subprotocol } from '#protocol/version.ts';
import type { GatewaySession, Socket } from './session.ts';

const closeWithinMs = 2_000;

/** Everything about `ws` on the manager's side: upgrades of one path, frames in, frames out. */
export class WebSocketGateway {
  readonly #server: WebSocketServer;
  readonly #openSession: (socket: Socket, remoteAddress: string) => GatewaySession;

  constructor(openSession: (socket: Socket, remoteAddress: string) => GatewaySession) {
    this.#openSession = openSession;
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: limits.maxFrameBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
  }

  /** Answers an HTTP upgrade: to a WebSocket, or with a status that says why not. */
  onUpgrade(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    // The raw socket may break before ws has taken it over.
    raw.on('error', () => raw.destroy());
    const url = URL.parse(request.url ?? '/', 'http://manager');
    if (url?.pathname !== '/api/v1/delegate')
      return refuseUpgrade(raw, '404 Not Found', 'there is no WebSocket here; delegates connect to /api/v1/delegate');
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(subprotocol))
      return refuseUpgrade(raw, '400 Bad Request', `the subprotocol ${subprotocol} was not offered`);
    this.#server.handleUpgrade(request, raw, head, (ws) => this.#accept(ws, request.socket.remoteAddress ?? ''));
  }

  /** Lets nobody in any more: upgrades are answered with 503. */
  refuse(): void {
    this.#server.close();
  }

  /** Waits for the sockets to close, and ends those that do not in time. */
  async close(): Promise<void> {
    this.refuse();
    const open = [...this.#server.clients];
    const gone = Promise.all(open.map((ws) => new Promise<void>((resolve) => ws.once('close', () => resolve()))));
    const timer = setTimeout(() => {
      for (const ws of open) ws.terminate();
    }, closeWithinMs);
    await gone;
    clearTimeout(timer);
  }

  #accept(ws: WebSocket, remoteAddress: string): void {
    const session = this.#openSession(
      {
        send: (frame) => ws.send(frame),
        close: (code, reason) => ws.close(code, reason),
      },
      remoteAddress,
    );
    ws.on('message', (data: Buffer, isBinary: boolean) =>
      isBinary ? session.onBinaryFrame() : session.onFrame(data.toString('utf8')),
    );
    // A frame that is too large is closed with 1009 by ws itself; 'close' follows every error.
    ws.on('error', () => {});
    ws.on('close', (code) => session.onClosed(code));
  }
}

function refuseUpgrade(raw: Duplex, status: string, detail: string): void {
  const body = JSON.stringify({ title: status.slice(4), status: Number(status.slice(0, 3)), detail });
  raw.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
