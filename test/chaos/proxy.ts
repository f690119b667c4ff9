import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { ProxyConnection } from './proxy-connection.ts';
import type { Arrow, Direction, TripWires } from './trip-wires.ts';

/** What happens to bytes that pass in one direction. */
export type Condition =
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Half-open: connections are accepted and bytes are taken, and nothing arrives until it is over. */
  | { readonly kind: 'hold'; readonly over: Promise<'deliver' | 'cut'> }
  /** Bytes are taken and never arrive. */
  | { readonly kind: 'swallow' };

export interface Upstream {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface ProxyOptions {
  readonly arrow: Arrow;
  /** The program that dials through this proxy. */
  readonly dialler: string;
  readonly wires: TripWires;
  /** Where a new connection leads; undefined refuses it. */
  readonly upstream: () => Upstream | undefined;
  /** Sees all bytes before anything is done with them. */
  readonly watch?: (direction: Direction, chunk: Buffer) => void;
}

const pass: Condition = { kind: 'pass' };
const mostListenTries = 200;
const listenAgainMs = 50;

/** One arrow of one program as a TCP proxy, so that the network between two programs can fail in every way. */
export class LinkProxy {
  readonly dialler: string;
  readonly #options: ProxyOptions;
  readonly #connections = new Set<ProxyConnection>();
  readonly #conditions: Record<Direction, Condition> = { 'to-server': pass, 'to-client': pass };
  #server: Server | undefined;
  #address: { host: string; port: number } | undefined;

  constructor(options: ProxyOptions) {
    this.dialler = options.dialler;
    this.#options = options;
  }

  /** Takes a free port when none is given. */
  async listen(host: string, port = 0): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.on('connection', (client) => this.#accept(client));
    server.listen(port, host);
    await once(server, 'listening');
    this.#server = server;
    this.#address = { host, port: (server.address() as AddressInfo).port };
  }

  get port(): number {
    if (!this.#address) throw new Error(`the proxy of ${this.dialler} does not listen`);
    return this.#address.port;
  }

  /** The program that the newest open connection leads to. */
  get dialled(): string | undefined {
    return [...this.#connections].findLast((connection) => connection.isOpen)?.dialled;
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  set(direction: Direction, condition: Condition): void {
    this.#conditions[direction] = condition;
  }

  clear(): void {
    this.set('to-server', pass);
    this.set('to-client', pass);
  }

  /** Breaks every connection with a reset. */
  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Breaks every connection, and nobody listens any more. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    this.cut();
    await closed;
  }

  /** Listens again, where it did before. */
  async accept(): Promise<void> {
    if (this.#server || !this.#address) return;
    const { host, port } = this.#address;
    // Meanwhile the port may have become the near end of somebody's connection.
    for (let tries = 1; ; tries += 1)
      try {
        return await this.listen(host, port);
      } catch (error) {
        if (tries >= mostListenTries) throw error;
        await setTimeout(listenAgainMs);
      }
  }

  async close(): Promise<void> {
    await this.refuse();
    this.clear();
  }

  #accept(client: Socket): void {
    const upstream = this.#options.upstream();
    if (!upstream) {
      client.on('error', () => {});
      client.resetAndDestroy();
      return;
    }
    const { arrow, wires, watch } = this.#options;
    const connection = new ProxyConnection(client, upstream, {
      arrow,
      dialler: this.dialler,
      wires,
      condition: (direction) => this.#conditions[direction],
      watch: watch ?? (() => {}),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.start();
  }
}
