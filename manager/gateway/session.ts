import { type CloseName, closeCodes, fitReason } from '#protocol/close-codes.ts';
import { decodeFromDelegate, encode } from '#protocol/codec.ts';
import { limits } from '#protocol/limits.ts';
import type { DelegateMessage, Hello, ManagerMessage, SealedSecret } from '#protocol/messages.ts';
import type { Admission } from '../core/admission.ts';
import type { Clock } from '../core/clock.ts';
import type { DelegateSessions } from '../core/delegate-sessions.ts';
import type { DelegateEntry } from '../core/delegates.ts';
import type { Log } from '../core/log.ts';
import type { DelegateSession } from '../core/roster.ts';
import type { SealContext } from '../core/secrets.ts';
import type { Timing } from '../core/timing.ts';
import { FrameBudget } from './frame-budget.ts';

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
  readonly admission: Admission;
  readonly sessions: DelegateSessions;
  readonly createSealer: (sealKey: string) => (plaintext: string, context: SealContext) => SealedSecret;
  /** How long the delegates of a fleet of this size may wait at most before they dial again. */
  readonly redialMaxMs: () => number;
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
  readonly #budget: FrameBudget;
  #session: DelegateSession | undefined;
  #cancelTimer: () => void;
  #heardAt = 0;

  constructor(socket: Socket, deps: Deps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#budget = new FrameBudget(() => deps.clock.now());
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
    this.#heardAt = this.#deps.clock.now();
    const { sessions } = this.#deps;
    const session = this.#session;
    if (message.type === 'task.progress' && !session.features.includes('task-progress'))
      return this.#close('protocol-error', 'task.progress came without the feature task-progress');
    if (!this.#isAskedFor(session, message) && !this.#budget.spend())
      return this.#close('flooding', `more frames that nothing asked for than ${limits.maxUnprovokedFrames}`);
    switch (message.type) {
      case 'heartbeat':
        // At once, and whatever becomes of the leases: it says that this manager lives.
        this.#send({ type: 'heartbeat.ack' });
        return sessions.heartbeat(session, message.inFlight);
      case 'task.accept':
        if (!sessions.accepted(session, message)) this.#refuseUnassigned(message);
        return;
      case 'task.reject':
        if (!(await sessions.rejected(session, message))) this.#refuseUnassigned(message);
        return;
      case 'task.progress':
        return sessions.found(session, message);
      case 'task.report':
        return sessions.reported(session, message);
      case 'reach.result':
        return sessions.checked(session, message);
      case 'drain':
        return sessions.draining(session);
    }
  }

  async #onHello(hello: Hello): Promise<void> {
    if (this.#state !== 'awaiting-hello') return this.#close('protocol-error', 'hello came twice');
    this.#moveTo('admitting', { name: hello.name });
    const admission = await this.#deps.admission.admit(hello);
    if (admission.kind === 'refused') return this.#close(admission.close, admission.reason);
    const { entry } = admission;
    if (this.#hasClosed()) return this.#deps.sessions.neverOpened(entry);
    const session = this.#present(entry, hello.sealKey);
    this.#session = session;
    this.#moveTo('open', { delegateId: entry.id, sessionId: entry.sessionId });
    this.#heardAt = this.#deps.clock.now();
    this.#watchHeartbeat(this.#deps.timing.heartbeatTimeoutMs);
    const { timing, managerId, redialMaxMs } = this.#deps;
    this.#send({
      type: 'welcome',
      revision: admission.revision,
      features: [...entry.features],
      managerId,
      sessionId: entry.sessionId,
      delegateId: entry.id,
      heartbeatMs: timing.heartbeatMs,
      heartbeatTimeoutMs: timing.heartbeatTimeoutMs,
      maxFrameBytes: limits.maxFrameBytes,
      redialMaxMs: redialMaxMs(),
    });
    await this.#deps.sessions.opened(session, entry, hello.inFlight);
  }

  #present(entry: DelegateEntry, sealKey: string): DelegateSession {
    return {
      sessionId: entry.sessionId,
      delegateId: entry.id,
      name: entry.name,
      tags: entry.tags,
      taskTypes: entry.taskTypes,
      features: entry.features,
      policy: entry.policy,
      capacity: entry.capacity,
      seal: this.#deps.createSealer(sealKey),
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

  /** Anything that arrives shows that the delegate lives. One timer, not one for each frame. */
  #watchHeartbeat(ms: number): void {
    const { clock, timing } = this.#deps;
    this.#cancelTimer();
    this.#cancelTimer = clock.setTimer(ms, () => {
      const leftMs = this.#heardAt + timing.heartbeatTimeoutMs - clock.now();
      if (leftMs > 0) this.#watchHeartbeat(leftMs);
      else this.#close('timeout', 'no heartbeat in time');
    });
  }

  /** An assignment is answered and reported once, and a bounded number of findings is told of it; all else a delegate sends by itself. */
  #isAskedFor(session: DelegateSession, message: DelegateMessage): boolean {
    switch (message.type) {
      case 'task.accept':
      case 'task.reject':
      case 'task.report':
        return this.#deps.sessions.isExpected(session, message);
      case 'task.progress':
        return this.#deps.sessions.listensTo(session, message);
      default:
        return false;
    }
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
