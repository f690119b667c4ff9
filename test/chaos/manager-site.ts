import { Child } from './child.ts';
import { webhookArgs } from './gates/webhooks.ts';
import { programArgs } from './program-args.ts';
import { LinkProxy, type Upstream } from './proxy.ts';
import { Supervised } from './supervised.ts';
import { duration, timing } from './timing.ts';
import type { TripWires } from './trip-wires.ts';

/** A manager, with the proxy through which it reaches Redis. */
export interface ManagerSite extends AsyncDisposable {
  readonly name: string;
  readonly program: Supervised;
  readonly redisLink: LinkProxy;
  /** Where it listens; undefined while it does not run. */
  readonly url: string | undefined;
}

export async function createManagerSite(options: {
  name: string;
  directory: string;
  redis: Upstream;
  wires: TripWires;
  learn: (chunk: Buffer) => void;
  env: Readonly<Record<string, string>>;
}): Promise<ManagerSite> {
  const { name, directory, redis, wires, learn, env } = options;
  const redisLink = new LinkProxy({
    arrow: 'redis',
    dialler: name,
    wires,
    upstream: () => redis,
    watch: (direction, chunk) => {
      if (direction === 'to-server') learn(chunk);
    },
  });
  await redisLink.listen('127.0.0.1');
  const { command, args } = programArgs([
    'manager',
    ...['--redis-url', `redis://127.0.0.1:${redisLink.port}`, '--port', '0', '--data', directory, '--allow-http'],
    ...['--heartbeat', duration(timing.heartbeatMs), '--settle', duration(timing.settleMs)],
    ...['--shortest-poll', duration(timing.shortestPollMs)],
    ...webhookArgs,
  ]);
  const program = new Supervised({
    name,
    start: () => new Child({ command, args, env }),
    isUp: (child) => child.said('"event":"ready"'),
  });
  return {
    name,
    program,
    redisLink,
    get url() {
      if (program.state === 'down' || program.readyLine === '') return undefined;
      const { url } = JSON.parse(program.readyLine) as { url?: unknown };
      return typeof url === 'string' ? url : undefined;
    },
    [Symbol.asyncDispose]: async () => {
      await program.close();
      await redisLink.close();
    },
  };
}
