import { once } from 'node:events';
import { createServer } from 'node:net';
import { Child } from './child.ts';
import { Supervised } from './supervised.ts';

/** A redis-server that keeps what it acknowledged; killed and started again, it is on the same port and the same files. */
export function createRedisServer(directory: string, port: number): Supervised {
  const args = [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--daemonize', 'no'],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'],
  ];
  return new Supervised({
    name: 'redis',
    start: () => new Child({ command: 'redis-server', args }),
    isUp: (child) => child.said('Ready to accept connections'),
  });
}

export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
