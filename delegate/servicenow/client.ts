import { Agent, buildConnector, Client, type Dispatcher, request as sendRequest } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { ProxyChoice } from './http-proxy.ts';
import { classifyConnectFault, describeFault, isCut } from './network-fault.ts';
import { brokenTunnel, openTunnel, ProxyFault, type TunnelOptions } from './proxy-tunnel.ts';
import { type Certificate, readCertificate } from './server-certificate.ts';
import type { HttpHeaders, HttpRequest, HttpTarget, NoAnswerCause, Sender, TransportResult } from './transport.ts';

export interface ClientOptions {
  readonly clock: Clock;
  /** For DNS, TCP and TLS together, in milliseconds; through a proxy for the tunnel, and for TLS in it. */
  readonly connectTimeoutMs?: number;
  /** Directly everywhere when absent. */
  readonly proxyFor?: ProxyChoice;
  /** From the call to the last byte of the answer, in milliseconds. */
  readonly answerTimeoutMs?: number;
  /** An answer above it is dropped. */
  readonly mostAnswerBytes?: number;
}

/**
 * Speaks HTTP to ServiceNow over undici: no redirects (trap 5), no cookies (trap 46), one `Authorization`, and no host
 * but the base URL's (trap 59). It owns its connections; `close()` ends them.
 */
export class ServiceNowClient implements Sender {
  readonly #clock: Clock;
  readonly #answerTimeoutMs: number;
  readonly #connector: buildConnector.connector;
  readonly #connectionOptions: Client.Options;
  readonly #pool: Agent;
  readonly #ownConnections = new Set<Client>();
  readonly #tunnels: TunnelOptions;
  readonly #proxyFor: ProxyChoice;
  readonly #abort = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(options: ClientOptions) {
    this.#clock = options.clock;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 60_000;
    this.#connectionOptions = {
      // Under HTTP/2 one broken connection ends many requests, and which of them were received is harder to tell.
      allowH2: false,
      maxResponseSize: options.mostAnswerBytes ?? 16 * 1024 * 1024,
      // The whole answer is bounded in #exchange; undici would bound its parts.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    // One connector for all connections: it keeps the TLS sessions, which make the next handshake cheap.
    const timeoutMs = options.connectTimeoutMs ?? 10_000;
    this.#proxyFor = options.proxyFor ?? (() => undefined);
    this.#tunnels = { clock: options.clock, timeoutMs, signal: this.#abort.signal };
    const direct = buildConnector({ timeout: timeoutMs, allowH2: false });
    this.#connector = connectThrough(this.#proxyFor, direct, this.#tunnels);
    this.#pool = new Agent({ ...this.#connectionOptions, connect: markFaults(this.#connector) });
  }

  async send(target: HttpTarget, request: HttpRequest): Promise<TransportResult> {
    const url = resolveUrl(target.baseUrl, request.path);
    if (url === undefined) return { kind: 'not-sent', cause: 'url', detail: 'the base URL is not usable' };
    if (this.#closing !== undefined) return { kind: 'not-sent', cause: 'closed', detail: 'the delegate is stopping' };
    if (!request.ownConnection) return this.#exchange(this.#pool, url, target, request);

    const startedMs = this.#clock.monotonicMs();
    const connecting: Connecting = { connectMs: undefined };
    const connect = markFaults(this.#connector, () => {
      if (request.mayBegin?.() === false) return 'too-late';
      connecting.connectMs = this.#clock.monotonicMs() - startedMs;
      return 'go-on';
    });
    const connection = new Client(url.origin, { ...this.#connectionOptions, connect });
    this.#ownConnections.add(connection);
    try {
      return await this.#exchange(connection, url, target, request, connecting);
    } finally {
      this.#ownConnections.delete(connection);
      await connection.destroy();
    }
  }

  /** Reads the certificate that answers at a base URL, trusted or not; sends nothing. Undefined when there is none. */
  readCertificate(baseUrl: string): Promise<Certificate | undefined> {
    const url = resolveUrl(baseUrl, '');
    return url?.protocol === 'https:'
      ? readCertificate(url, this.#proxyFor(url), this.#tunnels)
      : Promise.resolve(undefined);
  }

  /** Ends every connection at once; a request under way ends as `no-answer`. */
  close(): Promise<void> {
    this.#abort.abort();
    this.#closing ??= Promise.all([this.#pool, ...this.#ownConnections].map((each) => each.destroy())).then(() => {});
    return this.#closing;
  }

  async #exchange(
    dispatcher: Dispatcher,
    url: URL,
    target: HttpTarget,
    request: HttpRequest,
    connecting?: Connecting,
  ): Promise<TransportResult> {
    const startedMs = this.#clock.monotonicMs();
    const timeout = new AbortController();
    const cancelTimer = this.#clock.setTimer(this.#answerTimeoutMs, () => timeout.abort());
    const signals = request.signal === undefined ? [timeout.signal] : [timeout.signal, request.signal];
    try {
      const answer = await sendRequest(url, {
        dispatcher,
        method: request.method,
        headers: writeHeaders(target, request),
        body: request.body ?? null,
        signal: AbortSignal.any(signals),
      });
      const body = await answer.body.text();
      const ms = this.#clock.monotonicMs() - startedMs;
      return {
        kind: 'answer',
        status: answer.statusCode,
        headers: firstOfEach(answer.headers),
        body,
        ms,
        ...timeToConnect(connecting),
      };
    } catch (error) {
      if (error instanceof ConnectFault) {
        const fault = error.cause;
        return fault instanceof ProxyFault
          ? { kind: 'not-sent', cause: 'proxy', detail: fault.message, remedy: fault.remedy }
          : { kind: 'not-sent', ...classifyConnectFault(fault, url.protocol === 'https:') };
      }
      const timedOut = timeout.signal.aborted;
      const late = `within ${this.#answerTimeoutMs} ms`;
      // On a connection of its own the request is not written before the connection stands.
      if (connecting !== undefined && connecting.connectMs === undefined) {
        return timedOut
          ? { kind: 'not-sent', cause: 'tcp', detail: `not connected ${late}` }
          : { kind: 'not-sent', cause: 'closed', detail: describeFault(error) };
      }
      return {
        kind: 'no-answer',
        ...classifyLostAnswer(error, timedOut ? late : undefined, request),
        ...timeToConnect(connecting),
      };
    } finally {
      cancelTimer();
    }
  }
}

function classifyLostAnswer(error: unknown, late: string | undefined, request: HttpRequest): LostAnswer {
  if (late !== undefined) return { cause: 'timeout', detail: `no whole answer ${late}` };
  if (request.signal?.aborted) return { cause: 'aborted', detail: 'the task was stopped' };
  if (hasCode(error, 'UND_ERR_RES_EXCEEDED_MAX_SIZE')) {
    return { cause: 'too-large', detail: 'the answer is larger than this delegate reads' };
  }
  return { cause: 'reset', detail: describeFault(error) };
}

interface LostAnswer {
  readonly cause: NoAnswerCause;
  readonly detail: string;
}

function timeToConnect(connecting: Connecting | undefined): { connectMs?: number } {
  return connecting?.connectMs === undefined ? {} : { connectMs: connecting.connectMs };
}

/** How long the connection took to stand; undefined while it does not. */
interface Connecting {
  connectMs: number | undefined;
}

/** What the connector failed with, marked: undici reports it like any other error of a request. */
class ConnectFault extends Error {
  constructor(cause: Error) {
    super('not connected', { cause });
  }
}

/** Connects directly or, where a proxy is chosen, through a tunnel of its own for each connection. */
function connectThrough(
  proxyFor: ProxyChoice,
  direct: buildConnector.connector,
  tunnels: TunnelOptions,
): buildConnector.connector {
  return (options, callback) => {
    const url = new URL(`${options.protocol}//${options.host}`);
    const proxy = proxyFor(url);
    if (proxy === undefined) return direct(options, callback);
    return void openTunnel(proxy, url, tunnels).then(
      (socket) => {
        if (options.protocol !== 'https:') return callback(null, socket);
        direct({ ...options, httpSocket: socket }, (...outcome) =>
          outcome[0] !== null && isCut(outcome[0])
            ? callback(brokenTunnel(proxy, outcome[0]), null)
            : callback(...outcome),
        );
      },
      (error: Error) => callback(error, null),
    );
  };
}

function markFaults(
  connector: buildConnector.connector,
  onConnected?: () => 'go-on' | 'too-late',
): buildConnector.connector {
  return (options, callback) =>
    connector(options, (...outcome) => {
      if (outcome[0] !== null) {
        callback(new ConnectFault(outcome[0]), null);
        return;
      }
      if (onConnected?.() === 'too-late') {
        outcome[1].destroy();
        callback(new ConnectFault(new Error('the request may not begin any more')), null);
        return;
      }
      callback(...outcome);
    });
}

/** The base URL may have a path; whatever the parts are, the host must stay the base URL's. */
function resolveUrl(baseUrl: string, path: string): URL | undefined {
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (base === undefined || (base.protocol !== 'https:' && base.protocol !== 'http:')) return undefined;
  // A path joined to a base with a query or fragment would not be a path any more.
  if (base.username !== '' || base.password !== '' || base.search !== '' || base.hash !== '') return undefined;
  const joined = `${base.href.replace(/\/+$/, '')}/${path}`;
  const url = URL.canParse(joined) ? new URL(joined) : undefined;
  return url?.origin === base.origin ? url : undefined;
}

function writeHeaders(target: HttpTarget, request: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'ticketgate-delegate' };
  if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
  return { ...headers, ...target.credentials };
}

function firstOfEach(headers: Dispatcher.ResponseData['headers']): HttpHeaders {
  const entries: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) entries.push([name.toLowerCase(), first]);
  }
  return Object.fromEntries(entries);
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
