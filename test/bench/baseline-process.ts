import { BareBullMq } from './bare-bullmq.ts';
import { BareGateway } from './bare-gateway.ts';
import { startBareHttp } from './bare-http.ts';
import { type LoopResult, runCount, runFor } from './closed-loop.ts';
import { readSettings, serveCommands } from './commands.ts';

/** What ours is held against: the parts that it is made of, each alone, in a process as the manager is one. */

export interface BaselineSettings {
  readonly redisUrl: string;
}

export interface BaselineReady {
  readonly url: string;
  readonly gatewayUrl: string;
}

export interface BaselineCommands {
  /** BullMQ's full cycle, `width` at a time. */
  load(options: { durationMs: number; width: number; concurrency: number }): Promise<LoopResult>;
  loadOneByOne(options: { count: number }): Promise<LoopResult>;
  setConcurrency(options: { concurrency: number }): Promise<void>;
  /** Round trips to the sockets that are connected. */
  pushOneByOne(options: { count: number }): Promise<LoopResult>;
}

const { redisUrl } = readSettings<BaselineSettings>();
const bullmq = await BareBullMq.start(redisUrl, 'bare');
const gateway = await BareGateway.start();
const http = await startBareHttp(bullmq, gateway);

serveCommands<BaselineCommands>(
  {
    load: ({ durationMs, width, concurrency }) => {
      bullmq.concurrency = concurrency;
      return runFor(durationMs, width, () => bullmq.cycle());
    },
    loadOneByOne: ({ count }) => runCount(count, 1, () => bullmq.cycle()),
    setConcurrency: async ({ concurrency }) => {
      bullmq.concurrency = concurrency;
    },
    pushOneByOne: ({ count }) => runCount(count, 1, () => gateway.push()),
  },
  { url: http.url, gatewayUrl: gateway.url } satisfies BaselineReady,
  async () => {
    gateway.close();
    await http.close();
    await bullmq.close();
  },
);
