import { once } from 'node:events';
import { WebSocket } from 'ws';
import { readResult } from './task.ts';

const endOfAnswer = `,"outcome":${JSON.stringify({ kind: 'succeeded', result: readResult })}}`;

/** The far end of the bare WebSocket round trip: says hello, and answers whatever is pushed. */
export class BareSocket {
  readonly #url: string;
  readonly #work: (() => Promise<void>) | undefined;
  #socket: WebSocket | undefined;

  constructor(url: string, work: (() => Promise<void>) | undefined) {
    this.#url = url;
    this.#work = work;
  }

  /** Resolves when it is welcomed. */
  async dial(): Promise<void> {
    const socket = new WebSocket(this.#url, { perMessageDeflate: false });
    this.#socket = socket;
    await once(socket, 'open');
    socket.send('{"type":"hello"}');
    await once(socket, 'message');
    socket.on('message', (data) => this.#onPushed(JSON.parse(String(data)) as { taskId: string }));
  }

  async leave(): Promise<void> {
    if (!this.#socket) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #onPushed({ taskId }: { taskId: string }): void {
    const answer = `{"taskId":"${taskId}"${endOfAnswer}`;
    if (this.#work) void this.#work().then(() => this.#socket?.send(answer));
    else this.#socket?.send(answer);
  }
}
