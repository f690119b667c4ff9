import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeFromDelegate, encode } from '#protocol/codec.ts';
import { limits } from '#protocol/limits.ts';
import type { DelegateMessage, ManagerMessage, Message } from '#protocol/messages.ts';
import { knownFeatures, revision, subprotocol } from '#protocol/version.ts';

type Received<T extends DelegateMessage['type']> = Extract<DelegateMessage, { type: T }>;

const waitAtMostMs = 10_000;

/**
 * A manager that does what a test tells it, over a real socket on a free port. By itself it only welcomes, answers
 * heartbeats, and keeps everything that it hears, in order, so that no message is missed between two waits.
 */
export class ScriptedManager {
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: () => this.answeredSubprotocol,
  });
  readonly #sessions = new Inbox<ScriptedSession>('session');
  readonly #raw = new Set<Duplex>();
  #refusal: string | undefined;
  #isDeaf = false;
  /** What the upgrade is answered with; false for no subprotocol at all. */
  answeredSubprotocol: string | false = subprotocol;
  /** Whether hello is answered with welcome, and heartbeat with its ack. */
  autoHandshake = true;
  /** Put over the fields of every welcome. */
  welcome: Partial<Message<'welcome'>> = {};

  readonly url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
    server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  static async start(): Promise<ScriptedManager> {
    const server = createServer((_request, response) => response.writeHead(426).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the scripted manager has no TCP address');
    return new ScriptedManager(server, `http://127.0.0.1:${address.port}`);
  }

  /** Answers every upgrade with this HTTP status, until `accept()`. */
  refuse(status: number, headers: Record<string, string> = {}, body = ''): void {
    const lines = Object.entries({
      ...headers,
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    });
    this.#refusal = `HTTP/1.1 ${status} Refused\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
  }

  /** Takes connections and never answers the upgrade. */
  ignoreUpgrades(): void {
    this.#isDeaf = true;
  }

  accept(): void {
    this.#refusal = undefined;
    this.#isDeaf = false;
  }

  /** The next socket that was opened and not handed out yet. */
  nextSession(): Promise<ScriptedSession> {
    return this.#sessions.take(() => true);
  }

  /** The next session, with its hello. */
  async nextHello(): Promise<{ session: ScriptedSession; hello: Message<'hello'> }> {
    const session = await this.nextSession();
    return { session, hello: await session.waitForMessage('hello') };
  }

  async close(): Promise<void> {
    for (const socket of this.#webSockets.clients) socket.terminate();
    for (const socket of this.#raw) socket.destroy();
    this.#sessions.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#raw.add(socket);
    socket.on('close', () => this.#raw.delete(socket));
    socket.on('error', () => socket.destroy());
    if (this.#isDeaf) return;
    if (this.#refusal !== undefined) {
      socket.end(this.#refusal);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { pathname } = new URL(request.url ?? '/', this.url);
      this.#sessions.put(
        new ScriptedSession(webSocket, pathname, () => (this.autoHandshake ? this.composeWelcome() : undefined)),
      );
    });
  }

  /** The welcome that it answers with, for a test that welcomes by hand. */
  composeWelcome(): Message<'welcome'> {
    return {
      type: 'welcome',
      revision,
      features: [...knownFeatures],
      managerId: 'manager-1',
      sessionId: `session-${crypto.randomUUID()}`,
      delegateId: 'delegate-1',
      heartbeatMs: limits.heartbeatMs,
      heartbeatTimeoutMs: limits.heartbeatTimeoutMs,
      maxFrameBytes: limits.maxFrameBytes,
      ...this.welcome,
    };
  }
}

/** One socket as the scripted manager has it. */
export class ScriptedSession {
  readonly path: string;
  readonly subprotocol: string;
  /** How the socket ended, as it is seen here. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #inbox = new Inbox<DelegateMessage>('message');
  #isSilent = false;

  constructor(socket: WebSocket, path: string, welcome: () => Message<'welcome'> | undefined) {
    this.#socket = socket;
    this.path = path;
    this.subprotocol = socket.protocol;
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#inbox.close();
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const decoded = decodeFromDelegate(data.toString());
      // A delegate that breaks the protocol must fail the test that it happens in.
      if ('fault' in decoded) throw new Error(`the delegate broke the protocol: ${decoded.fault}`);
      const { message } = decoded;
      this.#inbox.put(message);
      const answer = welcome();
      if (!answer || this.#isSilent) return;
      if (message.type === 'hello') this.send(answer);
      if (message.type === 'heartbeat') this.send({ type: 'heartbeat.ack' });
    });
  }

  /** Takes the oldest message of this type that no wait took yet, or waits for it. Rejects when the socket ends first. */
  async waitForMessage<T extends DelegateMessage['type']>(type: T): Promise<Received<T>> {
    const isWanted = (message: DelegateMessage): message is Received<T> => message.type === type;
    const message = await this.#inbox.take(isWanted, type);
    if (!isWanted(message)) throw new Error(`waited for ${type}, got ${message.type}`);
    return message;
  }

  /** The types of what came and no wait took, oldest first. */
  pendingTypes(): string[] {
    return this.#inbox.items.map(({ type }) => type);
  }

  send(message: ManagerMessage): void {
    this.#socket.send(encode(message));
  }

  /** Sends any frame: text for a string, binary for bytes. */
  sendFrame(frame: string | Uint8Array): void {
    this.#socket.send(frame, { binary: typeof frame !== 'string' });
  }

  /** Hears and never answers again, while the socket stays open. */
  goSilent(): void {
    this.#isSilent = true;
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** Cuts the socket as a dying machine would. */
  terminate(): void {
    this.#socket.terminate();
  }
}

interface Waiter<T> {
  readonly isWanted: (item: T) => boolean;
  readonly resolve: (item: T) => void;
  readonly reject: (error: Error) => void;
}

/** Items in order, each taken once; a wait that gets nothing rejects instead of hanging. */
class Inbox<T> {
  readonly items: T[] = [];
  readonly #waiters = new Set<Waiter<T>>();
  readonly #what: string;
  #isClosed = false;

  constructor(what: string) {
    this.#what = what;
  }

  put(item: T): void {
    const waiter = [...this.#waiters].find(({ isWanted }) => isWanted(item));
    if (waiter) waiter.resolve(item);
    else this.items.push(item);
  }

  take(isWanted: (item: T) => boolean, what: string = this.#what): Promise<T> {
    const index = this.items.findIndex(isWanted);
    const [found] = index < 0 ? [] : this.items.splice(index, 1);
    if (found !== undefined) return Promise.resolve(found);
    if (this.#isClosed) return Promise.reject(new Error(`ended before ${what} came`));
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter<T> = {
        isWanted,
        resolve: (item) => {
          leave();
          resolve(item);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const timer = setTimeout(() => waiter.reject(new Error(`no ${what} within ${waitAtMostMs} ms`)), waitAtMostMs);
      this.#waiters.add(waiter);
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const waiter of [...this.#waiters]) waiter.reject(new Error(`ended before a ${this.#what} came`));
  }
}
