import type { ApprovalSpec } from './approval-record.ts';
import type { ApprovalStore } from './approval-store.ts';
import type { Clock } from './clock.ts';
import type { LoadStore } from './instance-budget.ts';
import { judgeLoad } from './instance-load.ts';
import type { ManagerDirectory, ManagerEntry } from './managers.ts';
import type { GroupStanding, PollGroupStandings } from './poll-groups.ts';
import { isoTime, type Route } from './task-record.ts';

/** What Redis says of itself. */
export interface RedisFacts {
  readonly version: string;
  readonly usedMemoryBytes: number;
  /** Absent: no limit. */
  readonly maxMemoryBytes?: number;
  readonly connectedClients: number;
  readonly isAppendOnly: boolean;
  /** Whether it could write to its files when it last tried. */
  readonly isSaving: boolean;
  /** What may lose data, and what makes it unusable. */
  readonly warnings: readonly string[];
}

export interface RouteDepth {
  readonly route: Route;
  /** Those that can be taken now, and those that are due later. */
  readonly waiting: number;
  readonly later: number;
  /** Since when the one waits that is next; undefined: none does. */
  readonly oldestAt: number | undefined;
}

export interface QueueDepths {
  /** Without canaries. */
  readonly routes: readonly RouteDepth[];
  /** So many were not looked at. */
  readonly leftOut: number;
}

interface Deps {
  readonly managers: ManagerDirectory;
  readonly readRedis: () => Promise<RedisFacts>;
  readonly redisMode: 'embedded' | 'own';
  readonly readDepths: () => Promise<QueueDepths>;
  readonly groups: PollGroupStandings;
  readonly approvals: Pick<ApprovalStore, 'read'>;
  readonly loads: Pick<LoadStore, 'load'> & { underWay(baseUrl: string, now: number): Promise<number> };
  /** How many tasks may be under way at one instance; 0: no limit. */
  readonly instanceConcurrency: number;
  readonly connectors: { list(): Promise<readonly { readonly baseUrl: string }[]> };
  readonly clock: Clock;
  readonly managerId: string;
}

const mostManagers = 100;
const mostRoutes = 20;
const mostGroups = 50;
const mostInstances = 100;

/** Shows how the whole stands, to whoever runs it. Reads only, and of everything so much at most. */
export class SystemStanding {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async show() {
    const { managers, readRedis, redisMode, readDepths, clock, managerId } = this.#deps;
    const [alive, redis, depths, pollGroups] = await Promise.all([
      managers.list(mostManagers),
      readRedis(),
      readDepths(),
      this.#showGroups(),
    ]);
    return {
      at: isoTime(clock.now()),
      answeredBy: managerId,
      managers: alive.map(viewManager),
      redis: { ...redis, mode: redisMode, warnings: [...redis.warnings] },
      queue: viewDepths(depths),
      pollGroups,
      instances: await this.#showInstances(pollGroups.items.flatMap(({ baseUrl }) => baseUrl ?? [])),
    };
  }

  async #showGroups() {
    const { groups } = this.#deps;
    const { total, standings } = await groups.standings(mostGroups);
    const items = await Promise.all(standings.map((standing) => this.#showGroup(standing)));
    const name = ({ baseUrl = '', table = '', id }: (typeof items)[number]) => `${baseUrl} ${table} ${id}`;
    return { total, items: items.sort((a, b) => name(a).localeCompare(name(b))) };
  }

  async #showGroup({ groupId, members, intervalMs, nextAt, sampleId, watch }: GroupStanding) {
    const record = await this.#deps.approvals.read(sampleId);
    const lookedAt = Math.max(watch.askedAt, record?.progress.lastPolledAt ?? 0);
    return {
      id: groupId,
      gates: members,
      intervalMs,
      ...(record ? viewOrigin(record.spec) : {}),
      ...(lookedAt === 0 ? {} : { lastLookAt: isoTime(lookedAt) }),
      nextLookAt: isoTime(nextAt),
      ...(watch.held ? { pausedUntil: isoTime(watch.held.untilMs), pausedBecause: watch.held.because } : {}),
      ...(watch.lastFailure ? { lastFailure: watch.lastFailure.message } : {}),
    };
  }

  /** Those of the connectors, and those that gates are polled at. */
  async #showInstances(polled: readonly string[]) {
    const connectors = await this.#deps.connectors.list();
    const baseUrls = [...new Set([...connectors.map(({ baseUrl }) => baseUrl), ...polled])].sort();
    const items = await Promise.all(baseUrls.slice(0, mostInstances).map((baseUrl) => this.#showInstance(baseUrl)));
    return { total: baseUrls.length, items };
  }

  async #showInstance(baseUrl: string) {
    const { loads, instanceConcurrency, clock } = this.#deps;
    const now = clock.now();
    const [load, underWay] = await Promise.all([loads.load(baseUrl), loads.underWay(baseUrl, now)]);
    // What holds up the polls of gates holds up the most.
    const hold = judgeLoad(load, true, now);
    const window = load.window && load.window.endsAt > now ? load.window : undefined;
    return {
      baseUrl,
      ...(instanceConcurrency === 0 ? {} : { underWay, atOnce: instanceConcurrency }),
      ...(hold
        ? { pausedUntil: isoTime(hold.untilMs), pausedBecause: hold.because, pausedForAll: load.pausedUntil > now }
        : {}),
      ...(window ? { rateLimit: { limit: window.limit, used: window.used, endsAt: isoTime(window.endsAt) } } : {}),
    };
  }
}

function viewManager({ startedAt, lastSeenAt, ...entry }: ManagerEntry) {
  return { ...entry, startedAt: isoTime(startedAt), lastSeenAt: isoTime(lastSeenAt) };
}

function viewOrigin({ origin, table }: ApprovalSpec) {
  const { connectorId, target, selectors } = origin;
  return { table, connectorId, selectors: [...selectors], ...(target ? { baseUrl: target.baseUrl } : {}) };
}

/** The longest waiting first. */
function viewDepths({ routes, leftOut }: QueueDepths) {
  const sum = (of: (depth: RouteDepth) => number) => routes.reduce((total, depth) => total + of(depth), 0);
  const longest = routes
    .filter(({ waiting, later }) => waiting + later > 0)
    .sort((a, b) => (a.oldestAt ?? Number.POSITIVE_INFINITY) - (b.oldestAt ?? Number.POSITIVE_INFINITY))
    .slice(0, mostRoutes);
  return {
    waiting: sum(({ waiting }) => waiting),
    later: sum(({ later }) => later),
    routes: longest.map(({ route, waiting, later, oldestAt }) => ({
      type: route.type,
      selectors: [...route.selectors],
      ...(route.baseUrl === undefined ? {} : { baseUrl: route.baseUrl }),
      ofGates: route.isBackground,
      waiting,
      later,
      ...(oldestAt === undefined ? {} : { oldestAt: isoTime(oldestAt) }),
    })),
    routesLeftOut: leftOut,
  };
}
