import { Pool } from 'undici';
import { createSessionKeys } from '../../delegate/link/unseal.ts';
import { BareSocket } from './bare-socket.ts';
import { runCount } from './closed-loop.ts';
import { serveCommands } from './commands.ts';
import { LeanDelegate } from './lean-delegate.ts';
import { selectorOf } from './task.ts';

/** Many delegates in one process, so that they are outside of the manager's and yet cost little. */

export interface JoinOptions {
  /** Of the manager: `http://…`. */
  readonly url: string;
  readonly token: string;
  readonly count: number;
  /** The number of the first; the same number is the same delegate. */
  readonly from?: number;
  /** How many routes there are for them to serve; each has as many as a hello may carry. */
  readonly routes?: number;
  /** What each calls for every task before it reports. */
  readonly callUrl?: string;
}

export interface DelegatesCommands {
  /** Resolves when every delegate is online: welcomed, and it has answered a canary. */
  join(options: JoinOptions): Promise<{ welcomedInMs: number }>;
  leave(argument: null): Promise<void>;
  /** Resolves when they keep so many tasks. */
  waitUntilHolding(options: { count: number }): Promise<void>;
  /** Has them report what they keep; resolves when nothing is in flight. */
  release(argument: null): Promise<void>;
  /** Resolves when every delegate has a session again, or for the first time; by the wall clock. */
  waitUntilWelcomed(argument: null): Promise<{ lastWelcomedAt: number }>;
  /** How many delegates were given a task since this was asked last, and how many there are. */
  countServing(argument: null): Promise<{ serving: number; all: number }>;
  /** Connects sockets to a gateway that does nothing but push and wait; resolves when all are welcomed. */
  joinBare(options: { url: string; count: number; callUrl?: string }): Promise<{ welcomedInMs: number }>;
  leaveBare(argument: null): Promise<void>;
}

const diallingAtOnce = 100;
const mostTags = 250;
const callConnections = 50;

const delegates: LeanDelegate[] = [];
const bareSockets: BareSocket[] = [];
const { sealKey } = createSessionKeys();
let caller: Pool | undefined;
let changed = Promise.withResolvers<void>();

function onChange(): void {
  changed.resolve();
}

/** Looks again at every change. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    changed = Promise.withResolvers();
    await changed.promise;
  }
}

/** Delegates share the routes: one cannot have more tags than a hello carries. */
function tagsOf(number: number, routes: number): string[] {
  const groups = Math.ceil(routes / mostTags);
  const first = (number % Math.max(1, groups)) * mostTags;
  return Array.from({ length: Math.min(mostTags, routes - first) }, (_, n) => selectorOf(first + n));
}

function workOf(callUrl: string | undefined): (() => Promise<void>) | undefined {
  if (callUrl === undefined) return undefined;
  const { origin, pathname } = new URL(callUrl);
  const pool = new Pool(origin, { connections: callConnections });
  caller = pool;
  return async () => {
    const { body } = await pool.request({ method: 'GET', path: pathname });
    await body.json();
  };
}

async function closeCaller(): Promise<void> {
  await caller?.close();
  caller = undefined;
}

serveCommands<DelegatesCommands>(
  {
    join: async ({ url, token, count, from = 0, routes = 0, callUrl }) => {
      const startedAt = performance.now();
      const socketUrl = `${url.replace(/^http/, 'ws')}/api/v1/delegate`;
      const work = workOf(callUrl);
      const joining = Array.from({ length: count }, (_, n) => {
        const number = from + n;
        return new LeanDelegate({
          url: socketUrl,
          token,
          number,
          tags: tagsOf(number, routes),
          sealKey,
          work,
          onChange,
        });
      });
      delegates.push(...joining);
      await runCount(count, diallingAtOnce, async (n) => {
        const delegate = joining[n - 1];
        delegate?.dial();
        await delegate?.welcomed();
      });
      const welcomedInMs = performance.now() - startedAt;
      await until(() => joining.every(({ canaries }) => canaries > 0));
      return { welcomedInMs };
    },
    leave: async () => {
      const leaving = delegates.splice(0);
      for (const delegate of leaving) delegate.leave();
      await until(() => leaving.every(({ welcomedAt }) => welcomedAt === undefined));
      await closeCaller();
    },
    waitUntilHolding: ({ count }) => until(() => delegates.reduce((sum, { holding }) => sum + holding, 0) >= count),
    release: async () => {
      for (const delegate of delegates) delegate.release();
      await until(() => delegates.every(({ inFlight }) => inFlight === 0));
    },
    waitUntilWelcomed: async () => {
      await until(() => delegates.every(({ welcomedAt }) => welcomedAt !== undefined));
      return { lastWelcomedAt: Math.max(...delegates.map(({ welcomedAt = 0 }) => welcomedAt)) };
    },
    countServing: async () => {
      const serving = delegates.filter(({ assigned }) => assigned > 0).length;
      for (const delegate of delegates) delegate.assigned = 0;
      return { serving, all: delegates.length };
    },
    joinBare: async ({ url, count, callUrl }) => {
      const startedAt = performance.now();
      const work = workOf(callUrl);
      const joining = Array.from({ length: count }, () => new BareSocket(url, work));
      bareSockets.push(...joining);
      await runCount(count, diallingAtOnce, async (n) => joining[n - 1]?.dial());
      return { welcomedInMs: performance.now() - startedAt };
    },
    leaveBare: async () => {
      await Promise.all(bareSockets.splice(0).map((socket) => socket.leave()));
      await closeCaller();
    },
  },
  null,
);
