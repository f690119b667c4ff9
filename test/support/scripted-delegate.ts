import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodeFromManager, encode } from '#protocol/codec.ts';
import type { DelegateMessage, ManagerMessage, Message, ReachFinding } from '#protocol/messages.ts';
import { knownFeatures, revision, subprotocol } from '#protocol/version.ts';
import { createSessionKeys } from '../../delegate/link/unseal.ts';

type Received<T extends ManagerMessage['type']> = Extract<ManagerMessage, { type: T }>;

const waitAtMostMs = 10_000;

/** What it answers by itself to tasks that no test is about: such as that nothing may be known of an instance's columns. */
const ownAnswers: Readonly<Record<string, object | undefined>> = {
  canary: {},
  'metadata.read': { warnings: ['nothing may be known'] },
};

/** A delegate that does what a test tells it, over a real socket. What it hears is kept in order until it is waited for. */
export class ScriptedDelegate implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #inbox: ManagerMessage[] = [];
  readonly #inFlight = new Map<string, { taskId: string; attempt: number }>();
  #arrived = Promise.withResolvers<void>();
  #listener: ((message: ManagerMessage) => void) | undefined;
  #found: ReachFinding | undefined;
  readonly #own = new Set<string>();
  #beating: NodeJS.Timeout | undefined;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly keys = createSessionKeys();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        clearInterval(this.#beating);
        resolve({ code, reason: String(reason) });
      });
    });
    socket.on('message', (data) => {
      const decoded = decodeFromManager(String(data));
      if ('fault' in decoded) throw new Error(decoded.fault);
      const { message } = decoded;
      if (message.type === 'task.report.ack') this.#inFlight.delete(`${message.taskId}/${message.attempt}`);
      if (this.#answerByItself(message)) return;
      if (this.#listener) this.#listener(message);
      else this.#inbox.push(message);
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    });
  }

  static async dial(managerUrl: string): Promise<ScriptedDelegate> {
    const socket = new WebSocket(`${managerUrl.replace(/^http/, 'ws')}/api/v1/delegate`, subprotocol);
    const delegate = new ScriptedDelegate(socket);
    await once(socket, 'open');
    return delegate;
  }

  /** Dials, says hello, and waits for the welcome. */
  static async join(
    managerUrl: string,
    token: string,
    hello: Partial<Message<'hello'>> = {},
    found?: ReachFinding,
  ): Promise<ScriptedDelegate> {
    const delegate = (await ScriptedDelegate.dial(managerUrl)).answering(found);
    delegate.send(delegate.hello(token, hello));
    await delegate.next('welcome');
    return delegate;
  }

  hello(token: string, change: Partial<Message<'hello'>> = {}): Message<'hello'> {
    return {
      type: 'hello',
      revision,
      features: [],
      token,
      name: 'scripted',
      instanceId: '00000000-0000-4000-8000-000000000001',
      hostname: 'host',
      version: 'test',
      tags: ['dc1'],
      taskTypes: ['connection.test', 'ticket.create', 'ticket.read', 'ticket.update'],
      capacity: 10,
      sealKey: this.keys.sealKey,
      inFlight: [],
      ...change,
    };
  }

  /** What a hello of this version says more: it answers canaries, and checks its way to an instance. */
  static readonly modern = {
    features: [...knownFeatures],
    taskTypes: ['canary', 'connection.test', 'ticket.create', 'ticket.read', 'ticket.update'],
  };

  /** Answers every canary, question for columns and check of its way by itself, until the finding is undefined. */
  answering(found: ReachFinding | undefined): this {
    this.#found = found;
    return this;
  }

  /** From now on every message goes to the listener, and none is kept. */
  onMessage(listener: (message: ManagerMessage) => void): void {
    this.#listener = listener;
  }

  /** Heartbeats from now on, with what it has accepted and not had acknowledged. */
  keepAlive(everyMs: number): this {
    this.#beating = setInterval(
      () => this.send({ type: 'heartbeat', inFlight: [...this.#inFlight.values()] }),
      everyMs,
    );
    return this;
  }

  /** The delegate that hears a message of a type first, and the message. */
  static async firstToHear<T extends ManagerMessage['type']>(
    delegates: readonly ScriptedDelegate[],
    type: T,
  ): Promise<{ delegate: ScriptedDelegate; message: Received<T> }> {
    while (true) {
      for (const delegate of delegates)
        if (delegate.#inbox.some((message) => message.type === type))
          return { delegate, message: await delegate.next(type) };
      await Promise.race(delegates.map((delegate) => delegate.#arrived.promise));
    }
  }

  send(message: DelegateMessage): void {
    if (message.type === 'task.accept')
      this.#inFlight.set(`${message.taskId}/${message.attempt}`, { taskId: message.taskId, attempt: message.attempt });
    this.#socket.send(encode(message));
  }

  sendRaw(frame: string | Buffer): void {
    this.#socket.send(frame);
  }

  /** Waits for the next message of a type; those of other types stay for later. */
  async next<T extends ManagerMessage['type']>(type: T): Promise<Received<T>> {
    const timeout = AbortSignal.timeout(waitAtMostMs);
    const late = once(timeout, 'abort');
    while (true) {
      const index = this.#inbox.findIndex((message) => message.type === type);
      const [found] = index < 0 ? [] : this.#inbox.splice(index, 1);
      if (found) return found as Received<T>;
      if (timeout.aborted) throw new Error(`no ${type} came; heard: ${this.#inbox.map((m) => m.type).join(', ')}`);
      await Promise.race([this.#arrived.promise, late, this.closed.then(() => this.#failClosed(type))]);
    }
  }

  /** Heartbeats once, with what it says it has in flight, and waits for the answer. */
  async beat(inFlight: { taskId: string; attempt: number }[] = []): Promise<void> {
    this.send({ type: 'heartbeat', inFlight });
    await this.next('heartbeat.ack');
  }

  /** Reads nothing more, as a stopped process does. */
  freeze(): void {
    clearInterval(this.#beating);
    this.#socket.pause();
  }

  /** Breaks off without a close, as a killed process does. */
  vanish(): void {
    this.#socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    await this.closed;
  }

  #answerByItself(message: ManagerMessage): boolean {
    // A cancel of one that is over is legal: a heartbeat that still listed it may be looked at after its report.
    if (message.type === 'task.report.ack' || message.type === 'task.cancel') return this.#own.has(message.taskId);
    if (!this.#found) return false;
    if (message.type === 'reach.check') {
      this.send({ type: 'reach.result', checkId: message.checkId, found: this.#found });
      return true;
    }
    if (message.type !== 'task.assign') return false;
    const result = ownAnswers[message.taskType];
    if (!result) return false;
    const key = { taskId: message.taskId, attempt: message.attempt };
    const outcome = { kind: 'succeeded', result } as const;
    this.#own.add(message.taskId);
    this.send({ type: 'task.accept', ...key });
    this.send({ type: 'task.report', ...key, outcome, sideEffect: false, notes: [] });
    return true;
  }

  async #failClosed(type: string): Promise<void> {
    if (this.#inbox.some((message) => message.type === type)) return;
    const { code, reason } = await this.closed;
    throw new Error(`the manager closed with ${code} ${reason} while ${type} was waited for`);
  }
}
