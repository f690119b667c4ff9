import { type CloseName, closeCodes, fitReason } from '#protocol/close-codes.ts';
import { decodeFromManager, encode } from '#protocol/codec.ts';
import { limits } from '#protocol/limits.ts';
import type { DelegateMessage, SealedSecret } from '#protocol/messages.ts';
import { knownFeatures, oldestRevision, revision } from '#protocol/version.ts';
import type { Clock } from '../core/clock.ts';
import type {
  InFlightView,
  LinkEnd,
  LinkEvents,
  LinkSession,
  SealBinding,
  SessionSend,
  Welcome,
} from '../core/link.ts';
import type { Log } from '../core/log.ts';
import { Heartbeat } from './heartbeat.ts';
import { composeHello, type DelegateIdentity } from './hello.ts';
import { describeOwnClose, describePeerClose } from './session-end.ts';
import type { SessionKeys } from './unseal.ts';

/** What a session needs of a transport. */
export interface Socket {
  send(frame: string): void;
  /** Begins to close; the session is told by closed() when it is done. */
  close(code: number, reason: string): void;
}

/**
 * dialling: the socket is not open yet; nothing is sent.
 * awaiting-welcome: hello is sent; nothing but welcome is legal from the manager, nothing at all from us.
 * open: the session. Heartbeats run.
 * closed: nothing is sent, and what still comes in is not read. The socket may take a moment to follow.
 */
export type SessionState = 'dialling' | 'awaiting-welcome' | 'open' | 'closed';

const legalMoves: Record<SessionState, readonly SessionState[]> = {
  dialling: ['awaiting-welcome', 'closed'],
  'awaiting-welcome': ['open', 'closed'],
  open: ['closed'],
  closed: [],
};

export interface SessionOptions {
  readonly identity: DelegateIdentity;
  readonly keys: SessionKeys;
  readonly clock: Clock;
  readonly log: Log;
  readonly inFlight: InFlightView;
  readonly events: LinkEvents;
  /** From hello to welcome. */
  readonly welcomeTimeoutMs: number;
}

/** The delegate's side of the protocol, without a transport: frames in, frames out. PROTOCOL.md, sections 2 to 4 and 7. */
export class Session implements LinkSession {
  readonly #options: SessionOptions;
  readonly #socket: Socket;
  #state: SessionState = 'dialling';
  #cancelWelcomeTimer: (() => void) | undefined;
  #heartbeat: Heartbeat | undefined;
  #unansweredBeats = 0;
  #maxFrameBytes: number = limits.maxHelloBytes;
  /** What both sides can do. */
  #features: readonly string[] = [];
  /** How we closed it; undefined while we have not. */
  #ownEnd: LinkEnd | undefined;

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** The socket is open. */
  opened(): void {
    if (this.#state !== 'dialling') return;
    const { clock, identity, inFlight, keys, welcomeTimeoutMs } = this.#options;
    this.#setState('awaiting-welcome');
    this.#cancelWelcomeTimer = clock.setTimer(welcomeTimeoutMs, () =>
      this.close('timeout', `no welcome within ${welcomeTimeoutMs} ms`),
    );
    this.#transmit(composeHello(identity, keys.sealKey, inFlight()));
  }

  /** A text frame came. */
  received(frame: string): void {
    if (this.#state === 'closed') return;
    const breach = this.#receive(frame);
    if (breach) this.close(breach.name, breach.reason);
  }

  /** A binary frame came. */
  receivedBinary(): void {
    this.close('protocol-error', 'a binary frame; every message is a text frame');
  }

  /** The socket is closed, whoever began it. */
  closed(code: number, reason: string): void {
    this.ended(describePeerClose(code, reason));
  }

  /** The socket is gone, or never came to be. */
  ended(end: LinkEnd): void {
    if (this.#state !== 'closed') this.#shut();
    this.#options.events.ended(this.#ownEnd ?? end);
  }

  send(message: SessionSend): void {
    if (this.#state !== 'open') return;
    if (message.type === 'task.progress' && !this.#features.includes('task-progress')) return;
    this.#transmit(message);
  }

  sendEncoded(frame: string): void {
    if (this.#state === 'open') this.#socket.send(frame);
  }

  close(name: CloseName, reason: string): void {
    if (this.#state === 'closed') return;
    const fitted = fitReason(reason);
    this.#ownEnd = describeOwnClose(name, fitted);
    this.#shut();
    this.#socket.close(closeCodes[name].code, fitted);
  }

  openSecret(sealed: SealedSecret, binding: SealBinding): string | undefined {
    return this.#options.keys.open(sealed, binding);
  }

  #receive(frame: string): Breach | undefined {
    if (this.#heartbeat?.heard() === false) return silence;
    const bytes = Buffer.byteLength(frame, 'utf8');
    if (bytes > this.#maxFrameBytes)
      return { name: 'frame-too-large', reason: `a frame of ${bytes} bytes, the limit is ${this.#maxFrameBytes}` };
    const decoded = decodeFromManager(frame);
    if ('fault' in decoded) return broken(decoded.fault);
    const { message } = decoded;
    if (this.#state === 'awaiting-welcome')
      return message.type === 'welcome' ? this.#receiveWelcome(message) : broken(`${message.type} came before welcome`);
    if (message.type === 'welcome') return broken('welcome came twice');
    if (message.type === 'heartbeat.ack') {
      if (this.#unansweredBeats === 0) return broken('heartbeat.ack came without a heartbeat');
      this.#unansweredBeats -= 1;
      return undefined;
    }
    if (message.type === 'reach.check' && !this.#features.includes('reach-check'))
      return broken('reach.check came without the feature reach-check');
    this.#options.events.received(message);
    return undefined;
  }

  #receiveWelcome(welcome: Welcome): Breach | undefined {
    const { clock, events, inFlight } = this.#options;
    const { heartbeatMs, heartbeatTimeoutMs } = welcome;
    if (welcome.revision < oldestRevision || welcome.revision > revision)
      return { name: 'revision-unsupported', reason: `welcome: /revision ${welcome.revision} is not spoken here` };
    if (heartbeatMs < 1 || heartbeatTimeoutMs <= heartbeatMs)
      return broken('welcome: /heartbeatMs must be above 0 and below heartbeatTimeoutMs');
    this.#cancelWelcomeTimer?.();
    this.#maxFrameBytes = Math.min(welcome.maxFrameBytes, limits.maxFrameBytes);
    this.#features = knownFeatures.filter((feature) => welcome.features.includes(feature));
    this.#heartbeat = new Heartbeat({
      heartbeatMs,
      heartbeatTimeoutMs,
      clock,
      beat: () => {
        this.#unansweredBeats += 1;
        this.#transmit({ type: 'heartbeat', inFlight: inFlight().slice(0, limits.maxCapacity) });
      },
      dead: () => this.close(silence.name, silence.reason),
    });
    this.#setState('open');
    events.welcomed(welcome);
    return undefined;
  }

  /** Stops everything that the session owns. */
  #shut(): void {
    this.#setState('closed');
    this.#cancelWelcomeTimer?.();
    this.#heartbeat?.stop();
  }

  #transmit(message: DelegateMessage): void {
    this.#socket.send(encode(message));
  }

  #setState(to: SessionState): void {
    const from = this.#state;
    if (!legalMoves[from].includes(to)) throw new Error(`a session cannot go from ${from} to ${to}`);
    this.#state = to;
    this.#options.log.debug({ from, to }, 'session changed');
  }
}

/** What the manager did that ends the session. */
interface Breach {
  readonly name: CloseName;
  readonly reason: string;
}

const silence: Breach = { name: 'timeout', reason: 'nothing was heard from the manager for heartbeatTimeoutMs' };

function broken(reason: string): Breach {
  return { name: 'protocol-error', reason };
}
