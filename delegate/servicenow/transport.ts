import type { TokenSource } from './access-tokens.ts';

/** Where to send, and as whom: without credentials the request is anonymous. */
export interface HttpTarget {
  /** With or without a trailing slash. */
  readonly baseUrl: string;
  /** The headers that log in. */
  readonly credentials?: HttpHeaders;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Relative to the base URL, without a leading slash, query included and already percent-encoded. */
  readonly path: string;
  readonly body?: string;
  /** JSON when absent. */
  readonly contentType?: string;
  /**
   * A connection made for this request alone. Writes want it: on a kept-alive connection that died unnoticed, a reset
   * cannot be told from one after the request was received.
   */
  readonly ownConnection: boolean;
  /** Asked when a connection of its own stands, which may take long: when it is false, nothing is sent. */
  readonly mayBegin?: () => boolean;
  /** Drops the request at once; never given for writes, which must be let end. */
  readonly signal?: AbortSignal;
}

/** Names are in lower case; of a repeated header the first is kept. */
export type HttpHeaders = { readonly [name: string]: string };

export type NotSentCause = 'dns' | 'tcp' | 'tls' | 'proxy' | 'url' | 'closed';

export type NoAnswerCause = 'timeout' | 'reset' | 'aborted' | 'too-large';

export interface NotSent {
  readonly kind: 'not-sent';
  readonly cause: NotSentCause;
  readonly detail: string;
  /** What to do about it, where more is known than the cause. */
  readonly remedy?: string;
}

/** What became of one HTTP request. `not-sent`: ServiceNow cannot have received it; `no-answer`: it may have. */
export type TransportResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: HttpHeaders;
      readonly body: string;
      /** From the call to the last byte of the answer. */
      readonly ms: number;
      /** How long DNS, TCP and TLS took; absent when a kept-alive connection was used. */
      readonly connectMs?: number;
    }
  | NotSent
  | {
      readonly kind: 'no-answer';
      readonly cause: NoAnswerCause;
      readonly detail: string;
      readonly connectMs?: number;
    };

/** Sends one request to a target's base URL; never throws and never rejects for what the network does. */
export interface Sender {
  send(target: HttpTarget, request: HttpRequest): Promise<TransportResult>;
}

/** What the requests of tasks need: a way to send them, and what earlier ones got by logging in. */
export interface Transport extends Sender {
  readonly tokens: TokenSource;
}
