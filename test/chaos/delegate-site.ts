import { Child } from './child.ts';
import type { ManagerSite } from './manager-site.ts';
import { preload, programArgs } from './program-args.ts';
import { LinkProxy, type Upstream } from './proxy.ts';
import { Supervised } from './supervised.ts';
import { duration, timing } from './timing.ts';
import type { TripWires } from './trip-wires.ts';

/** A delegate, with the proxies through which it reaches the managers and ServiceNow. */
export interface DelegateSite extends AsyncDisposable {
  readonly name: string;
  readonly program: Supervised;
  /** The load balancer in front of the managers, and the network to it. */
  readonly managerLink: LinkProxy;
  readonly serviceNowLink: LinkProxy;
}

interface ServiceNowSite {
  readonly address: string;
  readonly link: LinkProxy;
}

export interface ServiceNowLinks {
  readonly baseUrl: string;
  readonly sites: readonly [ServiceNowSite, ServiceNowSite, ServiceNowSite];
}

const serviceNowName = 'servicenow.chaos.test';
/** On Linux every address of 127/8 is this machine's; elsewhere the sites share one. */
const siteAddresses = process.platform === 'linux' ? ['127.0.0.11', '127.0.0.12', '127.0.0.13'] : ['127.0.0.1'];
const mostPortTries = 20;

/** Opens a way to ServiceNow for each site: one port on three addresses, since there is one base URL for all. */
export async function openServiceNowLinks(
  simulatorUrl: string,
  wires: TripWires,
  owned: AsyncDisposableStack,
): Promise<ServiceNowLinks> {
  const { hostname: host, port } = new URL(simulatorUrl);
  const upstream: Upstream = { name: 'servicenow', host, port: Number(port) };
  const [first, second, third] = siteAddresses.map((address, index) => {
    const dialler = `delegate-${index + 1}`;
    return { address, link: new LinkProxy({ arrow: 'servicenow', dialler, wires, upstream: () => upstream }) };
  });
  if (!first) throw new Error('there is no site');
  const sites = [first, second ?? first, third ?? first] as const;
  const links = new Set(sites);
  for (const { link } of links) owned.defer(() => link.close());
  const opened = await listenOnOnePort(first, [...links].slice(1));
  return { baseUrl: `http://${serviceNowName}:${opened}/`, sites };
}

async function listenOnOnePort(first: ServiceNowSite, others: readonly ServiceNowSite[]): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    await first.link.listen(first.address);
    const { port } = first.link;
    try {
      for (const { address, link } of others) await link.listen(address, port);
      return port;
    } catch (error) {
      if (tries >= mostPortTries) throw error;
      for (const { link } of [first, ...others]) await link.refuse();
    }
  }
}

export async function createDelegateSite(options: {
  name: string;
  capacity: number;
  directory: string;
  token: string;
  managers: readonly ManagerSite[];
  serviceNow: ServiceNowSite;
  wires: TripWires;
  env: Readonly<Record<string, string>>;
}): Promise<DelegateSite> {
  const { name, capacity, directory, token, managers, serviceNow, wires, env } = options;
  const managerLink = new LinkProxy({ arrow: 'manager', dialler: name, wires, upstream: balance(managers) });
  await managerLink.listen('127.0.0.1');
  const { command, args } = programArgs([
    'delegate',
    ...['--manager', `http://127.0.0.1:${managerLink.port}`, '--name', name, '--data', directory, '--tags', 'site'],
    ...['--capacity', String(capacity), '--drain-timeout', duration(timing.drainTimeoutMs)],
  ]);
  const ownEnv = {
    ...env,
    TICKETGATE_TOKEN: token,
    NODE_OPTIONS: [env.NODE_OPTIONS ?? '', preload('./site-names.ts')].join(' ').trim(),
    CHAOS_SERVICENOW_NAME: serviceNowName,
    CHAOS_SERVICENOW_ADDRESS: serviceNow.address,
  };
  const program = new Supervised({
    name,
    start: () => new Child({ command, args, env: ownEnv }),
    // It works as soon as it runs: whether a manager can be reached is nothing that it waits for.
    isUp: async (child) => !child.hasEnded,
  });
  return {
    name,
    program,
    managerLink,
    serviceNowLink: serviceNow.link,
    [Symbol.asyncDispose]: async () => {
      await program.close();
      await managerLink.close();
    },
  };
}

/** Leads each new connection to the next manager that a health check finds up. */
function balance(managers: readonly ManagerSite[]): () => Upstream | undefined {
  let turn = 0;
  return () => {
    const up = managers.filter(({ program, url }) => program.state === 'up' && url !== undefined);
    turn += 1;
    const next = up[turn % up.length];
    if (next?.url === undefined) return undefined;
    const { hostname: host, port } = new URL(next.url);
    return { name: next.name, host, port: Number(port) };
  };
}
