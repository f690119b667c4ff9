import type { AfterClose, CloseName } from '#protocol/close-codes.ts';
import type { AssignmentKey, DelegateMessage, ManagerMessage, Message, SealedSecret } from '#protocol/messages.ts';

export type Welcome = Message<'welcome'>;

/** What the core says in a session; hello and heartbeat are the link's own. */
export type SessionSend = Exclude<DelegateMessage, { type: 'hello' } | { type: 'heartbeat' }>;

/** What the core hears in a session; welcome and heartbeat.ack are the link's own. */
export type SessionReceive = Exclude<ManagerMessage, { type: 'welcome' } | { type: 'heartbeat.ack' }>;

/** Everything that is in flight: what runs, and what was reported and not acknowledged. Read anew for each hello and heartbeat. */
export type InFlightView = () => readonly AssignmentKey[];

/** Which box of which assignment: a box opens nowhere else. */
export interface SealBinding extends AssignmentKey {
  readonly field: string;
}

/** A dialled session. Nothing here throws: once the session is over, every call is without effect. */
export interface LinkSession {
  send(message: SessionSend): void;
  /** Sends a message that was encoded before. */
  sendEncoded(frame: string): void;
  /** Closes with a code and a reason; before the welcome it ends the dial. */
  close(name: CloseName, reason: string): void;
  /** Opens a secret that was sealed to this session; undefined when it cannot be opened. */
  openSecret(sealed: SealedSecret, binding: SealBinding): string | undefined;
}

/** How a session, or the dial for one, ended. */
export interface LinkEnd {
  readonly by: 'delegate' | 'manager' | 'network';
  /** Undefined when the code is not one of ours, or when there was none. */
  readonly closeName: CloseName | undefined;
  readonly code: number | undefined;
  readonly reason: string;
  /** What a person can do about it. */
  readonly remedy: string;
  readonly after: AfterClose;
}

/** No event comes before dial() has returned, and none after `ended`. */
export interface LinkEvents {
  welcomed(welcome: Welcome): void;
  received(message: SessionReceive): void;
  /** Exactly once for every dial, when the socket is gone. */
  ended(end: LinkEnd): void;
}

/** The way to the managers: each dial says hello and becomes at most one session. */
export interface Link {
  dial(inFlight: InFlightView, events: LinkEvents): LinkSession;
}

/** How long to wait before the next dial, given how the last one ended. PROTOCOL.md, section 8. */
export type RedialPolicy = (previous: RedialHistory) => { readonly waitMs: number; readonly failures: number };

export interface RedialHistory {
  readonly after: AfterClose;
  /** From welcome to the end; 0 without a welcome. */
  readonly lastedMs: number;
  /** Ends in a row before this one, without a session that lasted. */
  readonly failures: number;
  /** What the last welcome gave in the place of the constant, if it did. */
  readonly redialMaxMs?: number | undefined;
}
