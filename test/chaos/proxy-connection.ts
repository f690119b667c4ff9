import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Condition, Upstream } from './proxy.ts';
import { type Arrow, type Direction, type Sighting, type TripWires, textAt, type Wire } from './trip-wires.ts';

export interface ConnectionOptions {
  readonly arrow: Arrow;
  readonly dialler: string;
  readonly wires: TripWires;
  /** What holds for bytes that arrive now. */
  readonly condition: (direction: Direction) => Condition;
  readonly watch: (direction: Direction, chunk: Buffer) => void;
  readonly closed: () => void;
}

const other: Record<Direction, Direction> = { 'to-server': 'to-client', 'to-client': 'to-server' };

/** Wires are of commands and frames, whose marks are shorter than this. */
const overlap = 128;

interface Lane {
  readonly from: Socket;
  readonly to: Socket;
  /** The end of the chunk before, since what a wire looks for may be torn. */
  tail: Buffer;
  /** A wire that waits for the answer to what it saw. */
  awaited: { readonly wire: Wire; readonly sighting: Sighting } | undefined;
  /** Nothing passes before it is settled. */
  barrier: Promise<unknown> | undefined;
}

/** One connection through a proxy: two lanes, each of which carries its chunks one after the other. */
export class ProxyConnection {
  readonly dialled: string;
  readonly #options: ConnectionOptions;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #lanes: Record<Direction, Lane>;
  readonly #over = new AbortController();

  constructor(client: Socket, upstream: Upstream, options: ConnectionOptions) {
    this.dialled = upstream.name;
    this.#options = options;
    this.#client = client;
    this.#server = connect({ host: upstream.host, port: upstream.port, allowHalfOpen: true, noDelay: true });
    this.#lanes = { 'to-server': lane(client, this.#server), 'to-client': lane(this.#server, client) };
  }

  get isOpen(): boolean {
    return !this.#over.signal.aborted;
  }

  start(): void {
    for (const socket of [this.#client, this.#server]) {
      // A lane that waits reads nothing, and would not learn of it.
      socket.on('error', () => this.cut());
      socket.on('close', () => this.#onClose());
    }
    for (const direction of ['to-server', 'to-client'] as const)
      this.#run(direction).catch(() => {
        this.cut();
      });
  }

  /** Breaks both sides with a reset; what is under way is lost. */
  cut(): void {
    if (!this.isOpen) return;
    this.#over.abort();
    reset(this.#client);
    reset(this.#server);
    this.#options.closed();
  }

  #onClose(): void {
    if (this.#client.destroyed && this.#server.destroyed) this.cut();
    else if (this.#client.closed && this.#client.errored) this.cut();
  }

  async #run(direction: Direction): Promise<void> {
    const { from, to } = this.#lanes[direction];
    // The other lane may still write to what this one reads from.
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      this.#options.watch(direction, chunk);
      await this.#carry(direction, chunk);
      if (!this.isOpen) return;
    }
    to.end();
  }

  /** Forwards one chunk, in parts where wires are touched. */
  async #carry(direction: Direction, chunk: Buffer): Promise<void> {
    const lane = this.#lanes[direction];
    await lane.barrier;
    await this.#springAwaited(lane);
    const bytes = Buffer.concat([lane.tail, chunk]);
    const from = lane.tail.length;
    lane.tail = bytes.subarray(Math.max(0, bytes.length - overlap));
    let sent = from;
    for (const { wire, at } of this.#options.wires.touch(this.#options.arrow, direction, bytes, from)) {
      const sighting = this.#sighting(textAt(bytes, at), heldOf(direction, wire));
      const until = wire.when === 'before' ? Math.max(sent, at) : bytes.length;
      const settled = Promise.withResolvers<void>();
      if (wire.when === 'after') this.#lanes[other[direction]].barrier = settled.promise;
      if (wire.when === 'answered') this.#lanes[other[direction]].awaited = { wire, sighting };
      await this.#deliver(direction, bytes.subarray(sent, until));
      sent = until;
      if (wire.when !== 'answered') await this.#spring(wire, sighting);
      settled.resolve();
      if (!this.isOpen) return;
    }
    await this.#deliver(direction, bytes.subarray(sent));
  }

  async #springAwaited(lane: Lane): Promise<void> {
    const { awaited } = lane;
    lane.awaited = undefined;
    if (awaited) await this.#spring(awaited.wire, awaited.sighting);
  }

  async #spring(wire: Wire, sighting: Sighting): Promise<void> {
    if ((await wire.spring(sighting)) === 'drop') this.cut();
  }

  async #deliver(direction: Direction, bytes: Buffer): Promise<void> {
    const { to } = this.#lanes[direction];
    if (bytes.length === 0 || !this.isOpen) return;
    const condition = this.#options.condition(direction);
    switch (condition.kind) {
      case 'pass':
        break;
      case 'delay':
        await setTimeout(condition.ms, undefined, { signal: this.#over.signal });
        break;
      case 'hold':
        if ((await condition.over) === 'cut') return this.cut();
        break;
      case 'swallow':
        return;
    }
    if (to.destroyed || this.#over.signal.aborted) return;
    if (!to.write(bytes)) await once(to, 'drain', { signal: this.#over.signal });
  }

  #sighting(text: string, held: Direction | undefined): Sighting {
    const { arrow, dialler } = this.#options;
    const { dialled } = this;
    const heldFrom = held && { 'to-server': dialler, 'to-client': dialled }[held];
    return { arrow, dialler, dialled, heldFrom, text };
  }
}

/** A reset would wait for what is still to be written, and fails in the middle of an end. */
function reset(socket: Socket): void {
  if (socket.writableLength > 0 || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function heldOf(direction: Direction, { when }: Wire): Direction | undefined {
  switch (when) {
    case 'before':
      return direction;
    case 'after':
      return undefined;
    case 'answered':
      return other[direction];
  }
}

function lane(from: Socket, to: Socket): Lane {
  return { from, to, tail: Buffer.alloc(0), awaited: undefined, barrier: undefined };
}
