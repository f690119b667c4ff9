import { type CloseName, closeCodes, fitReason } from '#protocol/close-codes.ts';
import { decodeFromDelegate, encode } from '#protocol/codec.ts';
import { limits } from '#protocol/limits.ts';
import type { DelegateMessage, Hello, ManagerMessage } from '#protocol/messages.ts';
import type { Clock } from '../core/clock.ts';
import type { DelegateSessions } from '../core/delegate-sessions.ts';
import type { DelegateEntry } from '../core/delegates.ts';
import type { Log } from '../core/log.ts';
import type { DelegateSession } from '../core/roster.ts';
import type { Timing } from '../core/timing.ts';

/** The raw transport under a session. */
export interface Socket {
  send(frame: string): void;
  close(code: number, reason: string): void;
}

/**
 * awaiting-hello: the socket is up, nothing was said. admitting: hello is being checked; the delegate must be silent.
 * open: welcomed. closed: over; whatever still arrives is dropped.
 */
type State = 'awaiting-hello' | 'admitting' | 'open' | 'closed';

const moves: Readonly<Record<State, readonly State[]>> = {
  'awaiting-hello': ['admitting', 'closed'],
  admitting: ['open', 'closed'],
  open: ['closed'],
  closed: [],
};

interface Deps {
  readonly sessions: DelegateSessions;
  readonly clock: Clock;
  readonly log: Log;
  readonly managerId: string;
  readonly timing: Timing;
  readonly remoteAddress: string;
}

/** The manager's side of the protocol for one socket: PROTOCOL.md as a state machine that never sees the transport. */
export class GatewaySession {
  readonly #socket: Socket;
  readonly #deps: Deps;
  #state: State = 'awaiting-hello';
  #session: DelegateSession | undefined;
  #cancelTimer: () => void;

  constructor(socket: Socket, deps: Deps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#cancelTimer = deps.clock.setTimer(deps.timing.helloTimeoutMs, () =>
      this.#close('timeout', 'no hello in time'),
    );
  }

  /** A text frame has arrived. */
  onFrame(frame: string): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'open' && Buffer.byteLength(frame) > limits.maxHelloBytes)
      return this.#close('frame-too-large', `a frame before welcome may have ${limits.maxHelloBytes} bytes`);
    const decoded = decodeFromDelegate(frame);
    if ('fault' in decoded) return this.#close('protocol-error', decoded.fault);
    this.#handle(decoded.message).catch((error: unknown) => {
      this.#deps.log.error({ err: error, delegateId: this.#session?.delegateId }, 'message could not be handled');
      this.#close('internal', 'a fault of the manager; what was not acknowledged may be sent again');
    });
  }

  onBinaryFrame(): void {
    this.#close('protocol-error', 'a binary frame; messages are text');
  }

  /** The socket has closed, whoever closed it. */
  onClosed(code: number): void {
    if (this.#state === 'closed') return;
    this.#moveTo('closed', { code });
    this.#end();
  }

  async #handle(message: DelegateMessage): Promise<void> {
    if (message.type === 'hello') return this.#onHello(message);
    if (this.#state !== 'open' || !this.#session)
      return this.#close('protocol-error', `${message.type} is not legal before welcome`);
    this.#armHeartbeat();
    const { sessions } = this.#deps;
    const session = this.#session;
    switch (message.type) {
      case 'heartbeat':
        await sessions.heartbeat(session, message.inFlight);
        return this.#send({ type: 'heartbeat.ack' });
      case 'task.accept':
        if (!(await sessions.accepted(session, message))) this.#refuseUnassigned(message);
        return;
      case 'task.reject':
        if (!(await sessions.rejected(session, message))) this.#refuseUnassigned(message);
        return;
      case 'task.report':
        return sessions.reported(session, message);
      case 'drain':
        return sessions.draining(session);
    }
  }

  async #onHello(hello: Hello): Promise<void> {
    if (this.#state !== 'awaiting-hello') return this.#close('protocol-error', 'hello came twice');
    this.#moveTo('admitting', { name: hello.name });
    const admission = await this.#deps.sessions.admit(hello);
    if (admission.kind === 'refused') return this.#close(admission.close, admission.reason);
    if (this.#hasClosed()) return;
    const { entry } = admission;
    const session = this.#present(entry, hello.sealKey);
    this.#session = session;
    this.#moveTo('open', { delegateId: entry.id, sessionId: entry.sessionId });
    this.#armHeartbeat();
    const { timing, managerId } = this.#deps;
    this.#send({
      type: 'welcome',
      revision: admission.revision,
      features: [],
      managerId,
      sessionId: entry.sessionId,
      delegateId: entry.id,
      heartbeatMs: timing.heartbeatMs,
      heartbeatTimeoutMs: timing.heartbeatTimeoutMs,
      maxFrameBytes: limits.maxFrameBytes,
    });
    await this.#deps.sessions.opened(session, entry.tokenId, hello.inFlight);
  }

  #present(entry: DelegateEntry, sealKey: string): DelegateSession {
    return {
      sessionId: entry.sessionId,
      delegateId: entry.id,
      name: entry.name,
      tags: entry.tags,
      taskTypes: entry.taskTypes,
      capacity: entry.capacity,
      sealKey,
      send: (message) => this.#send(message),
      close: (name, reason) => this.#close(name, reason),
    };
  }

  #refuseUnassigned(message: { type: string; taskId: string; attempt: number }): void {
    this.#close(
      'protocol-error',
      `${message.type}: ${message.taskId}/${message.attempt} was not given to this session, or is answered`,
    );
  }

  #send(message: ManagerMessage): void {
    if (this.#state === 'open') this.#socket.send(encode(message));
  }

  #close(name: CloseName, reason: string): void {
    if (this.#state === 'closed') return;
    this.#moveTo('closed', { close: name, reason });
    this.#socket.close(closeCodes[name].code, fitReason(reason));
    this.#end();
  }

  #end(): void {
    this.#cancelTimer();
    if (this.#session) this.#deps.sessions.closed(this.#session);
  }

  /** Anything that arrives shows that the delegate lives. */
  #armHeartbeat(): void {
    const { clock, timing } = this.#deps;
    this.#cancelTimer();
    this.#cancelTimer = clock.setTimer(timing.heartbeatTimeoutMs, () => this.#close('timeout', 'no heartbeat in time'));
  }

  /** Asked after a wait, where the state may have changed. */
  #hasClosed(): boolean {
    return this.#state === 'closed';
  }

  #moveTo(state: State, fields: object): void {
    if (!moves[this.#state].includes(state)) throw new Error(`a session cannot go from ${this.#state} to ${state}`);
    this.#state = state;
    const { log, remoteAddress } = this.#deps;
    log.info({ state, remoteAddress, delegateId: this.#session?.delegateId, ...fields }, 'session state');
  }
}
