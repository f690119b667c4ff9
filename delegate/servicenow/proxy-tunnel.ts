import { type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { type HttpProxy, portOf } from './http-proxy.ts';
import { describeFault } from './network-fault.ts';

/** The proxy's part in a connection that does not stand; it names the proxy and never its credentials. */
export class ProxyFault extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

export interface TunnelOptions {
  readonly clock: Clock;
  /** Until the proxy has answered. */
  readonly timeoutMs: number;
  /** Ends the attempt at once. */
  readonly signal: AbortSignal;
}

/** Opens a tunnel through a proxy to the host of a URL. Rejects with ProxyFault. */
export function openTunnel(proxy: HttpProxy, url: URL, { clock, timeoutMs, signal }: TunnelOptions): Promise<Socket> {
  const host = `${url.hostname}:${portOf(url)}`;
  const { protocol, hostname, port } = new URL(proxy.origin);
  const options: RequestOptions = {
    method: 'CONNECT',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    path: host,
    headers: { host, ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }) },
    agent: false,
    signal,
  };
  return new Promise((resolve, reject) => {
    const asking = protocol === 'https:' ? requestHttps(options) : requestHttp(options);
    const cancelTimer = clock.setTimer(timeoutMs, () => asking.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    asking.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      cancelTimer();
      if (statusCode >= 200 && statusCode <= 299) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(refusedBy(proxy, host, statusCode));
    });
    asking.on('error', (error) => {
      cancelTimer();
      const message = `the proxy ${proxy.origin} was not reached: ${describeFault(error)}`;
      reject(new ProxyFault(message, unreachedRemedy(proxy), { cause: error }));
    });
    asking.end();
  });
}

/** What to say of a connection that broke inside the tunnel before anything was sent in it. */
export function brokenTunnel(proxy: HttpProxy, error: Error): ProxyFault {
  const message = `the tunnel through the proxy ${proxy.origin} broke: ${describeFault(error)}`;
  const remedy = `The proxy ${proxy.origin} accepted the connection and then cut it: see its log, and whether it may pass TLS on to the host of the base URL.`;
  return new ProxyFault(message, remedy, { cause: error });
}

function refusedBy({ origin, authorization }: HttpProxy, host: string, status: number): ProxyFault {
  const message = `the proxy ${origin} answered CONNECT ${host} with HTTP ${status}`;
  switch (status) {
    case 407:
      return new ProxyFault(
        message,
        authorization === undefined
          ? `The proxy ${origin} wants a user name and a password: give them to the delegate in the URL of the proxy, http://user:password@host:port (--servicenow-proxy or HTTPS_PROXY).`
          : `The proxy ${origin} does not accept the user name and password in its URL: correct them (--servicenow-proxy or HTTPS_PROXY). Only basic log-in is spoken.`,
      );
    case 403:
      return new ProxyFault(
        message,
        `The proxy ${origin} does not allow ${host}: let its administrator allow it, or reach it directly (NO_PROXY, or --servicenow-proxy none).`,
      );
    default:
      return new ProxyFault(
        message,
        `The proxy ${origin} could not connect to ${host}: check the host of the base URL and the log of the proxy, and that it is an HTTP proxy that knows CONNECT.`,
      );
  }
}

function unreachedRemedy({ origin }: HttpProxy): string {
  return `Check the host and the port of the proxy ${origin} and the way to it, or reach ServiceNow directly (NO_PROXY, or --servicenow-proxy none).`;
}
