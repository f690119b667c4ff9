import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { bareTask } from './task.ts';

/** A gateway without a queue, a record or a protocol: pushes a task to the next socket and waits for the answer. */
export class BareGateway {
  readonly #server: WebSocketServer;
  readonly #sockets = new Set<WebSocket>();
  readonly #waiting = new Map<string, (outcome: unknown) => void>();
  #inTurn: WebSocket[] = [];
  #pushed = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => this.#onConnection(socket));
  }

  static async start(): Promise<BareGateway> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    await once(server, 'listening');
    return new BareGateway(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  push(): Promise<unknown> {
    this.#pushed += 1;
    const taskId = `tsk_${this.#pushed}`;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#waiting.set(taskId, resolve);
    this.#inTurn[this.#pushed % this.#inTurn.length]?.send(JSON.stringify({ type: 'task', taskId, task: bareTask }));
    return promise;
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
  }

  #onConnection(socket: WebSocket): void {
    socket.once('message', () => {
      socket.send('{"type":"welcome"}');
      this.#sockets.add(socket);
      this.#inTurn = [...this.#sockets];
      socket.on('message', (data) => this.#onAnswer(JSON.parse(String(data)) as { taskId: string; outcome: unknown }));
    });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#inTurn = [...this.#sockets];
    });
  }

  #onAnswer({ taskId, outcome }: { taskId: string; outcome: unknown }): void {
    this.#waiting.get(taskId)?.(outcome);
    this.#waiting.delete(taskId);
  }
}
