import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { WebhookAnswer, WebhookRequest, WebhookTarget } from '../core/webhook-target.ts';
import type { AddressGuard } from './address-guard.ts';
import { describeFault } from './network-fault.ts';
import { readRetryAfter } from './retry-after.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds every address of a host name. Rejects when there is none. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

interface Options {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** From the call to the end of what is read of the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** The machine's own way, `/etc/hosts` included, unless given. */
  readonly resolve?: Resolve;
}

/**
 * Posts to URLs that come from outside, so it trusts none: each try resolves the name anew, looks at every address, and
 * connects to one that it has looked at. A name that shows a public address to a check and a private one to the
 * connection gains nothing. No redirects, no proxy, no cookies, a connection for each message.
 */
export class WebhookClient implements WebhookTarget {
  readonly #guard: AddressGuard;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #resolve: Resolve;

  constructor({ guard, clock, timeoutMs, resolve = resolveAll }: Options) {
    this.#guard = guard;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#resolve = resolve;
  }

  async findFault(url: string): Promise<string | undefined> {
    const read = this.#readUrl(url);
    if ('fault' in read) return read.fault;
    const { host } = read;
    if (isIP(host) !== 0 || this.#guard.allowsHost(host)) return undefined;
    const late = Promise.withResolvers<readonly ResolvedAddress[]>();
    const cancel = this.#clock.setTimer(Math.min(this.#timeoutMs, longestCheckMs), () => late.resolve([]));
    try {
      return this.#findAddressFault(host, await Promise.race([this.#resolve(host), late.promise]));
    } catch {
      // It may resolve when the time has come; each try looks again.
      return undefined;
    } finally {
      cancel();
    }
  }

  async post({ url, headers, body }: WebhookRequest, stop: AbortSignal): Promise<WebhookAnswer> {
    const read = this.#readUrl(url);
    if ('fault' in read) return { kind: 'no-answer', detail: read.fault };
    const timeout = new AbortController();
    const cancel = this.#clock.setTimer(this.#timeoutMs, () => timeout.abort());
    const over = AbortSignal.any([timeout.signal, stop]);
    const client = new Client(read.url.origin, {
      allowH2: false,
      // The whole try is bounded; undici would bound its parts.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connectUntil(over, this.#lookup),
    });
    try {
      const answer = await client.request({
        method: 'POST',
        path: `${read.url.pathname}${read.url.search}`,
        headers: { ...headers },
        body,
        // A connection that nobody uses again.
        reset: true,
        signal: over,
      });
      const text = await readStart(answer.body, mostBodyBytes + mostWaysToWrite * url.length);
      return { kind: 'answered', status: answer.statusCode, body: text, ...this.#readHeaders(answer, url) };
    } catch (error) {
      return { kind: 'no-answer', detail: this.#describe(error, timeout.signal, stop) };
    } finally {
      cancel();
      await client.destroy();
    }
  }

  #describe(error: unknown, timeout: AbortSignal, stop: AbortSignal): string {
    if (error instanceof AddressFault) return error.message;
    if (timeout.aborted) return `no answer within ${this.#timeoutMs / 1_000} s`;
    if (stop.aborted) return 'the manager was stopped meanwhile';
    return describeFault(error);
  }

  #readHeaders({ headers }: Dispatcher.ResponseData, url: string) {
    return {
      retryAfterMs: readRetryAfter(first(headers['retry-after']), first(headers.date) ?? '', this.#clock.now()),
      redirectsTo: hostOf(first(headers.location), url),
    };
  }

  /** What can be said of a URL without asking for addresses. A host that is an address is never looked up later. */
  #readUrl(text: string): { url: URL; host: string } | { fault: string } {
    if (!URL.canParse(text)) return { fault: 'its URL cannot be read' };
    const url = new URL(text);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
    const isAllowed = this.#guard.allowsHost(host);
    if (url.username !== '' || url.password !== '') return { fault: 'its URL holds a user name or a password' };
    if (url.hash !== '') return { fault: 'its URL has a fragment, which is never sent' };
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return { fault: `its URL begins with ${url.protocol}` };
    if (url.protocol === 'http:' && !isAllowed) return { fault: `it is http, without TLS, and ${host} is not allowed` };
    const fault = isIP(host) === 0 || isAllowed ? undefined : this.#guard.findFault(host);
    return fault === undefined ? { url, host } : { fault };
  }

  #findAddressFault(host: string, addresses: readonly ResolvedAddress[]): string | undefined {
    const faults = addresses
      .map(({ address }) => this.#guard.findFault(address))
      .filter((fault) => fault !== undefined);
    return faults.length === 0 ? undefined : `${host} resolves to an address that is not allowed: ${faults[0]}`;
  }

  /** Called for each connection; it goes to no address that is not in the answer. */
  readonly #lookup: LookupFunction = (hostname, { all }, callback) => {
    const host = hostname.toLowerCase().replace(/\.$/, '');
    const answer = async () => {
      const addresses = await this.#resolve(host);
      const fault = this.#guard.allowsHost(host) ? undefined : this.#findAddressFault(host, addresses);
      if (fault !== undefined) throw new AddressFault(fault);
      return addresses;
    };
    answer().then(
      (addresses) => {
        const [one] = addresses;
        if (!one) return callback(new Error('the host name has no address'), '');
        return all ? callback(null, [...addresses]) : callback(null, one.address, one.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
    );
  };
}

/** Makes connections that end with the signal: undici heeds it only when the connection stands. */
function connectUntil(over: AbortSignal, lookup: LookupFunction): buildConnector.connector {
  const connect = buildConnector({ allowH2: false, timeout: 0, lookup });
  return (options, callback) => {
    if (over.aborted) return callback(new Error('it was too late to connect'), null);
    // It answers with the socket, which its type leaves out.
    const socket: unknown = connect(options, callback);
    if (!(socket instanceof Socket)) throw new Error('undici made no socket');
    const end = () => socket.destroy(new Error('it is too late'));
    over.addEventListener('abort', end, { once: true });
    socket.once('close', () => over.removeEventListener('abort', end));
  };
}

class AddressFault extends Error {
  override readonly name = 'AddressFault';
}

async function resolveAll(host: string): Promise<readonly ResolvedAddress[]> {
  return resolveName(host, { all: true });
}

/** How long a caller waits for the addresses of a name; each try looks again. */
const longestCheckMs = 3_000;

const mostBodyBytes = 1_024;
/** What is secret in the URL may stand across the end of what is shown, each letter written in so many. */
const mostWaysToWrite = 6;

/** Reads the beginning. The status has told already what counts: a body that breaks off does not change it. */
async function readStart(body: AsyncIterable<Buffer>, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= most) break;
    }
  } catch {
    // What came so far is what there is.
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, most));
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function hostOf(location: string | undefined, base: string): string | undefined {
  return location !== undefined && URL.canParse(location, base) ? new URL(location, base).host : undefined;
}
