import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRedis } from '../../manager/redis/connection.ts';
import { startEmbeddedRedis } from '../../manager/redis/embedded.ts';

export type Fsync = 'everysec' | 'always';

export interface BenchRedis extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  setFsync(mode: Fsync): Promise<void>;
  countClients(): Promise<number>;
}

/** A redis-server with nothing in it, append-only, ended and removed with the bench. */
export async function startBenchRedis(): Promise<BenchRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'ticketgate-bench-redis-'));
  const server = await startEmbeddedRedis(directory, silent);
  const control = await connectRedis(server.url, 'bench-control', () => {});
  const pid = Number(/^process_id:(\d+)/m.exec(await control.info('server'))?.[1]);
  const setFsync = async (mode: Fsync) => {
    await control.config('SET', 'appendfsync', mode);
  };
  await setFsync('everysec');
  // A rewrite forks and competes for the cores; whom it hits would be chance.
  await control.config('SET', 'auto-aof-rewrite-percentage', '0');
  // It is in a process group of its own and would outlive a bench that is interrupted.
  const abandon = () => {
    process.kill(pid, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  return {
    url: server.url,
    pid,
    setFsync,
    countClients: async () =>
      String(await control.client('LIST'))
        .trim()
        .split('\n').length,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', abandon);
      control.disconnect();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
