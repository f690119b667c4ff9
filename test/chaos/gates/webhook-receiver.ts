import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../redis-server.ts';
import type { PlannedAnswer } from './plan-gates.ts';

/** One request to a webhook, as it arrived. */
export interface Delivery {
  /** Of the gate whose webhook it is. */
  readonly marker: string;
  readonly at: number;
  readonly webhookId: string;
  readonly isSigned: boolean;
  /** Undefined when it is no JSON. */
  readonly body: unknown;
  readonly answered: PlannedAnswer;
}

const host = '127.0.0.1';
const hangMs = 700;

/** Who is told of ended approvals: it fails as planned, and keeps what it was told. */
export class WebhookReceiver implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  readonly #secret: string;
  readonly #port: number;
  readonly #planned = new Map<string, PlannedAnswer[]>();
  readonly #closing = new AbortController();
  #server: Server | undefined;

  private constructor(secret: string, port: number) {
    this.#secret = secret;
    this.#port = port;
  }

  static async open(secret: string): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(secret, await freePort(host));
    await receiver.#listen();
    return receiver;
  }

  /** The address of one gate's webhook, which meets the first deliveries with these answers. */
  urlFor(marker: string, answers: readonly PlannedAnswer[]): string {
    if (!this.#planned.has(marker)) this.#planned.set(marker, [...answers]);
    return `http://${host}:${this.#port}/hooks/${marker}`;
  }

  /** Is not there for a while, and is there again. */
  async goAway(ms: number): Promise<void> {
    await this.#leave();
    await setTimeout(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
    if (!this.#closing.signal.aborted) await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#leave();
  }

  async #listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.#take(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    await once(server.listen(this.#port, host), 'listening');
  }

  async #leave(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await request.toArray()).toString();
    const marker = (request.url ?? '').slice('/hooks/'.length);
    const answered = this.#planned.get(marker)?.shift() ?? 'taken';
    this.deliveries.push({
      marker,
      at: Date.now(),
      webhookId: headerOf(request.headers, 'webhook-id'),
      isSigned: isSigned(this.#secret, request.headers, text),
      body: parse(text),
      answered,
    });
    switch (answered) {
      case 'taken':
        response.writeHead(204).end();
        return;
      case 'error-500':
        response.writeHead(500).end();
        return;
      case 'reset':
        request.socket.destroy();
        return;
      case 'hang':
        await setTimeout(hangMs, undefined, { signal: this.#closing.signal }).catch(() => {});
        response.destroy();
    }
  }
}

/** Standard Webhooks: `v1,` and the HMAC of id, time and body, in one of the signatures. */
function isSigned(secret: string, headers: IncomingHttpHeaders, body: string): boolean {
  const content = `${headerOf(headers, 'webhook-id')}.${headerOf(headers, 'webhook-timestamp')}.${body}`;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(content).digest('base64')}`);
  return headerOf(headers, 'webhook-signature')
    .split(' ')
    .map((signature) => Buffer.from(signature))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
}

function headerOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
