import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Log } from '../core/log.ts';
import { openRedis } from './connection.ts';

/** A `redis-server` of the manager's own: append-only, on a Unix socket, ended with the manager. */
export interface EmbeddedRedis {
  readonly url: string;
  /** Rejects when the server ends before it is told to. */
  readonly died: Promise<never>;
  close(): Promise<void>;
}

class EmbeddedRedisError extends Error {
  override readonly name = 'EmbeddedRedisError';
}

const startPollMs = 20;

/**
 * Starts Redis in a data directory that this process has locked. Every accepted write is on disk before it is
 * acknowledged (appendfsync always). A server that outlived a killed manager is taken over: a second one on the same
 * files would destroy them.
 */
export async function startEmbeddedRedis(dataDir: string, log: Log): Promise<EmbeddedRedis> {
  const dir = resolve(dataDir, 'redis');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const url = `unix://${socketPath(dir)}`;
  const surviving = await tryConnect(url);
  const watch = surviving ?? (await startServer(dir, url));
  const pid = Number(/^process_id:(\d+)/m.exec(await watch.info('server'))?.[1]);
  log.info({ pid, dir, survived: surviving !== undefined }, 'embedded redis is up');
  return supervise(watch, url, pid, dir);
}

/** The watch is a connection that does not reconnect: its end is the server's. */
function supervise(watch: Redis, url: string, pid: number, dir: string): EmbeddedRedis {
  const ended = once(watch, 'end');
  const fault = Promise.withResolvers<never>();
  let closing: Promise<void> | undefined;
  ended.then(() => {
    if (!closing)
      fault.reject(new EmbeddedRedisError(`the embedded redis-server ended by itself; see ${join(dir, 'redis.log')}`));
  }, fault.reject);
  const close = async () => {
    process.kill(pid, 'SIGTERM');
    await ended;
  };
  return {
    url,
    died: fault.promise,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function startServer(dir: string, url: string): Promise<Redis> {
  // A group of its own: Ctrl-C in the terminal is for the manager, which still needs Redis to end well.
  const child = spawn('redis-server', settings(dir, url), { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const failed = failureOf(child, dir);
  while (true) {
    const connection = await Promise.race([tryConnect(url), failed]);
    if (connection) return connection;
    await Promise.race([setTimeout(startPollMs), failed]);
  }
}

function failureOf(child: ChildProcess, dir: string): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const output: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.once('error', (error: NodeJS.ErrnoException) => {
    const remedy =
      'install it (apt-get install redis-server, dnf install redis, brew install redis), or give --redis-url';
    const isMissing = error.code === 'ENOENT';
    reject(
      new EmbeddedRedisError(isMissing ? `redis-server is not installed: ${remedy}` : `redis-server: ${error.message}`),
    );
  });
  child.once('exit', (code) => {
    const text = output.join('').trim();
    reject(new EmbeddedRedisError(`redis-server ended with code ${code} ${text}; see ${join(dir, 'redis.log')}`));
  });
  // It may end long after it was raced: then the watch tells.
  promise.catch(() => {});
  return promise;
}

async function tryConnect(url: string): Promise<Redis | undefined> {
  const redis = openRedis(url, { lazyConnect: true, retryStrategy: () => null, connectionName: 'ticketgate-watch' });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return redis;
  } catch {
    redis.disconnect();
    return undefined;
  }
}

function settings(dir: string, url: string): string[] {
  return [
    ...['--port', '0', '--unixsocket', url.slice('unix://'.length), '--unixsocketperm', '700'],
    ...['--dir', dir, '--daemonize', 'no', '--logfile', join(dir, 'redis.log')],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'],
  ];
}

/** A socket's path may be 107 bytes long: a deep data directory gets one in the temporary directory. */
function socketPath(dir: string): string {
  const inside = join(dir, 'redis.sock');
  if (Buffer.byteLength(inside) <= 100) return inside;
  return join(tmpdir(), `ticketgate-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}.sock`);
}
