import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { type HttpProxy, portOf } from './http-proxy.ts';
import { cleanText } from './page.ts';
import { openTunnel, type TunnelOptions } from './proxy-tunnel.ts';

/** What a server's certificate says of itself; nobody has checked it. */
export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
}

/** Shakes hands with the host of a URL, reads its certificate without judging it, and hangs up: nothing is sent. */
export async function readCertificate(
  url: URL,
  proxy: HttpProxy | undefined,
  tunnels: TunnelOptions,
): Promise<Certificate | undefined> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  try {
    const socket = proxy === undefined ? connectTcp(Number(portOf(url)), host) : await openTunnel(proxy, url, tunnels);
    return await shakeHands(socket, host, tunnels);
  } catch {
    // Why the host is not reached is the finding of the request that failed; this only adds to it.
    return undefined;
  }
}

function shakeHands(socket: Socket, host: string, { clock, timeoutMs, signal }: TunnelOptions) {
  return new Promise<Certificate | undefined>((resolve) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const handshake = connectTls({ socket, rejectUnauthorized: false, ...name });
    const end = (certificate?: Certificate): void => {
      cancelTimer();
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(certificate);
    };
    const stop = (): void => end();
    const cancelTimer = clock.setTimer(timeoutMs, stop);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', stop);
    handshake.on('error', stop);
    handshake.once('secureConnect', () => end(describe(handshake.getPeerCertificate())));
  });
}

function describe({ subject, issuer }: PeerCertificate): Certificate {
  return { subject: nameOf(subject), issuer: nameOf(issuer) };
}

/** Both may be missing, and repeated parts come as lists, whatever the types say. */
function nameOf(parts: PeerCertificate['subject'] | undefined): string {
  const names = [parts?.CN, parts?.O].flat().filter((part) => typeof part === 'string' && part !== '');
  return names.length === 0 ? 'nobody' : cleanText([...new Set(names)].join(', '), 200);
}
