import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Child } from './child.ts';
import { createDelegateSite, type DelegateSite, openServiceNowLinks } from './delegate-site.ts';
import { WebhookReceiver } from './gates/webhook-receiver.ts';
import { newWebhookSecret, webhookSecretName } from './gates/webhooks.ts';
import { ManagerClient } from './manager-client.ts';
import { createManagerSite, type ManagerSite } from './manager-site.ts';
import type { Planted } from './planted.ts';
import { programArgs } from './program-args.ts';
import { createRedisServer, freePort } from './redis-server.ts';
import { SimulatorClient } from './simulator-client.ts';
import { Supervised, type UnaskedEnd } from './supervised.ts';
import { learnTypes, type TaskTypes } from './task-types.ts';
import { TripWires } from './trip-wires.ts';
import { waitUntil } from './wait-until.ts';

/** One Redis, two managers, three delegates, one ServiceNow, and a proxy on every arrow between them. */
export interface World extends AsyncDisposable {
  readonly wires: TripWires;
  readonly types: TaskTypes;
  readonly redis: Supervised;
  readonly managers: readonly [ManagerSite, ManagerSite];
  readonly delegates: readonly [DelegateSite, DelegateSite, DelegateSite];
  readonly simulator: SimulatorClient;
  readonly client: ManagerClient;
  /** Undefined while managers tell nobody of ended approvals. */
  readonly receiver: WebhookReceiver;
  /** A connection of the harness' own, beside every proxy. */
  openRedis(): Redis;
  /** Tickets that no task made, to be read and updated. */
  readonly tickets: readonly string[];
  /** A change that no task made, with the sys_ids of its change tasks. */
  readonly changeWithTasks: { readonly number: string; readonly taskIds: readonly string[] };
  /** One whose rows are told by their values, and one whose rows take a mark. */
  readonly stagingTables: readonly string[];
  readonly programs: readonly Supervised[];
  unaskedEnds(): UnaskedEnd[];
  /** Starts what is not up, and waits until every delegate is online. */
  makeWhole(withinMs: number): Promise<void>;
}

export const connectorName = 'snow';
/** Of the same instance and user: gates of the one and of the other are of two poll groups. */
export const otherConnectorName = 'snow-again';
const capacities = [2, 2, 1] as const;
const setUpWithinMs = 20_000;

/** Starts everything, with a bug if one is to be planted. */
export async function startWorld(planted: Planted | undefined): Promise<World> {
  const owned = new AsyncDisposableStack();
  try {
    return await build(planted, owned);
  } catch (error) {
    await owned.disposeAsync();
    throw error;
  }
}

async function build(planted: Planted | undefined, owned: AsyncDisposableStack): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'ticketgate-chaos-'));
  owned.defer(() => rm(directory, { recursive: true, force: true }));
  const wires = new TripWires();
  const types: TaskTypes = new Map();
  const adminToken = `chaos-${randomBytes(16).toString('hex')}`;
  const masterKey = randomBytes(32).toString('hex');

  const programs: Supervised[] = [];
  const killAll = () => {
    for (const program of programs) program.killAtOnce();
  };
  process.on('exit', killAll);
  owned.defer(() => {
    process.off('exit', killAll);
  });

  const redisPort = await freePort();
  const redis = createRedisServer(await makeDirectory(directory, 'redis'), redisPort);
  owned.defer(() => redis.close());
  programs.push(redis);
  await redis.start();

  const simulation = createSimulator();
  owned.defer(() => simulation.close());
  programs.push(simulation);
  await simulation.start();
  const simulatorUrl = readyField(simulation, 'url');
  const simulator = new SimulatorClient(simulatorUrl);
  await simulator.allowJournalReads();

  const makeManager = async (name: string) => {
    const site = await createManagerSite({
      name,
      directory: await makeDirectory(directory, name),
      redis: { name: 'redis', host: '127.0.0.1', port: redisPort },
      wires,
      learn: (chunk) => learnTypes(types, chunk),
      env: { TICKETGATE_ADMIN_TOKEN: adminToken, TICKETGATE_MASTER_KEY: masterKey, ...planted?.env },
    });
    owned.use(site);
    programs.push(site.program);
    return site;
  };
  const managers = [await makeManager('manager-1'), await makeManager('manager-2')] as const;
  await Promise.all(managers.map(({ program }) => program.start()));

  const links = await openServiceNowLinks(simulatorUrl, wires, owned);
  const client = new ManagerClient(managers, adminToken);
  const token = await setUp(client, links.baseUrl);
  const receiver = owned.use(await openReceiver(client));
  const makeDelegate = async (index: 0 | 1 | 2) => {
    const name = `delegate-${index + 1}`;
    const site = await createDelegateSite({
      name,
      capacity: capacities[index],
      directory: await makeDirectory(directory, name),
      token,
      managers,
      serviceNow: links.sites[index],
      wires,
      env: planted?.env ?? {},
    });
    owned.use(site);
    programs.push(site.program);
    return site;
  };
  const delegates = [await makeDelegate(0), await makeDelegate(1), await makeDelegate(2)] as const;
  await Promise.all(delegates.map(({ program }) => program.start()));

  const texts = ['read and updated by tasks', 'updated by tasks'];
  const tickets = await Promise.all(
    texts.map(
      async (short_description) => (await simulator.createRecord('change_request', { short_description })).number,
    ),
  );
  const world: World = {
    wires,
    types,
    redis,
    managers,
    delegates,
    simulator,
    client,
    receiver,
    openRedis: () => new Redis({ host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null }),
    tickets,
    changeWithTasks: await createChangeWithTasks(simulator),
    stagingTables: ['u_release_import', 'u_marked_release_import'],
    programs,
    unaskedEnds: () => programs.flatMap(({ unasked }) => unasked.splice(0)),
    makeWhole: (withinMs) => makeWhole(world, withinMs),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  await world.makeWhole(30_000);
  return world;
}

async function createChangeWithTasks(simulator: SimulatorClient): Promise<World['changeWithTasks']> {
  const { number, sys_id } = await simulator.createRecord('change_request', { short_description: 'has change tasks' });
  const tasks = await Promise.all(
    ['implementation', 'testing'].map((change_task_type) =>
      simulator.createRecord('change_task', { change_request: sys_id, change_task_type }),
    ),
  );
  return { number, taskIds: tasks.map((task) => task.sys_id) };
}

function createSimulator(): Supervised {
  const { command, args } = programArgs(['simulate', '--port', '0']);
  return new Supervised({
    name: 'simulator',
    start: () => new Child({ command, args }),
    isUp: (child) => child.said('"event":"ready"'),
  });
}

/** What an administrator does: a secret, a connector, a delegate token, whose text is the answer. */
async function setUp(client: ManagerClient, baseUrl: string): Promise<string> {
  await client.must(
    { method: 'PUT', path: '/api/v1/secrets/snow', body: { value: 'integration-password' } },
    setUpWithinMs,
  );
  const connector = {
    baseUrl,
    authentication: { kind: 'basic', username: 'integration', password: { secret: 'snow' } },
    selectors: ['site'],
  };
  for (const name of [connectorName, otherConnectorName])
    await client.must(
      { method: 'POST', path: '/api/v1/connectors?skipValidation=true', body: { name, ...connector } },
      setUpWithinMs,
    );
  const made = await client.must(
    { method: 'POST', path: '/api/v1/delegate-tokens', body: { name: 'sites' } },
    setUpWithinMs,
  );
  return String((made as { token: unknown }).token);
}

async function openReceiver(client: ManagerClient): Promise<WebhookReceiver> {
  const value = newWebhookSecret();
  await client.must({ method: 'PUT', path: `/api/v1/secrets/${webhookSecretName}`, body: { value } }, setUpWithinMs);
  return WebhookReceiver.open(value);
}

async function makeWhole({ client, managers, delegates, redis }: World, withinMs: number): Promise<void> {
  for (const program of [redis, ...managers.map((site) => site.program), ...delegates.map((site) => site.program)])
    if (program.state === 'down') await program.start();
  const isWhole = async () => {
    const { items } = (await client.get('/api/v1/delegates', 2_000)) as {
      items: { state: string; inFlight: number }[];
    };
    return (
      items.length === delegates.length && items.every(({ state, inFlight }) => state === 'online' && inFlight === 0)
    );
  };
  await waitUntil('every delegate is online and idle', isWhole, withinMs);
}

async function makeDirectory(parent: string, name: string): Promise<string> {
  return await mkdtemp(join(parent, `${name}-`));
}

function readyField(program: Supervised, field: string): string {
  const ready = JSON.parse(program.readyLine) as Record<string, unknown>;
  return String(ready[field]);
}
