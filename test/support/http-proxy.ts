import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { certificate, privateKey } from './certificate.ts';

export interface RunningProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or `https://`. */
  readonly url: string;
  /** Of each CONNECT: where to, and with which credentials. */
  readonly asked: { readonly to: string; readonly authorization: string | undefined }[];
}

export interface ProxyManners {
  /** Speaks TLS itself, with the certificate of test/support/certificate.ts. */
  readonly tls?: boolean;
  /** What it answers to CONNECT; 200 opens the tunnel. */
  readonly status?: number;
  /** Where the tunnel leads instead, so that any host name can be asked for. */
  readonly leadsTo?: string;
  /** What it does with an open tunnel instead of passing bytes on. */
  readonly onTunnel?: (client: Socket) => void;
}

/** Starts an HTTP proxy that knows CONNECT alone; `await using` ends it. */
export async function startHttpProxy(manners: ProxyManners = {}): Promise<RunningProxy> {
  const asked: RunningProxy['asked'] = [];
  const sockets = new Set<Socket>();
  const refuse = (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(405).end();
  const server = manners.tls ? createTlsServer({ cert: certificate, key: privateKey }, refuse) : createServer(refuse);
  server.on('connect', ({ url = '', headers }: IncomingMessage, client: Socket) => {
    asked.push({ to: url, authorization: headers['proxy-authorization'] });
    sockets.add(client.on('error', () => {}));
    const { status = 200, leadsTo, onTunnel } = manners;
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (onTunnel !== undefined) {
      onTunnel(client);
      return;
    }
    const { hostname, port } = new URL(leadsTo ?? `http://${url}`);
    const upstream = connect(Number(port), hostname);
    sockets.add(upstream.on('error', () => client.destroy()));
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `${manners.tls ? 'https' : 'http'}://127.0.0.1:${address.port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
